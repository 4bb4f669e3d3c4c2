import type { Pushable } from '../../../src/demo/image.ts';
import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { loadApiModel } from './api-model.ts';
import { answerRegistryApi, refusal } from './registry-api.ts';
import { listOccurrences } from './occurrences.ts';
import { answerRest, type Operation } from './rest.ts';
import { ServiceError, Store, type StoredRepository } from './store.ts';

export const LOCATION = 'europe-west1';

/** Who may do what, by an access token. */
export interface FakeAccount {
  readonly token: string;
  /** Default: everything. */
  readonly may?: (permission: string) => boolean;
  /** What a deny policy forbids: `testIamPermissions` does not tell of it. Default: nothing. */
  readonly denied?: (permission: string) => boolean;
}

export const OWNER: FakeAccount = { token: 'ya29.owner-token-0815-does-it-all' };

export interface FakeGarOptions {
  readonly accounts?: readonly FakeAccount[];
  readonly location?: string;
  /** `gcr.io`: it answers `/v2/` as the host of that name does. */
  readonly gcr?: string;
  /** Longest page that it answers; default 1000, the longest that may be asked for. */
  readonly maxPage?: number;
  /** Most versions of one batch; default 100. */
  readonly maxBatch?: number;
  /** How often an operation has to be asked for until it is done; default 1. */
  readonly polls?: number;
}

/** A request that was let in. */
interface FakeCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface PushFacts {
  readonly pushedAt?: string | undefined;
}

export interface FakeGar extends Pick<FakeServer, 'url' | 'answer' | 'close'> {
  readonly store: Store;
  readonly calls: FakeCall[];
  /** Where a request or an answer did not agree with the API's description, if that is at hand. */
  readonly violations: readonly string[];
  /** What Artifact Analysis knows, whatever project it is of. */
  readonly occurrences: object[];
  /** So many of the next calls are answered with RESOURCE_EXHAUSTED. */
  exhaust(count: number): void;
  /** A repository, made when it is first asked for: `my-project/images`. */
  repository(name: string): StoredRepository;
  /** Pushes a thing with all that it needs, under each tag, or by digest: `my-project/images/team/app`. */
  push(name: string, thing: Pushable, tags?: readonly string[], facts?: PushFacts): void;
}

const CODES: Readonly<Record<ServiceError['status'], number>> = {
  NOT_FOUND: 404,
  FAILED_PRECONDITION: 400,
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  UNAUTHENTICATED: 401,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
};

