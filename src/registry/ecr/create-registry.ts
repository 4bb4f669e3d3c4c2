import type { Digest } from '../../domain/digest.ts';
import pLimit from 'p-limit';
import { createRegistryAuth } from '../../auth/create-registry-auth.ts';
import { Batches } from '../../distribution/batches.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { systemClock } from '../../http/clock.ts';
import { OciClient } from '../../distribution/client.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import type { Registry } from '../registry.ts';
import { archiveManifest, checkArchive, restoreManifest } from './archive.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { MOST_IMAGES } from './client.ts';
import { accountOf, connect, DEFAULT_CONCURRENCY, type EcrConnection, regionOf } from './connect.ts';
import { checkDelete, deleteManifests, type Settled, unexpectedOf } from './deletion.ts';
import { ecrHost, parseEcrHost } from './host.ts';
import { mustRead } from './image-detail.ts';
import { Images, listManifests, listTags, resolveTag, resolveTags, tagsOf } from './images.ts';
import { ECR_CAPABILITIES, type InventoryContext, readInventory } from './inventory.ts';
import { Layers } from './layers.ts';
import { createLogin } from './login.ts';
import { createManifestSource, readManifest } from './manifest-content.ts';
import type { Found } from './manifest-source.ts';
import { putManifest } from './put-manifest.ts';
import { createScans } from './scans.ts';
import { outcomeOf, TagDeletion } from './tag-deletion.ts';

export interface EcrRegistryOptions extends EcrConnection {
  readonly cache?: ContentCache;
}

/**
 * Amazon ECR, private registries. Nothing is sent yet. A registry under a name of its own has the URL of its ECR host where its account is
 * known, so that a plan for it is carried out in no other account. Throws `CONFIG_INVALID` where nothing tells the region, or where host
 * and config tell different regions or accounts.
 */
export function createEcrRegistry(options: EcrRegistryOptions): Registry {
  const { name, cache, concurrency = DEFAULT_CONCURRENCY, clock = systemClock } = options;
  const registryId = accountOf(options);
  const client = connect(options);
  const isOwnHost = parseEcrHost(new URL(options.url).hostname) !== undefined;
  const host = registryId === undefined || isOwnHost ? undefined : ecrHost(registryId, regionOf(options));
  const url = host === undefined ? options.url.replace(/\/+$/, '') : `https://${host}`;
  // What is in layers is read and written by the OCI API alone.
  const login = createLogin(client, clock);
  const auth = createRegistryAuth({ http: options.http, registry: name, url, credentials: login });
  const images = new Images(client);
  const layers = new Layers(client);
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
    clock,
    url,
    limit: pLimit(concurrency),
  };
  return {
    name,
    type: context.type,
    batch: MOST_IMAGES,
    url,
    repositories: ({ signal } = {}) => listRepositories(client, { field: 'repositoryName', prefix: '', registryId, signal }),
    inventory: async (repository, asked = {}) => ({
      ...(await readInventory(context, repository, asked)),
      // What runs is pulled from ECR's own host.
      ...(host !== undefined && { names: [`${host}/${repository}`] }),
    }),
    checkDelete: (repository) => checkDelete(client, repository),
    listTags: (repository) => listTags(images, repository),
    resolveTag: (repository, tag) => resolveTag(images, repository, tag),
    resolveTags: (repository) => resolveTags(images, repository),
    tagsOf: (repository, digest) => tagsOf(images, repository, digest),
    listManifests: (repository) => listManifests(images, repository),
    pulledAt: async (repository, digest) => (await images.find(repository, digest))?.pulledAt,
    hasBlob: (repository, digest) => layers.has(repository, digest),
    hasManifest: async (repository, digest) => (await images.find(repository, digest)) !== undefined,
    readManifest: read,
    deleteManifest: async (repository, digest, tags) => unexpectedOf(outcomeOf(await deletions.load(repository, digest)), tags),
    checkArchive: (repository) => checkArchive(client, repository),
    archiveManifest: (repository, digest) => archiveManifest(client, images, repository, digest),
    restoreManifest: (repository, digest) => restoreManifest(client, images, repository, digest),
    deleteTag: (repository, tag, digest) => tagDeletion.delete(repository, tag, digest),
    content: new ContentStore(new OciClient({ name, url, send: (request, scopes) => auth.send(request, scopes) })),
    putManifest: (repository, manifest, tag) => putManifest(client, repository, manifest, tag),
    scans: createScans(client, context.limit),
    beside: (repository) => readBeside(client, registryId, repository),
  };
}
