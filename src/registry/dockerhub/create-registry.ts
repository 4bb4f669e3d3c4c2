import pLimit from 'p-limit';
import { canonicalHost, HUB } from '../../auth/docker-hub.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { readManifest } from '../../distribution/manifest-content.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import { ReferrersApi } from '../../distribution/referrers.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Registry } from '../registry.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { HubClient, type HubClientOptions } from './client.ts';
import { Deletion } from './deletion.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { Listings } from './listing.ts';
import { readStanding } from './standing.ts';
import { findTag, type ListOptions, readTags } from './tags.ts';
import { takenAlong } from './taken-along.ts';

export interface HubRegistryOptions extends Omit<HubClientOptions, 'api'> {
  /** The namespaces (organizations and users) whose repositories are listed where nothing else names one. */
  readonly namespaces?: readonly string[];
  /** Base URL of the API, where it is not `https://hub.docker.com`. */
  readonly endpoint?: string;
  /** How many lists of what is attached are read side by side. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;
const API = 'https://hub.docker.com';
/** Where the registry answers for all names of Docker Hub. */
const REGISTRY = 'https://registry-1.docker.io';
/** So many steps share a list of the tags. */
const STEPS = 50;

/** Docker Hub. Nothing is sent yet. */
export function createHubRegistry(options: HubRegistryOptions): Registry {
  const { name, namespaces = [], endpoint = API, concurrency = DEFAULT_CONCURRENCY } = options;
  const own = options.url.replace(/\/+$/, '');
  const url = canonicalHost(new URL(own).hostname) === HUB ? REGISTRY : own;
  const client = new HubClient({ ...options, url, api: endpoint.replace(/\/+$/, '') });
  const listings = new Listings(client);
  const deletion = new Deletion(client, listings);
  const context: InventoryContext = { type: 'dockerhub', client, referrers: new ReferrersApi(client.oci), limit: pLimit(concurrency) };
  const whole = (repository: string): string => {
    const place = client.place(repository);
    return `${place.namespace}/${place.name}`;
  };
  const tagsIn = async (repository: string, asked?: ListOptions): Promise<Map<string, Digest>> =>
    new Map([...(await readTags(client, repository, asked)).values()].map((tag): [string, Digest] => [tag.name, tag.digest]));
  return {
    name,
    type: context.type,
    url: own,
    batch: STEPS,
    repositories: (asked = {}) => listRepositories(client, { ...asked, namespaces }),
    inventory: (repository, asked = {}) => readInventory(context, repository, asked),
    checkDelete: (repository) => deletion.check(repository),
    listTags: async (repository, asked) => [...(await tagsIn(repository, asked)).keys()],
    resolveTag: async (repository, tag) => (await findTag(client, repository, tag))?.digest,
    resolveTags: tagsIn,
    tagsOf: async (repository, digest) => (await listings.about(repository, digest)).on(digest).map((tag) => tag.name),
    takenAlong: (repository, digest) => takenAlong(listings, repository, digest),
    standing: (repository, digest) => readStanding(listings, repository, digest),
    hasManifest: async (repository, digest) => (await listings.about(repository, digest)).has(digest),
    hasBlob: (repository, digest) => hasBlob(client.oci, whole(repository), digest),
    readManifest: (repository, digest) => readManifest(client.oci, whole(repository), digest),
    comparesTags: true,
    deleteManifest: (repository, digest, tags) => deletion.deleteManifest(repository, digest, tags),
    deleteTag: (repository, tag, digest) => deletion.deleteTag(repository, tag, digest),
    content: new ContentStore(client.oci, whole),
    putManifest: (repository, manifest, tag) => putManifest(client.oci, whole(repository), manifest, tag),
    beside: (repository) => readBeside(client, repository),
  };
}
