import type { Digest } from '../../domain/digest.ts';
import pLimit from 'p-limit';
import type { AwsIdentity } from '../../auth/aws/credentials.ts';
import { createServiceConfig, type ServiceOptions } from '../../auth/aws/service-config.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Clock, systemClock } from '../../http/clock.ts';
import { HostLimiter } from '../../http/host-limiter.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { Batches } from '../../distribution/batches.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { Registry } from '../registry.ts';
import { archiveManifest, checkArchive, restoreManifest } from './archive.ts';
import { listRepositories } from './catalog.ts';
import { EcrClient, MOST_IMAGES } from './client.ts';
import { checkDelete, deleteManifests, type Settled, unexpectedOf } from './deletion.ts';
import { parseEcrHost } from './host.ts';
import { mustRead } from './image-detail.ts';
import { Images, listTags, resolveTag, resolveTags, tagsOf } from './images.ts';
import { ECR_CAPABILITIES, type InventoryContext, readInventory } from './inventory.ts';
import { createManifestSource, readManifest } from './manifest-content.ts';
import type { Found } from './manifest-source.ts';
import { createPrivateService } from './private-service.ts';
import { putManifest } from './put-manifest.ts';
import { outcomeOf, TagDeletion } from './tag-deletion.ts';

export interface EcrRegistryOptions extends Pick<ServiceOptions, 'http' | 'endpoint' | 'credentials' | 'waits'> {
  /** Its name in documents and messages. */
  readonly name: string;
  /** `https://<account>.dkr.ecr.<region>.amazonaws.com`, or another name for it, with `region`. */
  readonly url: string;
  readonly http: HttpClient;
  readonly identity?: AwsIdentity;
  /** Where the host does not tell it. The region of the environment is never used: it may be another one. */
  readonly region?: string;
  readonly cache?: ContentCache;
  /** Calls side by side. Default 8: ECR publishes no rates for them. */
  readonly concurrency?: number;
  readonly clock?: Clock;
  /** Where AWS_ENDPOINT_URL_ECR is looked for, which the SDK then follows. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_CONCURRENCY = 8;

/**
 * Amazon ECR, private registries. Nothing is sent yet. Throws `CONFIG_INVALID` where nothing tells the region, or where host and config
 * tell different ones.
 */
export function createEcrRegistry(options: EcrRegistryOptions): Registry {
  const {
    name,
    url,
    http,
    endpoint,
    credentials,
    identity = {},
    cache,
    concurrency = DEFAULT_CONCURRENCY,
    clock = systemClock,
    env = {},
    waits,
  } = options;
  const host = parseEcrHost(new URL(url).hostname);
  const limiter = new HostLimiter(concurrency);
  const config = createServiceConfig({
    region: regionOf(options),
    http,
    limiter,
    clock,
    identity,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    ...(waits && { waits }),
  });
  // To the SDK it is an error to ask for these together with an address.
  const ownAddress = endpoint !== undefined || Boolean(env['AWS_ENDPOINT_URL_ECR'] ?? env['AWS_ENDPOINT_URL']);
  const service = createPrivateService({
    ...config,
    ...(!ownAddress && host && { useFipsEndpoint: host.fips, useDualstackEndpoint: host.dualStack }),
  });
  const registryId = host?.account;
  const identify = (repositoryName: string): object & { repositoryName: string } => ({
    ...(registryId !== undefined && { registryId }),
    repositoryName,
  });
  const client = new EcrClient({ name, service, limiter, identify });
  const images = new Images(client);
  const manifests = createManifestSource(client);
  const reads = new Batches<Digest, Found>(MOST_IMAGES, (repository, digests) => manifests.read(repository, digests, undefined));
  const deletions = new Batches<Digest, Settled>(MOST_IMAGES, (repository, digests) =>
    deleteManifests(client, images, repository, digests),
  );
  const read = async (repository: string, digest: Digest): ReturnType<Registry['readManifest']> =>
    readManifest(await reads.load(repository, digest), client, images, repository, digest);
  const tagDeletion = new TagDeletion(client, images, async (repository, tag, digest) => {
    const manifest = await read(repository, digest);
    if (manifest) await putManifest(client, repository, manifest, tag);
    return manifest !== undefined;
  });
  const context: InventoryContext = {
    type: 'ecr',
    client,
    images,
    manifests,
    mustRead,
    capabilities: ECR_CAPABILITIES,
    cache,
    limit: pLimit(concurrency),
  };
  return {
    name,
    type: context.type,
    batch: MOST_IMAGES,
    url: url.replace(/\/+$/, ''),
    repositories: ({ signal } = {}) => listRepositories(client, { field: 'repositoryName', prefix: '', registryId, signal }),
    inventory: (repository, asked = {}) => readInventory(context, repository, asked),
    checkDelete: (repository) => checkDelete(client, repository),
    listTags: (repository) => listTags(images, repository),
    resolveTag: (repository, tag) => resolveTag(images, repository, tag),
    resolveTags: (repository) => resolveTags(images, repository),
    tagsOf: (repository, digest) => tagsOf(images, repository, digest),
    pulledAt: async (repository, digest) => (await images.find(repository, digest))?.pulledAt,
    hasManifest: async (repository, digest) => (await images.find(repository, digest)) !== undefined,
    readManifest: read,
    deleteManifest: async (repository, digest, tags) => unexpectedOf(outcomeOf(await deletions.load(repository, digest)), tags),
    checkArchive: (repository) => checkArchive(client, repository),
    archiveManifest: (repository, digest) => archiveManifest(client, images, repository, digest),
    restoreManifest: (repository, digest) => restoreManifest(client, images, repository, digest),
    deleteTag: (repository, tag, digest) => tagDeletion.delete(repository, tag, digest),
    putManifest: (repository, manifest, tag) => putManifest(client, repository, manifest, tag),
  };
}

function regionOf({ name, url, region }: EcrRegistryOptions): string {
  const host = parseEcrHost(new URL(url).hostname);
  if (host && region !== undefined && region !== host.region) {
    throw new ToolError('CONFIG_INVALID', `The registry ${name} is in ${host.region} by its host, and in ${region} by "ecr.region".`, {
      hint: 'Leave "ecr.region" out: the host tells it.',
    });
  }
  const known = host?.region ?? region;
  if (known !== undefined) return known;
  throw new ToolError('CONFIG_INVALID', `The registry ${name} is of type ecr, and its host does not tell its region.`, {
    hint: 'Give its own host, <account>.dkr.ecr.<region>.amazonaws.com, or "ecr.region" in the config.',
  });
}