/** Artifact Registry in one location, on 127.0.0.1: the REST API and `/v2/`. */
export async function startFakeGar(options: FakeGarOptions = {}): Promise<FakeGar> {
  const { accounts = [OWNER], location = LOCATION, gcr, maxPage = 1000, maxBatch = 100, polls = 1 } = options;
  const store = new Store();
  const model = loadApiModel();
  const operations = new Map<string, Operation>();
  const listings = new Map<string, readonly unknown[]>();
  const calls: FakeCall[] = [];
  const occurrences: object[] = [];
  const violations: string[] = [];
  let exhausted = 0;
  const server = await startFakeServer({ answer: reply, headers: {}, keeps: () => false });

  function reply(request: Seen, url: string): Reply {
    const { method, body } = request;
    const account = accountOf(request, accounts);
    const may = (permission: string): boolean => account?.may?.(permission) ?? account !== undefined;
    if (request.path.startsWith('/v2/')) {
      if (account) return answerRegistryApi(request, { store, location, gcr, may });
      const challenge = `Bearer realm="${url}/v2/token",service="${location}-docker.pkg.dev"`;
      return refusal(401, 'UNAUTHORIZED', 'authentication failed', { 'www-authenticate': challenge });
    }
    const [raw = '', query = ''] = request.path.split('?');
    const path = decoded(raw);
    const call = {
      method,
      path,
      query: new URLSearchParams(query),
      body: body.length === 0 ? undefined : (JSON.parse(body.toString('utf8')) as unknown),
    };
    try {
      if (!account)
        throw new ServiceError(
          'UNAUTHENTICATED',
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication ' +
            'credential.',
        );
      if (exhausted > 0) {
        exhausted -= 1;
        throw new ServiceError(
          'RESOURCE_EXHAUSTED',
          "Quota exceeded for quota metric 'Requests per project per region' and limit " +
            "'Requests per project per region per minute per region'",
        );
      }
      const project = /^\/v1\/projects\/([^/]+)\/occurrences$/.exec(path)?.[1];
      if (project !== undefined) {
        allow(may, 'containeranalysis.occurrences.list', path);
        calls.push({ ...call, path: raw });
        return json(200, listOccurrences(occurrences, call.query, maxPage));
      }
      const answer = answerRest(
        { ...call, path: path.replace(/^\/v1\//, '') },
        {
          store,
          maxPage,
          maxBatch,
          polls,
          operations,
          listings,
          may,
          authorize: (permission, resource) => allow((asked) => may(asked) && account.denied?.(asked) !== true, permission, resource),
        },
      );
      calls.push({ ...call, path: raw });
      if (calls.length < 500) violations.push(...(model?.problemsOf({ ...call, answer }) ?? []));
      return json(200, answer);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return json(CODES[error.status], { error: { code: CODES[error.status], message: error.message, status: error.status } });
    }
  }

  const repositoryOf = (name: string): readonly [StoredRepository, string] => {
    const parts = name.split('/');
    const project = parts.splice(0, parts[0]?.includes('.') === true ? 2 : 1).join(':');
    const id = gcr ?? parts.shift() ?? '';
    return [store.repository(project, location, id), parts.join('/')];
  };

  return {
    url: server.url,
    answer: server.answer,
    close: server.close,
    store,
    calls,
    occurrences,
    violations,
    exhaust(count) {
      exhausted = count;
    },
    repository: (name) => repositoryOf(name)[0],
    push(name, thing, tags = [], { pushedAt } = {}) {
      const [repository, image] = repositoryOf(name);
      const time = pushedAt === undefined ? {} : { uploadedAt: Date.parse(pushedAt) };
      const pushParts = (part: Pushable): void => {
        for (const blob of part.blobs) store.blobs.set(blob.digest, blob.bytes);
        for (const child of part.children) {
          pushParts(child);
          store.put(repository, image, { bytes: child.bytes, mediaType: child.mediaType, ...time });
        }
      };
      pushParts(thing);
      for (const tag of tags.length > 0 ? tags : [undefined])
        store.put(repository, image, { bytes: thing.bytes, mediaType: thing.mediaType, ...time, ...(tag !== undefined && { tag }) });
    },
  };
}

function allow(may: (permission: string) => boolean, permission: string, resource: string): void {
  if (may(permission)) return;
  throw new ServiceError(
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource '//artifactregistry.googleapis.com/${resource}' (or it may not exist).`,
  );
}

/** Escapes are undone, once, but for that of a slash, which is part of a name then (google/api/http.proto, `{var=foo/*}`). */
function decoded(path: string): string {
  return path.replaceAll(/%(?!2f)[0-9a-f]{2}/gi, decodeURIComponent);
}

/** By `Bearer`, or at `/v2/` as the password of a login. */
function accountOf({ headers }: Seen, accounts: readonly FakeAccount[]): FakeAccount | undefined {
  const [scheme, credentials = ''] = String(headers['authorization'] ?? '').split(' ');
  const token =
    scheme === 'Basic'
      ? Buffer.from(credentials, 'base64')
          .toString('utf8')
          .replace(/^(?:oauth2accesstoken|_dcgcloud_token):/, '')
      : credentials;
  return accounts.find((account) => account.token === token);
}

function json(status: number, document: object): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body: JSON.stringify(document, undefined, 2) };
}
