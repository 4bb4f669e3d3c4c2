import type { Digest } from '../../domain/digest.ts';
import pLimit from 'p-limit';
import type { AwsIdentity } from '../../auth/aws/credentials.ts';
import { createRetryStrategy } from '../../auth/aws/retry-strategy.ts';
import { createServiceConfig, type ServiceOptions } from '../../auth/aws/service-config.ts';
import { createRegistryAuth } from '../../auth/create-registry-auth.ts';
import type { Capabilities } from '../../domain/inventory.ts';
import { type Clock, systemClock } from '../../http/clock.ts';
import { HostLimiter } from '../../http/host-limiter.ts';
import { Batches } from '../../distribution/batches.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { OciClient } from '../../distribution/client.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import type { Registry } from '../registry.ts';
import { listRepositories } from './catalog.ts';
import { EcrClient, MOST_IMAGES } from './client.ts';
import { checkDelete, deleteManifests, type Settled, unexpectedOf } from './deletion.ts';
import { mustReadPublic } from './image-detail.ts';
import { Images, listManifests, listTags, resolveTag, resolveTags, tagsOf } from './images.ts';
import { ECR_CAPABILITIES, type InventoryContext, readInventory } from './inventory.ts';
import { Layers } from './layers.ts';
import { createLogin } from './login.ts';
import { readManifest } from './manifest-content.ts';
import { createPublicManifests } from './public-manifests.ts';
import { PublicRepositories } from './public-repositories.ts';
import { createPublicService } from './public-service.ts';
import { outcomeOf, TagDeletion } from './tag-deletion.ts';

export interface EcrPublicRegistryOptions extends Pick<ServiceOptions, 'http' | 'endpoint' | 'credentials' | 'waits'> {
  /** Its name in documents and messages. */
  readonly name: string;
  /** `https://public.ecr.aws`, or with the alias of the account's registry, `https://public.ecr.aws/<alias>`. */
  readonly url: string;
  readonly identity?: AwsIdentity;
  readonly cache?: ContentCache;
  /** Calls side by side. Default 8. */
  readonly concurrency?: number;
  readonly clock?: Clock;
}

/** The API of ECR Public is there and in us-west-2 alone, for registries everywhere. */
const REGION = 'us-east-1';
const DEFAULT_CONCURRENCY = 8;
/** ECR Public records no pulls, scans nothing and has no archive. */
const CAPABILITIES: Capabilities = { ...ECR_CAPABILITIES, pulledAt: false, vulnerability: false, archive: false };
/** What its list calls the host, whatever host was asked. */
const HOST = 'public.ecr.aws/';

/**
 * Amazon ECR Public: the repositories of the account that the credentials belong to. Its API lists and deletes images. It does not tell
 * what is attached to what, so every manifest that may be attached to another is read, by the OCI API, which also puts manifests back.
 * Nothing is sent yet.
 */
export function createEcrPublicRegistry(options: EcrPublicRegistryOptions): Registry {
  const { name, http, identity = {}, cache, concurrency = DEFAULT_CONCURRENCY, clock = systemClock } = options;
  const url = options.url.replace(/\/+$/, '');
  const { origin, pathname } = new URL(url);
  const alias = pathname === '/' ? undefined : pathname.slice(1);
  const limiter = new HostLimiter(concurrency);
  const service = createPublicService(
    createServiceConfig({ ...options, region: REGION, limiter, clock, identity }),
    createRetryStrategy(limiter, clock, { once: true }),
  );
  const client: EcrClient = new EcrClient({ name, service, limiter, identify: (repository) => repositories.identify(repository) });
  const repositories = new PublicRepositories(client, alias);
  const login = createLogin(client, clock);
  const auth = createRegistryAuth({ http, registry: name, url: origin, credentials: login });
  const registry = new OciClient({ name, url: origin, send: (request, scopes) => auth.send(request, scopes) });
  const nameOf = (repository: string): string => (alias === undefined ? repository : `${alias}/${repository}`);
  const images = new Images(client);
  const layers = new Layers(client);
  const manifests = createPublicManifests(registry, nameOf);
  const deletions = new Batches<Digest, Settled>(MOST_IMAGES, (repository, digests) =>
    deleteManifests(client, images, repository, digests),
  );
  const read = async (repository: string, digest: Digest): ReturnType<Registry['readManifest']> =>
    readManifest((await manifests.read(repository, [digest], undefined)).get(digest), client, images, repository, digest);
  const tagDeletion = new TagDeletion(client, images, async (repository, tag, digest) => {
    const manifest = await read(repository, digest);
    if (manifest) await putManifest(registry, nameOf(repository), manifest, tag);
    return manifest !== undefined;
  });
  const context: InventoryContext = {
    type: 'ecr-public',
    client,
    images,
    manifests,
    mustRead: mustReadPublic,
    capabilities: CAPABILITIES,
    cache,
    clock,
    url,
    limit: pLimit(2 * concurrency),
  };
  return {
    name,
    type: context.type,
    batch: MOST_IMAGES,
    url,
    async *repositories({ signal } = {}) {
      if (alias === undefined) return yield* listRepositories(client, { field: 'repositoryUri', prefix: HOST, signal });
      const { registryId } = await repositories.identify('any');
      yield* listRepositories(client, { field: 'repositoryName', prefix: '', registryId, signal });
    },
    inventory: async (repository, asked = {}) => ({
      ...(await readInventory(context, repository, asked)),
      names: await repositories.names(repository),
    }),
    checkDelete: (repository) => checkDelete(client, repository),
    listTags: (repository) => listTags(images, repository),
    resolveTag: (repository, tag) => resolveTag(images, repository, tag),
    resolveTags: (repository) => resolveTags(images, repository),
    tagsOf: (repository, digest) => tagsOf(images, repository, digest),
    listManifests: (repository) => listManifests(images, repository),
    hasBlob: (repository, digest) => layers.has(repository, digest),
    hasManifest: async (repository, digest) => (await images.find(repository, digest)) !== undefined,
    readManifest: read,
    deleteManifest: async (repository, digest, tags) => unexpectedOf(outcomeOf(await deletions.load(repository, digest)), tags),
    deleteTag: (repository, tag, digest) => tagDeletion.delete(repository, tag, digest),
    content: new ContentStore(registry, nameOf),
    putManifest: (repository, manifest, tag) => putManifest(registry, nameOf(repository), manifest, tag),
  };
}
