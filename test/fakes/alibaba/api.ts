import { type Reply, ReplyError, type Seen } from '../shared/messages.ts';
import { type FakeAccount, verify } from './signature.ts';
import type { AlibabaStore, StoredRepository, StoredTag } from './store.ts';

export interface ApiOptions {
  readonly store: AlibabaStore;
  readonly accounts: readonly FakeAccount[];
  /** Of the Enterprise Edition; undefined for the Personal one. */
  readonly instance: string | undefined;
  readonly nonces: Set<string>;
  /** Passwords for `/v2/`. */
  readonly passwords: Set<string>;
}

const MOST = 100;

/** Answers the API: RPC of version 2018-12-01, or ROA of 2016-06-07. */
export function answerApi(request: Seen, options: ApiOptions): Reply {
  const account = verify(request, options.accounts, options.nonces);
  if (typeof account === 'string')
    throw refusal(account.startsWith('Invalid') ? 404 : 400, account, 'Specified signature or key is not valid.');
  const operation = String(request.headers['x-acs-action']);
  const version = options.instance === undefined ? '2016-06-07' : '2018-12-01';
  if (request.headers['x-acs-version'] !== version) throw refusal(400, 'InvalidVersion', 'Specified parameter Version is not valid.');
  if (!account.may(operation)) throw refusal(403, 'NoPermission', `You are not authorized to do this action: cr:${operation}`);
  const url = new URL(request.path, 'http://api');
  return options.instance === undefined
    ? personal(request.method, url, options)
    : enterprise(request.method, operation, url.searchParams, options);
}

/** The kind of error that is answered with an error status. */
function refusal(status: number, code: string, message: string): ReplyError {
  return new ReplyError(message, json(status, { RequestId: 'C3A8', HostId: 'cr.cn-hangzhou.aliyuncs.com', Code: code, Message: message }));
}

/** The kind that is answered with 200. */
function unsuccessful(code: string): ReplyError {
  return new ReplyError(code, json(200, { IsSuccess: false, Code: code, RequestId: 'C3A9' }));
}

function json(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json;charset=utf-8' }, body: JSON.stringify(body) };
}

function success(body: object): Reply {
  return json(200, { IsSuccess: true, Code: 'success', RequestId: 'C3B0', ...body });
}

const METHODS: Readonly<Record<string, string>> = { GetRepoTag: 'GET', ListArtifactLifecycleRule: 'GET' };

function enterprise(method: string, operation: string, query: URLSearchParams, options: ApiOptions): Reply {
  const { store, instance, passwords } = options;
  if (method !== (METHODS[operation] ?? 'POST')) throw refusal(405, 'UnsupportedHTTPMethod', 'This http method is not supported.');
  if (query.get('InstanceId') !== instance) throw unsuccessful('INSTANCE_NOT_EXIST');
  if (operation === 'GetAuthorizationToken') {
    const token = `cri-token-${passwords.size}-of-some-hours`;
    passwords.add(token);
    return success({ TempUsername: 'cr_temp_user', AuthorizationToken: token, ExpireTime: Date.now() + 3_600_000 });
  }
  if (operation === 'ListRepository') {
    const [namespace, status] = [query.get('RepoNamespaceName'), query.get('RepoStatus')];
    const found = [...store.repositories.values()].filter(
      (one) => (namespace === null || one.name.startsWith(`${namespace}/`)) && (status === 'ALL' || one.status === status),
    );
    const { page, total } = pageOf(found, query, 'PageNo');
    return success({ Repositories: page.map(describe), TotalCount: String(total), PageNo: Number(query.get('PageNo')) });
  }
  if (operation === 'ListArtifactLifecycleRule') {
    const { page, total } = pageOf(store.rules, query, 'PageNo');
    return success({ Rules: page, TotalCount: total });
  }
  if (operation === 'ListInstanceEndpoint') {
    const domains = store.domains.map((Domain) => ({ Domain, Type: 'USER' }));
    return success({ Endpoints: [{ EndpointType: 'internet', Enable: true, Status: 'RUNNING', Domains: domains, AclEnable: false }] });
  }
  const name = query.get('RepoName');
  const repository =
    name === null
      ? [...store.repositories.values()].find(({ id }) => id === query.get('RepoId'))
      : store.repositories.get(`${query.get('RepoNamespaceName')}/${name}`);
  if (!repository) throw unsuccessful('REPO_NOT_EXIST');
  if (operation === 'GetRepository') return success(describe(repository));
  if (operation === 'ListRepoTag') {
    const { page, total } = pageOf(newestFirst(repository), query, 'PageNo');
    // Digests come bare, and times as text.
    const images = page.map(({ tag, digest, created, updated, status }) => ({
      Tag: tag,
      Digest: digest.replace('sha256:', ''),
      ImageId: digest.slice(-64),
      ImageSize: 1,
      ImageCreate: String(created),
      ImageUpdate: String(updated),
      Status: status,
    }));
    return success({ Images: images, TotalCount: String(total), PageNo: Number(query.get('PageNo')), PageSize: MOST });
  }
  const tag = repository.tags.get(query.get('Tag') ?? '');
  if (!tag) throw unsuccessful('TAG_NOT_EXIST');
  if (operation === 'GetRepoTag') {
    const { digest, created, updated, status } = tag;
    return success({ Tag: tag.tag, Digest: digest.slice(7), ImageCreate: created, ImageUpdate: updated, Status: status, ImageSize: 1 });
  }
  if (operation !== 'DeleteRepoTag') throw refusal(404, 'InvalidAction.NotFound', 'Specified api is not found.');
  if (store.lockedTags.has(tag.tag)) throw unsuccessful('TAG_LOCKED');
  store.deleteTag(repository, tag);
  return success({});
}

