import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Account, accountOf } from './accounts.ts';
import { answerRegistry } from './registry-api.ts';
import { HarborError, type Reply, type Seen } from './reply.ts';
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

/** A hook may answer in the place of Harbor, or do something first. */
type Hook = (request: Seen) => Reply | undefined | void;

export interface LoggedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  status: number;
  readonly headers: Seen['headers'];
  /** What was answered, for the check against the swagger file. */
  body: string;
}

/** A running Harbor. */
export interface FakeHarbor {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly url: string;
  readonly store: HarborStore;
  readonly accounts: Account[];
  /** All requests in the order they arrived. Set `length` to 0 to begin anew. */
  readonly requests: LoggedRequest[];
  onRequest(hook: Hook): () => void;
  close(): Promise<void>;
}

/**
 * A Harbor on 127.0.0.1 that keeps everything in memory: its REST API, its registry API and its token service, with what they refuse and get wrong, as far as cleaning up
 * meets them. No source of it is Harbor's; what it does was read there (v2.9.5 to v2.16).
 */
export async function startFakeHarbor(options: FakeHarborOptions = {}): Promise<FakeHarbor> {
  const { version = 'v2.15.2-080b0220', authMode = 'db_auth', ignoresBase = false, artifactTypes = true } = options;
  const store = new HarborStore();
  const accounts = [ADMIN, ...(options.accounts ?? [])];
  const requests: LoggedRequest[] = [];
  let hooks: readonly Hook[] = [];
  const server = createServer((message, response) => void serve(message, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  const tokens = new Tokens(store, () => url);
  const rest = { store, version, authMode, ignoresBase, artifactTypes };

  function answer(request: Seen): Reply {
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

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const request: Seen = { method: message.method ?? '', path: message.url ?? '', headers: message.headers, body: Buffer.concat(chunks) };
    const logged: LoggedRequest = { method: request.method, path: request.path, status: 0, headers: request.headers, body: '' };
    requests.push(logged);
    const reply = replyTo(request);
    const body = Buffer.from(reply.body ?? '');
    logged.status = reply.status;
    if (request.path.startsWith('/api/')) logged.body = body.toString('utf8');
    response.writeHead(reply.status, { 'set-cookie': 'sid=0123456789; Path=/; HttpOnly', 'content-length': String(body.length), ...reply.headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  function replyTo(request: Seen): Reply {
    try {
      for (const hook of hooks) {
        const reply = hook(request);
        if (reply) return reply;
      }
      return answer(request);
    } catch (error) {
      if (error instanceof HarborError) return error.reply;
      return new HarborError('UNKNOWN', `internal server error: ${(error as Error).message}`).reply;
    }
  }

  return {
    host,
    url,
    store,
    accounts,
    requests,
    onRequest(hook) {
      hooks = [...hooks, hook];
      return () => {
        hooks = hooks.filter((other) => other !== hook);
      };
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
