import pLimit from 'p-limit';
import type { ContentCache } from '../../distribution/cache.ts';
import type { Send } from '../../distribution/client.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { hasManifest, readManifest } from '../../distribution/manifest-content.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import { ReferrersApi } from '../../distribution/referrers.ts';
import { resolveTag } from '../../distribution/tags.ts';
import type { DeleteOutcome, Registry } from '../registry.ts';
import { Attached } from './attached.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { AcrClient } from './client.ts';
import { checkDelete, deleteManifest, deleteTag } from './deletion.ts';
import { EmptiedRepositories } from './emptied-repositories.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { readManifests } from './listing.ts';
import type { ResourcePolicies } from './resource-policies.ts';
import { type Reading, readTags } from './tag-list.ts';
import { takenAlong } from './taken-along.ts';

export interface AcrRegistryOptions {
  /** Its name in documents and messages. */
  readonly name: string;
  /** Base URL. */
  readonly url: string;
  readonly send: Send;
  /** Whether requests were sent without credentials, since there are none. */
  readonly isAnonymous?: () => boolean;
  readonly cache?: ContentCache;
  /** What its Azure resource says; without it, nothing is known of that. */
  readonly policies?: ResourcePolicies;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;
/**
 * In Basic and Standard, one identity may delete 500 times a minute (container-registry-skus.md). Two deletions side by side come near that
 * and rarely run into a 429.
 */
const DELETIONS = 2;

/** Azure Container Registry: lists, attributes and tags by its own API, manifests by the OCI API. */
export function createAcrRegistry(options: AcrRegistryOptions): Registry {
  const { name, url, send, isAnonymous = () => false, cache, policies, concurrency = DEFAULT_CONCURRENCY } = options;
  const client = new AcrClient({ name, url, send });
  const listed = new Set<string>();
  const emptied = new EmptiedRepositories(client);
  const attached = new Attached(client, cache, new ReferrersApi(client.oci));
  const deletions = pLimit(DELETIONS);
  const context: InventoryContext = {
    type: 'acr',
    client,
    cache,
    policies,
    isAnonymous,
    attached,
    limit: pLimit(concurrency),
    isListed: (repository) => listed.has(repository),
  };
  const reading = (repository: string): Reading => ({ client, repository });
  const tagsIn = (repository: string): ReturnType<typeof readTags> =>
    emptied.unless(repository, () => readTags(reading(repository)), new Map());
  const deleting = (repository: string, work: () => Promise<DeleteOutcome>): Promise<DeleteOutcome> =>
    deletions(async () => {
      const outcome = await emptied.unless(repository, work, { outcome: 'gone' });
      if (outcome.outcome === 'deleted') emptied.noteDeletion(repository);
      return outcome;
    });
  return {
    name,
    type: context.type,
    url: client.url,
    async *repositories(options = {}) {
      for await (const repository of listRepositories(client, options)) {
        listed.add(repository);
        yield repository;
      }
    },
    inventory: (repository, options = {}) => readInventory(context, repository, options),
    checkDelete: (repository, needs) => checkDelete(reading(repository), needs),
    listTags: async (repository) => [...(await tagsIn(repository)).keys()],
    resolveTag: (repository, tag) => emptied.unless(repository, () => resolveTag(client.oci, repository, tag), undefined),
    resolveTags: async (repository) => new Map([...(await tagsIn(repository)).values()].map((tag) => [tag.name, tag.digest])),
    tagsOf: async (repository, digest) => [
      ...(await emptied.unless(repository, () => readTags(reading(repository), digest), new Map())).keys(),
    ],
    takenAlong: (repository, digest) => emptied.unless(repository, () => takenAlong(reading(repository), attached, digest), []),
    listManifests: async (repository) => new Set((await readManifests(reading(repository), () => {})).keys()),
    hasManifest: (repository, digest) => emptied.unless(repository, () => hasManifest(client.oci, repository, digest), false),
    hasBlob: (repository, digest) => hasBlob(client.oci, repository, digest),
    readManifest: (repository, digest) => emptied.unless(repository, () => readManifest(client.oci, repository, digest), undefined),
    comparesTags: true,
    deleteManifest: (repository, digest, tags) =>
      deleting(repository, async () => {
        if (await attached.isGone(repository, digest)) return { outcome: 'gone' };
        const outcome = await deleteManifest(reading(repository), digest, tags);
        if (outcome.outcome === 'deleted') await attached.noteDeletion(repository, digest);
        return outcome;
      }),
    deleteTag: (repository, tag, digest) => deleting(repository, () => deleteTag(reading(repository), tag, digest)),
    content: new ContentStore(client.oci),
    putManifest: (repository, manifest, tag) => putManifest(client.oci, repository, manifest, tag),
    beside: () => readBeside(name, policies),
  };
}
