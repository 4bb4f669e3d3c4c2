import pLimit from 'p-limit';
import { notLetIn } from '../../auth/auth-errors.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { listRepositories } from '../../distribution/catalog.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasManifest, readManifest } from '../../distribution/manifest-content.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import { ReferrersApi } from '../../distribution/referrers.ts';
import { listTags, resolveTag } from '../../distribution/tags.ts';
import type { Beside } from '../beside.ts';
import type { Registry } from '../registry.ts';
import { GiteaClient, type GiteaClientOptions } from './client.ts';
import { checkDelete, deleteManifest, deleteTag } from './deletion.ts';
import { type InventoryContext, readInventory } from './inventory.ts';

export interface GiteaRegistryOptions extends GiteaClientOptions {
  readonly cache?: ContentCache;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;

/** The container registry of a Gitea or Forgejo. Nothing is sent yet. */
export function createGiteaRegistry(options: GiteaRegistryOptions): Registry {
  const { name, credentials, cache, concurrency = DEFAULT_CONCURRENCY } = options;
  const client = new GiteaClient(options);
  const { oci } = client;
  const context: InventoryContext = { type: 'gitea', client, referrers: new ReferrersApi(oci), cache, limit: pLimit(concurrency) };
  return {
    name,
    type: context.type,
    url: client.url,
    async *repositories({ below, signal } = {}) {
      let listed = 0;
      for await (const repository of listRepositories(oci, signal)) {
        listed += 1;
        if (below === undefined || repository.startsWith(`${below}/`)) yield repository;
      }
      // Whoever is not logged in is shown what is public.
      if (listed === 0 && (await credentials()) === undefined)
        throw notLetIn(`The registry ${name} lists no repositories that are public`, undefined);
    },
    inventory: (repository, asked = {}) => readInventory(context, repository, asked),
    checkDelete: (repository) => checkDelete(client, repository),
    listTags: (repository, asked = {}) => listTags(oci, repository, asked),
    resolveTag: (repository, tag) => resolveTag(oci, repository, tag),
    hasManifest: (repository, digest) => hasManifest(oci, repository, digest),
    readManifest: (repository, digest) => readManifest(oci, repository, digest),
    deleteManifest: (repository, digest, tags) => deleteManifest(client, repository, digest, tags),
    deleteTag: (repository, tag, digest) => deleteTag(client, repository, tag, digest),
    content: new ContentStore(oci),
    putManifest: (repository, manifest, tag) => putManifest(oci, repository, manifest, tag),
    beside: async () => BESIDE,
  };
}

/** What Gitea does by itself is in its web pages and its config alone (services/packages/cleanup; custom/conf/app.example.ini). */
const BESIDE: readonly Beside[] = [
  {
    check: 'retention',
    state: 'unknown',
    message: 'whether cleanup rules of the owner delete packages is not known, since no API tells them',
    next: 'Look at them in its pages: settings of the owner, Packages. Let one of the two decide.',
  },
  {
    check: 'garbage',
    state: 'ok',
    message:
      'what is deleted cannot be pulled or put back from then on, and its space comes back by the task cleanup_packages (daily by default)',
  },
];
