import pLimit from 'p-limit';
import type { Digest } from '../../domain/digest.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { IndexChildren } from '../../distribution/index-children.ts';
import { ReferrersApi } from '../../distribution/referrers.ts';
import type { Registry } from '../registry.ts';
import { AutoPrune } from './auto-prune.ts';
import { readBeside } from './beside.ts';
import { listRepositories, noRepository } from './catalog.ts';
import { QuayClient, type QuayClientOptions } from './client.ts';
import { checkDelete, Deletion } from './deletion.ts';
import { type Features, readFeatures } from './features.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { ManifestSource } from './manifest-source.ts';
import { putBack } from './restore.ts';
import { createScans } from './scans.ts';
import { findTag, readTags } from './tags.ts';
import { TakenAlong } from './taken-along.ts';

export interface QuayRegistryOptions extends QuayClientOptions {
  /** The organizations and users whose repositories are listed where nothing else names one. */
  readonly namespaces?: readonly string[];
  readonly cache?: ContentCache;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;

/** A Quay. Nothing is sent yet. */
export function createQuayRegistry(options: QuayRegistryOptions): Registry {
  const { name, namespaces = [], cache, concurrency = DEFAULT_CONCURRENCY } = options;
  const client = new QuayClient(options);
  const limit = pLimit(concurrency);
  const source = new ManifestSource(client, cache);
  // A limit of its own: indexes are also asked about from within what the other one runs.
  const indexes = new IndexChildren((repository, digest) => source.document(repository, digest), pLimit(concurrency));
  const along = new TakenAlong(client, indexes);
  const deletion = new Deletion(client, indexes, along);
  let features: Promise<Features> | undefined;
  const context: InventoryContext = {
    type: 'quay',
    client,
    source,
    referrers: new ReferrersApi(client.oci),
    autoPrune: new AutoPrune(client),
    features() {
      features ??= readFeatures(client).catch((error: unknown) => {
        features = undefined;
        throw error;
      });
      return features;
    },
    cache,
    limit,
  };
  return {
    name,
    type: context.type,
    url: client.url,
    putsBackByTags: true,
    repositories: (asked = {}) => listRepositories(client, namespaces, asked),
    async inventory(repository, asked = {}) {
      if (!repository.includes('/')) throw await noRepository(client, repository, asked.signal);
      return readInventory(context, repository, asked);
    },
    checkDelete: (repository) => checkDelete(client, repository),
    listTags: async (repository, asked = {}) => [...(await readTags(client, repository, asked)).keys()],
    resolveTag: async (repository, tag) => (await findTag(client, repository, tag))?.digest,
    async resolveTags(repository) {
      const tags = await readTags(client, repository);
      return new Map([...tags.values()].map(({ name: tag, digest }): [string, Digest] => [tag, digest]));
    },
    takenAlong: (repository, digest) => along.of(repository, digest),
    readManifest: (repository, digest) => source.manifest(repository, digest),
    deleteManifest: (repository, digest, tags) => deletion.deleteManifest(repository, digest, tags),
    deleteTag: (repository, tag, digest) => deletion.deleteTag(repository, tag, digest),
    content: new ContentStore(client.oci),
    putManifest: (repository, manifest, tag) => putBack(client, repository, manifest, tag),
    scans: createScans(client, context.features, limit),
    beside: (repository) => readBeside(client, context.features, repository),
  };
}