function personal(method: string, { pathname, searchParams: query }: URL, { store, passwords }: ApiOptions): Reply {
  const data = (body: object): Reply => json(200, { data: body, requestId: 'C3B1' });
  const gone = (code: string): ReplyError => new ReplyError(code, json(404, { code, message: 'not found', requestId: 'C3B2' }));
  if (pathname === '/tokens' && method === 'GET') {
    const token = `personal-token-${passwords.size}-of-some-hours`;
    passwords.add(token);
    return data({ tempUserName: 'cr_temp_user', authorizationToken: token, expireDate: Date.now() + 3_600_000 });
  }
  const [, root = '', namespace, name, rest, tagName] = pathname.split('/');
  if (root !== 'repos') throw gone('InvalidAction.NotFound');
  if (name === undefined) {
    const found = [...store.repositories.values()].filter((one) => namespace === undefined || one.name.startsWith(`${namespace}/`));
    const { page, total } = pageOf(found, query, 'Page');
    const repos = page.map((one) => ({ repoNamespace: one.name.split('/')[0], repoName: one.name.split('/').slice(1).join('/') }));
    return data({ repos, total, page: Number(query.get('Page')), pageSize: MOST });
  }
  const repository = store.repositories.get(`${namespace}/${name}`);
  if (!repository) throw gone('REPO_NOT_EXIST');
  if (rest === undefined) return data({ repo: { repoNamespace: namespace, repoName: name, repoStatus: repository.status } });
  if (tagName === undefined) {
    const { page, total } = pageOf(newestFirst(repository), query, 'Page');
    return data({ tags: page.map(describeTag), total, page: Number(query.get('Page')), pageSize: MOST });
  }
  const tag = repository.tags.get(tagName);
  if (!tag) throw gone('TAG_NOT_EXIST');
  if (method === 'GET') return data(describeTag(tag));
  if (method !== 'DELETE') throw gone('InvalidAction.NotFound');
  store.deleteTag(repository, tag);
  return data({});
}

function describeTag({ tag, digest, created, updated, status }: StoredTag): object {
  return { tag, digest: digest.slice(7), imageId: digest.slice(-64), imageSize: 1, imageCreate: created, imageUpdate: updated, status };
}

function describe({ name, id, status, immutable }: StoredRepository): object {
  const [RepoNamespaceName, ...rest] = name.split('/');
  return { RepoId: id, RepoNamespaceName, RepoName: rest.join('/'), RepoStatus: status, TagImmutability: immutable };
}

function newestFirst({ tags }: StoredRepository): StoredTag[] {
  return [...tags.values()].toSorted((a, b) => b.updated - a.updated);
}

function pageOf<T>(all: readonly T[], query: URLSearchParams, name: string): { readonly page: readonly T[]; readonly total: number } {
  const size = Number(query.get('PageSize') ?? 30);
  if (size > MOST) throw refusal(400, 'InvalidPageSize', 'The page size is too large.');
  const start = (Number(query.get(name) ?? 1) - 1) * size;
  return { page: all.slice(start, start + size), total: all.length };
}
