import pLimit from 'p-limit';
import type { ContentCache } from '../../distribution/cache.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { IndexChildren } from '../../distribution/index-children.ts';
import { hasManifest, readManifest } from '../../distribution/manifest-content.ts';
import { ManifestReader } from '../../distribution/manifest-reader.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import { listTags } from '../../distribution/tags.ts';
import type { Registry } from '../registry.ts';
import { UntaggedCompanions } from '../untagged-companions.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { NexusClient, type NexusClientOptions } from './client.ts';
import { Components } from './components.ts';
import { Deletion } from './deletion.ts';
import { collectGarbage } from './garbage-collection.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { NexusRepositories, type NexusRepository } from './nexus-repositories.ts';
import { Routing } from './routing.ts';
import { resolveTag } from './tags.ts';
import { whyReadOnly } from './writable.ts';

export interface NexusRegistryOptions extends Omit<NexusClientOptions, 'api'> {
  /** Base URL of the REST API, what `/service/rest` is below. Default: that of the registry. */
  readonly api?: string;
  /** The Nexus repository that the registry stands for. Default: as its URL says, else names begin with it. */
  readonly hosted?: string;
  readonly cache?: ContentCache;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;

/** Sonatype Nexus Repository 3, by its REST API; manifests themselves by the OCI API. Nothing is sent yet. */
export function createNexusRegistry(options: NexusRegistryOptions): Registry {
  const { cache, concurrency = DEFAULT_CONCURRENCY } = options;
  const { api, hosted, isConnector } = addressesOf(options);
  const client = new NexusClient({ ...options, api });
  const repositories = new NexusRepositories(client);
  const routing = new Routing({ client, repositories, hosted, isConnector });
  const components = new Components(client);
  const source = { client, routing, components };
  const readDocument = (repository: string, digest: Parameters<ManifestReader['byDigest']>[0]) =>
    new ManifestReader({ client: client.oci, repository, cache, signal: undefined }).byDigest(digest, '');
  const tagsOf = async (repository: string) => components.current(await routing.place(repository), repository);
  const along = new UntaggedCompanions(tagsOf, new IndexChildren(readDocument, pLimit(concurrency)));
  const deletion = new Deletion({ ...source, repositories, along });
  const emptied = new Map<string, NexusRepository>();
  let readOnly: Promise<string | undefined> | undefined;
  const context: InventoryContext = {
    ...source,
    type: 'nexus',
    repositories,
    whyReadOnly() {
      readOnly ??= whyReadOnly(client, `find out whether ${client.name} takes changes`).catch((error: unknown) => {
        readOnly = undefined;
        throw error;
      });
      return readOnly;
    },
    cache,
    limit: pLimit(concurrency),
  };
  const noteEmptied = async (repository: string): Promise<void> => {
    const place = await routing.place(repository);
    emptied.set(place.hosted.name, place.hosted);
  };
  return {
    name: client.name,
    type: context.type,
    url: client.url,
    repositories: (asked = {}) => listRepositories(source, () => options.credentials(undefined), asked),
    inventory: (repository, asked = {}) => readInventory(context, repository, asked),
    checkDelete: (repository) => deletion.check(repository),
    listTags: (repository, asked = {}) => listTags(client.oci, repository, asked),
    resolveTag: (repository, tag) => resolveTag(source, repository, tag),
    takenAlong: (repository, digest) => along.of(repository, digest),
    hasManifest: (repository, digest) => hasManifest(client.oci, repository, digest),
    readManifest: (repository, digest) => readManifest(client.oci, repository, digest),
    hasBlob: (repository, digest) => hasBlob(client.oci, repository, digest),
    async deleteManifest(repository, digest, tags) {
      await noteEmptied(repository);
      return deletion.deleteManifest(repository, digest, tags);
    },
    async deleteTag(repository, tag, digest) {
      await noteEmptied(repository);
      return deletion.deleteTag(repository, tag, digest);
    },
    content: new ContentStore(client.oci),
    async putManifest(repository, manifest, tag) {
      // Where tags can be pushed once, so can a digest, which is there until the task has run.
      if (tag === undefined && (await hasManifest(client.oci, repository, manifest.digest))) return;
      await putManifest(client.oci, repository, manifest, tag);
    },
    collectGarbage: (asked) => collectGarbage({ client, repositories, emptied: () => [...emptied.values()] }, asked),
    beside: (repository) => readBeside({ client, routing, repositories }, repository),
  };
}

/**
 * Where the REST API is, and which Nexus repository the registry stands for: the URL may be that of the repository itself,
 * `https://nexus.example.com/repository/docker-hosted`.
 */
function addressesOf({ url, api, hosted }: Pick<NexusRegistryOptions, 'url' | 'api' | 'hosted'>): {
  readonly api: string;
  readonly hosted: string | undefined;
  readonly isConnector: boolean;
} {
  const bare = url.replace(/\/+$/, '');
  const [, base, name] = /^(.+)\/repository\/([\w.-]+)$/.exec(bare) ?? [];
  const address = (api ?? base ?? bare).replace(/\/+$/, '');
  return { api: address, hosted: hosted ?? name, isConnector: api !== undefined && new URL(address).host !== new URL(bare).host };
}
