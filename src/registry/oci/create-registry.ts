import pLimit from 'p-limit';
import { notLetIn } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { Registry } from '../registry.ts';
import { listRepositories } from '../../distribution/catalog.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { loginOf } from './dangling-remedy.ts';
import { checkDelete, deleteManifest, deleteTag, refuseKnown } from './deletion.ts';
import { type Software, softwareOf, softwareOfHost } from './software.ts';
import { type Ping, tellingAnswer } from '../../distribution/ping.ts';
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
  readonly ping: Ping;
  /** What is sent to the registry itself; undefined if there are none. */
  readonly credentials: () => Promise<Credentials | undefined>;
  readonly cache?: ContentCache;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;

/** A registry that is spoken to by the OCI distribution-spec alone, such as distribution (Docker's registry) and zot. */
export function createOciRegistry({
  name,
  url,
  send,
  ping,
  credentials,
  cache,
  concurrency = DEFAULT_CONCURRENCY,
}: OciRegistryOptions): Registry {
  const client = new OciClient({ name, url, send });
  const listed = new Set<string>();
  const software = knownSoftware(client.url, ping);
  const context: InventoryContext = {
    type: 'oci',
    client,
    cache,
    referrers: new ReferrersApi(client),
    software,
    tagDeletion: new TagDeletion(client, software),
    login: () => loginOf(ping),
    limit: pLimit(concurrency),
    large: pLimit(1),
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
      if (listed.size === 0) await checkLogin(name, credentials, ping);
    },
    inventory: (repository, options = {}) => readInventory(context, repository, options),
    async checkDelete(repository, needs) {
      const known = await software();
      if (known) refuseKnown(client, known);
      await checkDelete(client, repository, needs);
    },
    listTags: (repository, asked = {}) => listTags(client, repository, asked),
    resolveTag: (repository, tag, options) => resolveTag(client, repository, tag, options),
    danglingTag: (repository, tag) => danglingTag(client, repository, tag),
    referrersOf: async (repository, digest) => (await context.referrers.list(repository, digest)).map((referrer) => referrer.digest),
    hasManifest: (repository, digest) => hasManifest(client, repository, digest),
    readManifest: (repository, digest) => readManifest(client, repository, digest),
    hasBlob: (repository, digest) => hasBlob(client, repository, digest),
    deleteManifest: (repository, digest) => deleteManifest(client, repository, digest),
    deleteTag: (repository, tag) => deleteTag(client, repository, tag),
    content: new ContentStore(client),
    putManifest: (repository, manifest, tag) => putManifest(client, repository, manifest, tag),
  };
}

/** Which software a registry is, as far as it can be told. Throws for an answer that tells nothing. */
function knownSoftware(url: string, ping: Ping): () => Promise<Software | undefined> {
  const byHost = softwareOfHost(url);
  return async () => byHost ?? softwareOf(url, await tellingAnswer(ping, url));
}

/**
 * Throws `AUTH` if a registry that lists nothing demands a login and there are no credentials: it shows anonymous readers an empty
 * catalogue, and a run that has lost its credentials would look as if there were nothing to do.
 */
async function checkLogin(name: string, credentials: OciRegistryOptions['credentials'], ping: Ping): Promise<void> {
  if ((await credentials()) !== undefined || (await ping()).status !== 401) return;
  throw notLetIn(`The registry ${name} lists no repositories, and it demands a login`, undefined);
}
