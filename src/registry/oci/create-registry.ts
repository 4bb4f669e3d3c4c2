import pLimit from 'p-limit';
import type { ContentCache } from '../../distribution/cache.ts';
import type { Registry } from '../registry.ts';
import { listRepositories } from './catalog.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { checkDelete, deleteManifest, deleteTag } from './deletion.ts';
import { hasManifest, readManifest } from '../../distribution/manifest-content.ts';
import { TagDeletion } from './tag-deletion.ts';
import { OciClient, type Send } from '../../distribution/client.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import { ReferrersApi } from '../../distribution/referrers.ts';
import { danglingTag, listTags, resolveTag } from '../../distribution/tags.ts';

export interface OciRegistryOptions {
  /** Its name in documents and messages. */
  readonly name: string;
  /** Base URL, what `/v2/` is below. */
  readonly url: string;
  readonly send: Send;
  readonly cache?: ContentCache;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;

/** A registry that is spoken to by the OCI distribution-spec alone, such as distribution (Docker's registry) and zot. */
export function createOciRegistry({ name, url, send, cache, concurrency = DEFAULT_CONCURRENCY }: OciRegistryOptions): Registry {
  const client = new OciClient({ name, url, send });
  const listed = new Set<string>();
  const context: InventoryContext = {
    type: 'oci',
    client,
    cache,
    referrers: new ReferrersApi(client),
    tagDeletion: new TagDeletion(client),
    limit: pLimit(concurrency),
    isListed: (repository) => listed.has(repository),
  };
  return {
    name,
    type: context.type,
    url: client.url,
    async *repositories(options = {}) {
      for await (const repository of listRepositories(client, options.signal)) {
        listed.add(repository);
        yield repository;
      }
    },
    inventory: (repository, options = {}) => readInventory(context, repository, options),
    checkDelete: (repository, needs) => checkDelete(client, repository, needs),
    listTags: (repository, asked = {}) => listTags(client, repository, asked),
    resolveTag: (repository, tag) => resolveTag(client, repository, tag),
    danglingTag: (repository, tag) => danglingTag(client, repository, tag),
    referrersOf: async (repository, digest) => (await context.referrers.list(repository, digest)).map((referrer) => referrer.digest),
    hasManifest: (repository, digest) => hasManifest(client, repository, digest),
    readManifest: (repository, digest) => readManifest(client, repository, digest),
    hasBlob: (repository, digest) => hasBlob(client, repository, digest),
    deleteManifest: (repository, digest) => deleteManifest(client, repository, digest),
    deleteTag: (repository, tag) => deleteTag(client, repository, tag),
    putManifest: (repository, manifest, tag) => putManifest(client, repository, manifest, tag),
  };
}
