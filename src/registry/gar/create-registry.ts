import pLimit from 'p-limit';
import type { Credentials } from '../../auth/credentials.ts';
import { apiEndpoint } from '../../config/api-endpoint.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import { nameText } from '../../domain/image-name.ts';
import { type Clock, systemClock } from '../../http/clock.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { readManifest as readOciManifest } from '../../distribution/manifest-content.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import type { Registry } from '../registry.ts';
import { garAliases } from './aliases.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { GarClient } from './client.ts';
import { Deletion } from './deletion.ts';
import { type GarPlace, parseGarHost } from './host.ts';
import { Images } from './images.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { isThere, listManifests } from './presence.ts';
import { findTags, listTags, resolveTag, resolveTags } from './tags.ts';
import { createScans } from './scans.ts';
import { createTokenSource, type GarIdentity } from './token-source.ts';

export interface GarRegistryOptions {
  /** Its name in documents and messages. */
  readonly name: string;
  /** `https://<location>-docker.pkg.dev` or `https://gcr.io`; or another name for it, with `location`. */
  readonly url: string;
  readonly http: HttpClient;
  /** Those that are configured for its host; where there are none, the application default credentials are used. */
  readonly credentials: () => Promise<Credentials | undefined>;
  readonly identity?: GarIdentity;
  /** Where the host does not tell it. */
  readonly location?: string;
  /** The address of the Artifact Registry API for this registry alone: a regional one, one in a network of one's own, another cloud's. */
  readonly endpoint?: string;
  /** Projects whose repositories are listed; default the one in GOOGLE_CLOUD_PROJECT. */
  readonly projects?: readonly string[];
  /**
   * The environment, for GOOGLE_CLOUD_PROJECT, and as gcloud knows them CLOUDSDK_AUTH_ACCESS_TOKEN and, for the address of the API,
   * CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY and …_CONTAINERANALYSIS.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cache?: ContentCache;
  /** How many manifests are read side by side; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
  readonly clock?: Clock;
  /** Ends every wait: for a quota, and for the end of an operation. */
  readonly waits?: AbortSignal;
}

const DEFAULT_CONCURRENCY = 16;
const API = 'https://artifactregistry.googleapis.com';
const ENDPOINT = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY';
const ANALYSIS_API = 'https://containeranalysis.googleapis.com';
const ANALYSIS_ENDPOINT = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS';

/** Google Artifact Registry. Nothing is sent yet. Throws `CONFIG_INVALID` where nothing tells the location, and for a URL with a path. */
export function createGarRegistry(options: GarRegistryOptions): Registry {
  const {
    name,
    http,
    credentials,
    identity = {},
    env = {},
    cache,
    concurrency = DEFAULT_CONCURRENCY,
    clock = systemClock,
    waits,
  } = options;
  const url = options.url.replace(/\/+$/, '');
  const place = placeOf(options);
  const isOwnHost = parseGarHost(new URL(url).hostname) !== undefined;
  const endpoint = options.endpoint ?? endpointIn(env, ENDPOINT, API);
  const analysisEndpoint = endpointIn(env, ANALYSIS_ENDPOINT, ANALYSIS_API);
  const tokens = createTokenSource({ registry: name, credentials, identity, http, env });
  const client = new GarClient({ name, url, endpoint, analysisEndpoint, place, http, tokens, clock, waits });
  const deletion = new Deletion(client);
  const context: InventoryContext = {
    type: 'gar',
    client,
    images: new Images(client),
    settings: new Map(),
    cache,
    limit: pLimit(concurrency),
  };
  const own = env['GOOGLE_CLOUD_PROJECT'];
  const projects = options.projects ?? (own ? [own] : []);
  return {
    name,
    type: context.type,
    url,
    repositories: (asked = {}) => listRepositories(client, { projects, ...asked }),
    inventory: async (repository, asked = {}) => ({
      ...(await readInventory(context, repository, asked)),
      // What runs may be pulled by the usual host.
      ...(!isOwnHost && { names: namesAt(place, repository) }),
    }),
    checkDelete: (repository, needs) => deletion.checkDelete(repository, needs),
    listTags: (repository) => listTags(client, repository),
    resolveTag: (repository, tag) => resolveTag(client, repository, tag),
    resolveTags: (repository) => resolveTags(client, repository),
    tagsOf: async (repository, digest) => (await findTags(client, repository, digest)) ?? [],
    listManifests: (repository) => listManifests(client, repository),
    hasManifest: (repository, digest) => isThere(client, repository, digest),
    hasBlob: (repository, digest) => hasBlob(client.oci, repository, digest),
    readManifest: (repository, digest) => readManifest(client, repository, digest),
    comparesTags: true,
    deleteManifest: (repository, digest, tags) => deletion.deleteManifest(repository, digest, tags),
    deleteTag: (repository, tag, digest) => deletion.deleteTag(repository, tag, digest),
    content: new ContentStore(client.oci),
    putManifest: (repository, manifest, tag) => putManifest(client.oci, repository, manifest, tag),
    scans: createScans(client, [isOwnHost ? new URL(url).hostname : `${place.location}-docker.pkg.dev`], context.limit),
    beside: (repository) => readBeside(client, repository),
  };
}

/** The address of the API as the environment gives it to gcloud, held to what the config takes. */
function endpointIn(env: Readonly<Record<string, string | undefined>>, variable: string, usual: string): string {
  const given = env[variable];
  if (!given) return usual;
  const read = apiEndpoint.safeParse(given);
  if (read.success) return read.data;
  const [why] = read.error.issues;
  throw new ToolError('CONFIG_INVALID', `${variable} cannot be used: ${why?.message}.`, {
    hint: `Give the address of the API, such as ${usual}/, or do not set it.`,
  });
}

/** The names, `host/path`, of a repository at the usual host of its location, and what else that is called. */
function namesAt({ location }: GarPlace, path: string): string[] {
  const name = { host: `${location}-docker.pkg.dev`, path };
  return [name, ...garAliases(name)].map(nameText);
}

function placeOf({ name, url, location }: GarRegistryOptions): GarPlace {
  const { hostname, pathname } = new URL(url);
  if (pathname.replaceAll('/', '') !== '') {
    throw new ToolError('CONFIG_INVALID', `The URL of the registry ${name} goes on after its host.`, {
      hint:
        'Give the host alone, and the project as "gar.projects": images are named PROJECT/REPOSITORY/IMAGE, as what is in use ' +
        'names them.',
    });
  }
  const host = parseGarHost(hostname);
  if (host && location !== undefined && location !== host.location) {
    throw new ToolError(
      'CONFIG_INVALID',
      `The registry ${name} is in ${host.location} by its host, and in ${location} by "gar.location".`,
      {
        hint: 'Leave "gar.location" out: the host tells it.',
      },
    );
  }
  if (host) return host;
  if (location !== undefined) return { location };
  throw new ToolError('CONFIG_INVALID', `The registry ${name} is of type gar, and its host does not tell its location.`, {
    hint: 'Give its own host, <location>-docker.pkg.dev, or "gar.location" in the config.',
  });
}

/** A manifest's bytes, by `/v2/`. Undefined if both `/v2/` and the API say that the manifest is not there, in a repository that is. */
async function readManifest(client: GarClient, repository: string, digest: Digest): Promise<RawManifest | undefined> {
  const manifest = await readOciManifest(client.oci, repository, digest);
  if (manifest || !(await isThere(client, repository, digest))) return manifest;
  const doing = `read the manifest ${client.label(repository, digest)}`;
  throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Artifact Registry lists it, and says at /v2/ that it is not there.`, {
    hint: 'Run again.',
  });
}
