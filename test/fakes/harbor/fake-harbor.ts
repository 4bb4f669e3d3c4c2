import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import { type Account, accountOf } from './accounts.ts';
import { answerRegistry } from './registry-api.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { HarborError } from './reply.ts';
import { answerRest } from './rest.ts';
import { HarborStore } from './store.ts';
import { Tokens } from './tokens.ts';

export const ADMIN: Account = { name: 'admin', secret: 'Harbor12345', kind: 'admin' };

export interface FakeHarborOptions {
  /** Besides {@link ADMIN}. */
  readonly accounts?: readonly Account[];
  /** Default `v2.15.2-080b0220`. */
  readonly version?: string;
  /** Default `db_auth`. */
  readonly authMode?: string;
  readonly ignoresBase?: boolean;
  readonly artifactTypes?: boolean;
}

/** A running Harbor. */
export interface FakeHarbor extends FakeServer {
  readonly store: HarborStore;
  readonly accounts: Account[];
}

/**
 * A Harbor on 127.0.0.1 that keeps everything in memory: its REST API, its registry API and its token service, with what they refuse and
 * get wrong, as far as cleaning up meets them. No source of it is Harbor's; what it does was read there (v2.9.5 to v2.16).
 */
export async function startFakeHarbor(options: FakeHarborOptions = {}): Promise<FakeHarbor> {
  const { version = 'v2.15.2-080b0220', authMode = 'db_auth', ignoresBase = false, artifactTypes = true } = options;
  const store = new HarborStore();
  const accounts = [ADMIN, ...(options.accounts ?? [])];
  const tokens = new Tokens(store, () => server.url);
  const rest = { store, version, authMode, ignoresBase, artifactTypes };

  function answer(request: Seen, url: string): Reply {
    const path = request.path.split('?')[0] ?? '';
    const account = accountOf(accounts, request.headers['authorization'] as string | undefined, request.method, path);
    if (path === '/service/token') return tokens.give(account, request);
    if (path === '/v2/' || path.startsWith('/v2/')) return answerRegistry({ store, tokens, url }, account, request);
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    // Whoever sends the cookie of a session has to prove that it is no forged request (src/server/middleware/csrf).
    if (changes && /\bsid=/.test(String(request.headers['cookie'] ?? '')) && request.headers['x-harbor-csrf-token'] === undefined) {
      throw new HarborError('FORBIDDEN', 'CSRF token not found in request');
    }
    if (changes && store.readOnly) throw new HarborError('DENIED', 'The system is in read only mode. Any modification is prohibited.');
    if (path.startsWith('/api/')) return answerRest(rest, account, request);
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><title>Harbor</title></html>' };
  }

  const headers = { 'set-cookie': 'sid=0123456789; Path=/; HttpOnly' };
  const server: FakeServer = await startFakeServer({ answer, headers, keeps: (path) => path.startsWith('/api/') });
  return { ...server, store, accounts };
}
