import pLimit from 'p-limit';
import type { ContentCache } from '../../distribution/cache.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { hasManifest, readManifest } from '../../distribution/manifest-content.ts';
import type { Ping } from '../../distribution/ping.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import { ReferrersApi } from '../../distribution/referrers.ts';
import { danglingTag, resolveTag } from '../../distribution/tags.ts';
import type { Registry } from '../registry.ts';
import { readApiUrl } from './api-url.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { GitlabClient, type GitlabClientOptions } from './client.ts';
import { Deletion } from './deletion.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { Projects } from './projects.ts';
import { Repositories } from './repositories.ts';
import { readTagNames } from './tags.ts';

export interface GitlabRegistryOptions extends Omit<GitlabClientOptions, 'apiUrl'> {
  readonly ping: Ping;
  /** The URL of the GitLab itself, without a final slash. Default: that of the token server which the registry names. */
  readonly apiUrl?: string | undefined;
  /** The groups and projects whose repositories are listed where nothing else names one. */
  readonly groups?: readonly string[];
  readonly cache?: ContentCache;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;

/** The container registry of a GitLab. Nothing is sent yet. */
export function createGitlabRegistry(options: GitlabRegistryOptions): Registry {
  const { name, url, ping, send, groups = [], cache, concurrency = DEFAULT_CONCURRENCY } = options;
  // The answer to `/v2/` is asked for once; an error of it is not remembered.
  const client = new GitlabClient({ ...options, apiUrl: async () => options.apiUrl ?? readApiUrl(ping, url) });
  const { oci } = client;
  const repositories = new Repositories(client);
  const projects = new Projects(client);
  const deletion = new Deletion(client, repositories, projects);
  const context: InventoryContext = {
    type: 'gitlab',
    client,
    repositories,
    projects,
    referrers: new ReferrersApi(oci),
    cache,
    limit: pLimit(concurrency),
  };
  return {
    name,
    type: context.type,
    url: client.url,
    collectsUntagged: true,
    repositories: (asked = {}) => listRepositories(client, repositories, groups, asked),
    inventory: (repository, asked = {}) => readInventory(context, repository, asked),
    checkDelete: (repository) => deletion.check(repository),
    listTags: async (repository, asked = {}) => readTagNames(client, await repositories.find(repository), asked),
    resolveTag: (repository, tag) => resolveTag(oci, repository, tag),
    danglingTag: (repository, tag) => danglingTag(oci, repository, tag),
    hasManifest: (repository, digest) => hasManifest(oci, repository, digest),
    readManifest: (repository, digest) => readManifest(oci, repository, digest),
    hasBlob: (repository, digest) => hasBlob(oci, repository, digest),
    deleteManifest: (repository, digest, tags) => deletion.deleteManifest(repository, digest, tags),
    deleteTag: (repository, tag, digest) => deletion.deleteTag(repository, tag, digest),
    content: new ContentStore(oci),
    putManifest: (repository, manifest, tag) => putManifest(oci, repository, manifest, tag),
    beside: (repository) => readBeside({ client, send, repositories, projects }, repository),
  };
}
