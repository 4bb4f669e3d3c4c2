import { createGate } from '../../../src/demo/access.ts';
import { answerRequest } from '../../../src/demo/answer-request.ts';
import { type Digest, isDigest } from '../../../src/domain/digest.ts';
import { OCI_INDEX, DOCKER_LIST } from '../../../src/domain/media-types.ts';
import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { answerRest } from './rest.ts';
import { type FakeAccount, accountOf } from './accounts.ts';
import { GiteaStore } from './store.ts';

export interface FakeGiteaOptions {
  readonly accounts: readonly FakeAccount[];
  /** MAX_RESPONSE_ITEMS */
  readonly pageSize?: number;
  /** True: an index may list another, which Gitea refuses. */
  readonly takesNested?: boolean;
}

export interface FakeGitea extends FakeServer {
  readonly store: GiteaStore;
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function error(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return json(status, { errors: [{ code, message: '' }] }, headers);
}

/** A Gitea on 127.0.0.1, made by what was seen on a running one (1.23): its registry and its API of packages, as far as they are used. */
export async function startFakeGitea({ accounts, pageSize = 50, takesNested = false }: FakeGiteaOptions): Promise<FakeGitea> {
  const store = new GiteaStore();

  function answerRegistry(request: Seen, url: string): Reply {
    const { pathname, searchParams: query } = new URL(request.path, url);
    const account = accountOf(accounts, request.headers['authorization']);
    if (account === 'unknown') return { status: 401, headers: { 'content-type': 'text/plain' }, body: 'authGroup.Verify' };
    if (pathname === '/v2/token')
      return account && account.scopes.length === 0 ? error(401, 'UNAUTHORIZED') : json(200, { token: account?.token ?? 'ghost' });
    if (request.headers['authorization'] === undefined)
      return error(401, 'UNAUTHORIZED', { 'www-authenticate': `Bearer realm="${url}/v2/token",service="container_registry",scope="*"` });
    if (pathname === '/v2/') return { status: 200 };
    if (pathname === '/v2/_catalog') return catalog(query);
    const [, repository = '', kind = '', given = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(pathname) ?? [];
    if (!accounts.some(({ owners }) => owners.includes(repository.split('/')[0]!))) return { status: 404, body: 'Not found.\n' };
    if (kind === 'referrers') return { status: 404 };
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const writes = account?.scopes.includes('write:package') && account.owners.includes(repository.split('/')[0]!);
    if (!isRead && !writes) return { status: 401, headers: { 'content-type': 'text/plain' }, body: 'reqPackageAccess' };
    if (kind === 'tags') return tags(repository);
    const reference = given.toLowerCase();
    if (kind === 'manifests' && request.method === 'DELETE') return deleteManifest(repository, reference);
    return passOn(
      { ...request, path: request.path.replace(`/manifests/${given}`, `/manifests/${reference}`) },
      { repository, reference, url },
    );
  }

  function passOn(
    request: Seen,
    { repository, reference, url }: { readonly repository: string; readonly reference: string; readonly url: string },
  ): Reply {
    const core = { storage: store.registry, gate: createGate(undefined), url, options: { referrersApi: false, ignoreAccept: true } };
    const isPut = request.method === 'PUT' && request.path.includes('/manifests/');
    if (isPut && !takesNested && holdsIndex(request.body)) return error(400, 'MANIFEST_INVALID');
    const reply = answerRequest(core, { ...request, headers: request.headers as never });
    if (isPut && reply.status === 400) return error(404, 'BLOB_UNKNOWN');
    if (isPut && reply.status === 201) store.put(repository, reference, reply.headers!['docker-content-digest'] as Digest);
    return reply as Reply;
  }

  /** A page of 100 at most; one that is full leads to the next. */
  function catalog(query: URLSearchParams): Reply {
    const size = Math.min(Number(query.get('n')) || pageSize, pageSize);
    const rest = [...store.versions.keys()].toSorted().filter((name) => name > (query.get('last') ?? ''));
    const page = rest.slice(0, size);
    const link = page.length === size ? { link: `</v2/_catalog?last=${page.at(-1)}&n=${size}>; rel="next"` } : {};
    return json(200, { repositories: page }, link);
  }

  /** All tags, and always a link to what comes after them. */
  function tags(repository: string): Reply {
    if (!store.versions.has(repository)) return error(404, 'NAME_UNKNOWN');
    const names = store.of(repository).flatMap(({ version }) => (isDigest(version) ? [] : [version]));
    return json(200, { name: repository, tags: names.length > 0 ? names.toSorted() : null });
  }

  /** By tag that version alone, by digest every version that has it. */
  function deleteManifest(repository: string, reference: string): Reply {
    const versions = store.of(repository).filter((one) => (isDigest(reference) ? one.digest : one.version) === reference);
    if (versions.length === 0) return error(404, 'MANIFEST_UNKNOWN');
    for (const { version } of versions) store.remove(repository, version);
    return { status: 202 };
  }

  const server = await startFakeServer({
    answer: (request, url) =>
      request.path.startsWith('/v2/') ? answerRegistry(request, url) : answerRest(request, { store, accounts, pageSize, url }),
    headers: {},
    keeps: () => false,
  });
  return { ...server, store };
}

function holdsIndex(body: Buffer): boolean {
  const { manifests = [] } = JSON.parse(body.toString('utf8')) as { manifests?: readonly { mediaType: string }[] };
  return manifests.some(({ mediaType }) => mediaType === OCI_INDEX || mediaType === DOCKER_LIST);
}
