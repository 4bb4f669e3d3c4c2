import pLimit from 'p-limit';
import type { Credentials } from '../../auth/credentials.ts';
import { createRegistryAuth } from '../../auth/create-registry-auth.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { OciClient } from '../../distribution/client.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import type { ImageTags } from '../../distribution/image-tags.ts';
import { IndexChildren } from '../../distribution/index-children.ts';
import { hasManifest, readManifest } from '../../distribution/manifest-content.ts';
import { ManifestReader } from '../../distribution/manifest-reader.ts';
import type { Ping } from '../../distribution/ping.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { Registry } from '../registry.ts';
import { UntaggedCompanions } from '../untagged-companions.ts';
import { ApiClient, type ApiClientOptions } from './client.ts';
import { Deletion } from './deletion.ts';
import { EnterpriseApi } from './enterprise-api.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { PersonalApi } from './personal-api.ts';
import { findService } from './service.ts';
import type { TagApi } from './tag-api.ts';

export interface AlibabaRegistryOptions extends Omit<ApiClientOptions, 'http'> {
  /** Its name in documents and messages. */
  readonly name: string;
  /** Base URL, what `/v2/` is below. */
  readonly url: string;
  readonly http: HttpClient;
  readonly ping: Ping;
  /** What is sent to `/v2/`, where the user has named it; else a password of some hours is asked of the API. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
  /** Where the answer to `/v2/` does not tell them. */
  readonly region?: string;
  readonly instance?: string;
  /** The address of the API. Default: the public one of the region. */
  readonly endpoint?: string;
  readonly cache?: ContentCache;
  /** How many manifests are read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;
/** Repositories of which the tags are remembered while they are worked on. */
const REMEMBERED = 8;
/** Milliseconds before its end from which on a password for `/v2/` is not used any more. */
const MARGIN = 5 * 60_000;

/** A registry of Alibaba Cloud, of either edition. Nothing is sent yet. */
export function createAlibabaRegistry(options: AlibabaRegistryOptions): Registry {
  const { name, http, ping, endpoint, cache, concurrency = DEFAULT_CONCURRENCY } = options;
  const url = options.url.replace(/\/+$/, '');
  const client = new ApiClient(options);
  const api = once(async (): Promise<TagApi> => {
    const { region, instance } = await findService({ name, url, ping }, options);
    const place = { name, client, region, endpoint: endpoint ?? `https://cr.${region}.aliyuncs.com` };
    return instance === undefined ? new PersonalApi(place) : new EnterpriseApi(place, instance);
  });
  const login = createLogin(api);
  const credentials = async (repository: string | undefined): Promise<Credentials | undefined> =>
    (await options.credentials(repository)) ?? login();
  const auth = createRegistryAuth({ http, registry: name, url, credentials, ping });
  const oci = new OciClient({ name, url, send: (request, scopes) => auth.send(request, scopes) });
  const tagsOf = rememberTags(api);
  const plain = new Set<Digest>();
  const readDocument = async (repository: string, digest: Digest) =>
    plain.has(digest) ? undefined : new ManifestReader({ client: oci, repository, cache, signal: undefined }).byDigest(digest, '');
  const along = new UntaggedCompanions(tagsOf, new IndexChildren(readDocument, pLimit(concurrency)));
  const deletion = new Deletion({ api, oci, along, tagsOf });
  const context: InventoryContext = { type: 'alibaba', api, oci, cache, plain, limit: pLimit(concurrency) };
  return {
    name,
    type: context.type,
    url,
    async *repositories({ below, signal } = {}) {
      const namespace = below?.split('/')[0];
      let listed = 0;
      for await (const repository of (await api()).repositories(namespace, signal)) {
        listed += 1;
        if (below === undefined || repository === below || repository.startsWith(`${below}/`)) yield repository;
      }
      if (listed === 0) throw nothingListed(await api(), name, namespace);
    },
    async inventory(repository, asked = {}) {
      // A namespace is not a repository. Its list is asked for all the same, so that a missing right is told instead of that.
      if (!repository.includes('/')) for await (const _name of (await api()).repositories(repository, asked.signal)) break;
      return readInventory(context, repository, asked);
    },
    checkDelete: (repository) => deletion.check(repository),
    async listTags(repository, asked = {}) {
      return [...(await (await api()).tags(repository, asked)).values()].map(({ tag }) => tag);
    },
    resolveTag: async (repository, tag) => (await (await api()).findTag(repository, tag))?.digest,
    async resolveTags(repository) {
      const tags = await (await api()).tags(repository, {});
      return new Map([...tags.values()].map(({ tag, digest }): [string, Digest] => [tag, digest]));
    },
    takenAlong: (repository, digest) => along.of(repository, digest),
    hasManifest: (repository, digest) => hasManifest(oci, repository, digest),
    readManifest: (repository, digest) => readManifest(oci, repository, digest),
    hasBlob: (repository, digest) => hasBlob(oci, repository, digest),
    deleteManifest: (repository, digest, tags) => deletion.deleteManifest(repository, digest, tags),
    deleteTag: (repository, tag, digest) => deletion.deleteTag(repository, tag, digest),
    content: new ContentStore(oci),
    putManifest: (repository, manifest, tag) => putManifest(oci, repository, manifest, tag),
    beside: async (repository) => (await api()).beside(repository),
  };
}

/** An empty list may only mean that the RAM user may list nothing. */
function nothingListed({ title }: TagApi, name: string, namespace: string | undefined): ToolError {
  const where = namespace === undefined ? name : `${name}/${namespace}`;
  return new ToolError('NOT_FOUND', `Alibaba Cloud lists no repository in ${where}, ${title}.`, {
    hint: 'Check the name, and that a policy of the RAM user or role allows cr:ListRepository; or name the repositories.',
  });
}

/** The same object until shortly before it ends. */
function createLogin(api: () => Promise<TagApi>): () => Promise<Credentials> {
  let known: ReturnType<TagApi['login']> | undefined;
  const renew = (): ReturnType<TagApi['login']> => {
    const renewed = api().then((calls) => calls.login());
    renewed.catch(() => {
      if (known === renewed) known = undefined;
    });
    return renewed;
  };
  return async () => {
    const asked = (known ??= renew());
    const { credentials, until } = await asked;
    if (until - MARGIN > Date.now()) return credentials;
    if (known === asked) known = renew();
    return (await known).credentials;
  };
}

function rememberTags(api: () => Promise<TagApi>): (repository: string) => Promise<ImageTags> {
  const tags = new Map<string, Promise<ImageTags>>();
  return (repository) => {
    let known = tags.get(repository);
    if (!known) {
      known = api().then((calls) => calls.tags(repository, {}));
      tags.set(repository, known);
      known.catch(() => tags.delete(repository));
      const [oldest] = tags.keys();
      if (tags.size > REMEMBERED && oldest !== undefined) tags.delete(oldest);
    }
    return known;
  };
}

/** Answers once and for all; an error is not remembered. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= work().catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
