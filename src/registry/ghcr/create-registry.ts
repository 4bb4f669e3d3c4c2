import pLimit from 'p-limit';
import type { Credentials } from '../../auth/credentials.ts';
import { rememberSecret } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { readManifest as readOciManifest } from '../../distribution/manifest-content.ts';
import type { Ping } from '../../distribution/ping.ts';
import { resolveTag } from '../../distribution/tags.ts';
import type { Digest } from '../../domain/digest.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import { type Clock, systemClock } from '../../http/clock.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { Registry } from '../registry.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { GhcrClient } from './client.ts';
import { Deletion } from './deletion.ts';
import { apiOf } from './host.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { Owners } from './owners.ts';
import { isThere } from './is-there.ts';
import { Restore } from './restore.ts';
import { digestsOf, PackageVersions, type ListOptions } from './versions.ts';

export interface GhcrRegistryOptions {
  /** Its name in documents and messages. */
  readonly name: string;
  /** `https://ghcr.io`, or `https://containers.HOST` of a GitHub Enterprise Server. */
  readonly url: string;
  readonly http: HttpClient;
  /** Asks `/v2/` without credentials, once for all who need the answer. Default: asked by itself. */
  readonly ping?: Ping;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
  /** The organizations and users whose packages are listed where nothing else names one. */
  readonly owners?: readonly string[];
  /** Base URL of the REST API, where the host of the registry does not tell it. */
  readonly endpoint?: string;
  /** The environment, for the token of a workflow: GH_TOKEN and GITHUB_TOKEN, in the order of GitHub's own client. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cache?: ContentCache;
  /** How many manifests are read side by side; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
  readonly clock?: Clock;
  /** Ends every wait for a limit. */
  readonly waits?: AbortSignal;
}

const DEFAULT_CONCURRENCY = 16;
const TOKENS = ['GH_TOKEN', 'GITHUB_TOKEN'] as const;

/** GitHub's container registry. Nothing is sent yet. Throws `CONFIG_INVALID` where nothing tells where its REST API is. */
export function createGhcrRegistry(options: GhcrRegistryOptions): Registry {
  const { name, http, owners: named = [], env = {}, cache, concurrency = DEFAULT_CONCURRENCY, clock = systemClock, waits } = options;
  const url = options.url.replace(/\/+$/, '');
  const api = (options.endpoint ?? apiOf(url))?.replace(/\/+$/, '');
  if (api === undefined) {
    throw new ToolError('CONFIG_INVALID', `The registry ${name} is of type ghcr, and its host does not tell where GitHub's API is.`, {
      hint: 'Give the host as containers.HOST, or say "ghcr.endpoint" in the config, such as https://github.example.com/api/v3.',
    });
  }
  const ofEnvironment = new URL(url).hostname === 'ghcr.io' ? tokenIn(env) : undefined;
  const credentials = async (repository: string | undefined): Promise<Credentials | undefined> =>
    (await options.credentials(repository)) ?? ofEnvironment;
  const client = new GhcrClient({ name, url, api, http, credentials, ping: options.ping, clock, waits });
  const owners = new Owners(client);
  const versions = new PackageVersions(client, owners);
  const deletion = new Deletion(client, owners, versions);
  const restore = new Restore(client, versions);
  const context: InventoryContext = { type: 'ghcr', client, versions, cache, limit: pLimit(concurrency) };
  const tagsIn = async (repository: string, asked: ListOptions = {}): Promise<Map<string, Digest>> =>
    digestsOf(await versions.listSteadily(repository, asked), `list the tags of ${client.label(repository)}`);
  return {
    name,
    type: context.type,
    url,
    repositories: (asked = {}) => listRepositories(client, owners, { ...asked, named }),
    inventory: (repository, asked = {}) => readInventory(context, repository, asked),
    checkDelete: (repository, needs) => deletion.check(repository, needs),
    listTags: async (repository, asked) => [...(await tagsIn(repository, asked)).keys()],
    resolveTag: (repository, tag, options) => resolveTag(client.oci, repository, tag, options),
    resolveTags: tagsIn,
    tagsOf: async (repository, digest) => [...((await versions.find(repository, digest))?.tags ?? [])],
    hasManifest: (repository, digest) => isThere(client, versions, repository, digest),
    hasBlob: (repository, digest) => hasBlob(client.oci, repository, digest),
    readManifest: (repository, digest) => readManifest(client, versions, repository, digest),
    comparesTags: true,
    deleteManifest: (repository, digest, tags) => deletion.deleteManifest(repository, digest, tags),
    deleteTag: (repository, tag) => Promise.reject(cannotTakeOff(client.label(repository, tag))),
    content: new ContentStore(client.oci),
    putManifest: (repository, manifest, tag) => restore.put(repository, manifest, tag),
    beside: (repository) => readBeside(client, owners, repository),
  };
}

/** The token of a workflow. Any user name goes with it. */
function tokenIn(env: Readonly<Record<string, string | undefined>>): Credentials | undefined {
  const source = TOKENS.find((one) => env[one]);
  const password = source && env[source];
  if (!password) return undefined;
  rememberSecret(password);
  return { username: env['GITHUB_ACTOR'] || 'token', password, source };
}

/** Never called: no plan has such a step without the capability. */
function cannotTakeOff(image: string): ToolError {
  return new ToolError('NOT_APPLYABLE', `Cannot take off the tag ${image}: GitHub deletes a version with all its tags.`, {
    hint: 'Say sharedTags: keep in the policy.',
  });
}

/** A manifest's bytes, by `/v2/`. Undefined if both `/v2/` and the API say that it is not there, in a package that is. */
async function readManifest(
  client: GhcrClient,
  versions: PackageVersions,
  repository: string,
  digest: Digest,
): Promise<RawManifest | undefined> {
  const manifest = await readOciManifest(client.oci, repository, digest);
  if (manifest || !(await versions.find(repository, digest))) return manifest;
  throw new ToolError(
    'REGISTRY_ERROR',
    `Cannot read the manifest ${client.label(repository, digest)}: it is listed, and not to be had at /v2/.`,
    {
      hint: 'Run again.',
    },
  );
}
