import { randomUUID } from 'node:crypto';
import type { Digest } from '../../../src/domain/digest.ts';
import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import { type Reply, ReplyError, type Seen } from '../shared/messages.ts';
import { answerApi, type ApiOptions } from './api.ts';
import type { FakeAccount } from './signature.ts';
import { AlibabaStore } from './store.ts';

/** May do everything. */
export const OWNER: FakeAccount = {
  accessKeyId: 'LTAI5tOwnerOwnerOwner',
  accessKeySecret: 'owner-secret-0815-does-it-all',
  may: () => true,
};
const INSTANCE = 'cri-0a1b2c3d4e5f';

export interface FakeAlibabaOptions {
  readonly accounts?: readonly FakeAccount[];
  readonly edition?: 'enterprise' | 'personal';
}

export interface FakeAlibaba extends FakeServer {
  readonly store: AlibabaStore;
}

/** A registry of Alibaba Cloud with its API on one address of 127.0.0.1, made by the models of its SDK and what Harbor's adapter knows. */
export async function startFakeAlibaba({ accounts = [OWNER], edition = 'enterprise' }: FakeAlibabaOptions = {}): Promise<FakeAlibaba> {
  const store = new AlibabaStore();
  const instance = edition === 'enterprise' ? INSTANCE : undefined;
  const api: ApiOptions = { store, accounts, instance, nonces: new Set(), passwords: new Set() };
  const tokens = new Set<string>();
  const service = `registry.aliyuncs.com:cn-hangzhou:26842${instance === undefined ? '' : `:${instance}`}`;
  const server = await startFakeServer({
    answer(request, url) {
      if (request.headers['x-acs-action'] !== undefined) return answerApi(request, api);
      if (request.path.startsWith('/auth?')) return giveToken(request, api.passwords, tokens);
      if (request.path.startsWith('/v2/'))
        return answerRegistry(request, { store, tokens, challenge: `Bearer realm="${url}/auth",service="${service}"` });
      return { status: 404 };
    },
    headers: {},
    keeps: () => false,
  });
  return { ...server, store };
}

function giveToken({ headers }: Seen, passwords: ReadonlySet<string>, tokens: Set<string>): Reply {
  const [user, password = ''] = Buffer.from(String(headers['authorization']).replace(/^Basic /, ''), 'base64')
    .toString('utf8')
    .split(':');
  if (user !== 'cr_temp_user' || !passwords.has(password)) throw registryError(401, 'UNAUTHORIZED', 'authentication required');
  const token = randomUUID();
  tokens.add(token);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ access_token: token, token }) };
}

interface RegistryOptions {
  readonly store: AlibabaStore;
  readonly tokens: ReadonlySet<string>;
  readonly challenge: string;
}

/** Manifests and blobs alone: there is no catalogue, and nothing is deleted over it. */
function answerRegistry({ method, path, headers, body }: Seen, { store, tokens, challenge }: RegistryOptions): Reply {
  if (!tokens.has(String(headers['authorization']).replace(/^Bearer /, '')))
    throw registryError(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
  if (path === '/v2/') return { status: 200, body: '{}' };
  const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  const repository = store.repositories.get(name);
  if (!repository) throw registryError(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  if (kind === 'blobs') {
    const found = store.blobs.get(reference);
    if (!found) throw registryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return { status: 200, headers: { 'docker-content-digest': reference }, body: found };
  }
  if (method === 'DELETE') throw registryError(405, 'UNSUPPORTED', 'The operation is unsupported.');
  const digest = reference.startsWith('sha256:') ? (reference as Digest) : repository.tags.get(reference)?.digest;
  const manifest = digest && repository.manifests.get(digest);
  if (method === 'PUT') {
    const known = [...repository.manifests.values()].find((one) => one.bytes.equals(body));
    if (!known) throw registryError(404, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry');
    if (!reference.startsWith('sha256:')) store.setTag(repository, reference, known.digest);
    return { status: 201, headers: { 'docker-content-digest': known.digest } };
  }
  if (!manifest) throw registryError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  return { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest }, body: manifest.bytes };
}

function registryError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): ReplyError {
  const body = JSON.stringify({ errors: [{ code, message, detail: null }] });
  return new ReplyError(message, { status, headers: { 'content-type': 'application/json', ...headers }, body });
}
