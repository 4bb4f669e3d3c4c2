import { randomUUID } from 'node:crypto';
import { type Reply, ReplyError, type Seen } from '../shared/messages.ts';
import { json, problem } from './reply.ts';
import type { HubStore, StoredRepository, StoredTag } from './store.ts';

/** Somebody with a token. */
export interface FakeAccount {
  readonly name: string;
  readonly token: string;
  /** What it may do in every repository. */
  readonly may: 'read' | 'write';
  /** Of a token that may do less than its user. */
  readonly mayNotDelete?: true;
}

export interface RestOptions {
  readonly store: HubStore;
  readonly accounts: readonly FakeAccount[];
  /** The longest page that is answered; Docker Hub's is 100. */
  readonly maxPage: number;
  /** Tokens that were given for the API. */
  readonly sessions: Map<string, FakeAccount>;
}

/** Answers the API of hub.docker.com, as far as repositories go. */
export function answerRest(request: Seen, options: RestOptions): Reply {
  const url = new URL(request.path, 'http://hub');
  // Docker's own tool asks for the list of tags by its older path.
  const older = /^\/v2\/repositories\/([^/]+)\/([^/]+)\/tags\/$/;
  const path = url.pathname.slice('/hub'.length).replace(older, '/v2/namespaces/$1/repositories/$2/tags');
  const { method } = request;
  if (path === '/v2/auth/token' && method === 'POST') return logIn(request, options);
  const account = accountOf(request, options);
  const [, namespace, name, rest] = /^\/v2\/namespaces\/([^/]+)\/repositories(?:\/([^/]+)(\/tags(?:\/[^/]+)?)?)?$/.exec(path) ?? [];
  const [, owner, repository, deleted] = /^\/v2\/repositories\/([^/]+)\/([^/]+)\/tags\/([^/]+)\/$/.exec(path) ?? [];
  if (method === 'DELETE' && deleted !== undefined)
    return deleteTag(account, find(`${owner}/${repository}`, account, options), deleted, options);
  if (namespace === undefined || method !== 'GET') throw problem(404, 'httperror 404: object not found');
  if (name === undefined) {
    const own = [...options.store.repositories.values()].filter((one) => one.namespace === namespace && (account || !one.isPrivate));
    if (own.length === 0) throw problem(404, 'httperror 404: object not found');
    return page(
      own.map((one) => ({ name: one.name, namespace })),
      request,
      url,
      options,
    );
  }
  const stored = find(`${namespace}/${name}`, account, options);
  if (rest === undefined) return json(200, describeRepository(stored, account));
  const { store } = options;
  if (rest === '/tags') {
    // The newest first.
    const tags = [...stored.tags.values()].toReversed().toSorted((a, b) => b.lastPushed - a.lastPushed);
    return page(
      tags.map((tag) => describeTag(tag, stored, store)),
      request,
      url,
      options,
    );
  }
  const tag = stored.tags.get(rest.slice('/tags/'.length));
  if (!tag) throw problem(404, 'httperror 404: tag not found');
  return json(200, describeTag(tag, stored, store));
}

function logIn({ body }: Seen, { accounts, sessions }: RestOptions): Reply {
  const { identifier, secret } = JSON.parse(body.toString('utf8')) as Readonly<Record<string, string>>;
  const account = accounts.find((one) => one.name === identifier && one.token === secret);
  if (!account) return json(401, { detail: 'Incorrect authentication credentials' });
  const token = `eyJ.${randomUUID()}`;
  sessions.set(token, account);
  return json(200, { access_token: token });
}

function accountOf({ headers }: Seen, { sessions }: RestOptions): FakeAccount | undefined {
  const token = /^Bearer (.+)$/.exec(String(headers['authorization'] ?? ''))?.[1];
  if (token === undefined) return undefined;
  const account = sessions.get(token);
  if (!account) throw new ReplyError('token', json(401, { detail: 'token is expired or invalid' }));
  return account;
}

function find(path: string, account: FakeAccount | undefined, { store }: RestOptions): StoredRepository {
  const stored = store.repositories.get(path);
  if (!stored || (stored.isPrivate && !account)) throw problem(404, 'httperror 404: object not found');
  return stored;
}

function deleteTag(account: FakeAccount | undefined, stored: StoredRepository, tag: string, { store }: RestOptions): Reply {
  if (!account) throw new ReplyError('token', json(401, { detail: 'Authentication credentials were not provided.' }));
  if (account.may !== 'write') throw problem(403, 'access to the resource is forbidden');
  if (account.mayNotDelete) {
    const answer = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}';
    throw problem(
      500,
      `Delete "https://registry/api/internal/…": http: non-successful response (status=401 body=${JSON.stringify(answer)})`,
    );
  }
  if (!stored.tags.has(tag)) throw problem(404, 'httperror 404: tag not found');
  if (store.isImmutable(stored, tag)) throw problem(403, `tag ${tag} is immutable and cannot be deleted`);
  stored.tags.delete(tag);
  return json(204);
}

function page(all: readonly object[], { headers }: Seen, url: URL, { maxPage }: RestOptions): Reply {
  const size = Math.min(maxPage, 100, Math.max(1, Number(url.searchParams.get('page_size') ?? 10)));
  const number = Math.max(1, Number(url.searchParams.get('page') ?? 1));
  const to = (other: number): string => `http://${headers['host']}${url.pathname}?page=${other}&page_size=${size}`;
  return json(200, {
    count: all.length,
    next: number * size < all.length ? to(number + 1) : null,
    previous: number > 1 ? to(number - 1) : null,
    results: all.slice((number - 1) * size, number * size),
  });
}

function describeRepository({ namespace, name, isPrivate, immutable }: StoredRepository, account: FakeAccount | undefined): object {
  return {
    user: namespace,
    name,
    namespace,
    repository_type: 'image',
    status: 1,
    status_description: 'active',
    is_private: isPrivate,
    permissions: { read: true, write: account?.may === 'write', admin: false },
    immutable_tags_settings: { enabled: immutable.length > 0, rules: immutable.length > 0 ? immutable : ['.*'] },
  };
}

function describeTag({ name, digest, lastPushed, lastPulled }: StoredTag, stored: StoredRepository, store: HubStore): object {
  const { mediaType } = stored.manifests.get(digest)!;
  const images = store.images(stored, digest).map(({ manifest, platform }) => {
    const [os, architecture, variant = null] = platform.split('/');
    return {
      architecture,
      os,
      variant,
      digest: manifest.digest,
      size: (manifest.json.layers ?? []).reduce((sum, { size }) => sum + size, 0),
      status: 'active',
      last_pushed: time(manifest.lastPushed),
      last_pulled: time(manifest.lastPulled),
    };
  });
  return {
    id: 4711,
    name,
    images,
    full_size: images.reduce((sum, { size }) => sum + size, 0),
    last_updated: time(lastPushed),
    tag_status: 'active',
    tag_last_pushed: time(lastPushed),
    tag_last_pulled: time(lastPulled),
    media_type: mediaType,
    content_type: 'image',
    digest,
  };
}

/** `2025-01-20T12:00:00.123456Z` */
function time(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString().replace('Z', '456Z');
}
