import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Account } from './accounts.ts';
import { answerOci } from './oci-api.ts';
import { answerOwn } from './own-api.ts';
import { AcrError, type Reply, type Seen } from './reply.ts';
import { AcrStore } from './store.ts';
import { Tokens } from './tokens.ts';

export interface FakeAcrOptions {
  readonly accounts: readonly Account[];
  /** The registry is in the mode "RBAC Registry + ABAC Repository Permissions". */
  readonly abac?: boolean;
  /** Default true. */
  readonly referrersApi?: boolean;
  /** Longest page; default 1000. */
  readonly maxPage?: number;
  /** Key and certificate of a server with TLS, as the official client wants it. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A hook may answer in the place of ACR, or do something first. */
type Hook = (request: Seen) => Reply | undefined | void;

interface LoggedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Seen['headers'];
  readonly sent: string;
  status: number;
  /** What was answered, for the check against the swagger file; of manifests and blobs nothing. */
  body: string;
}

/** A running registry. */
export interface FakeAcr {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly url: string;
  readonly store: AcrStore;
  readonly tokens: Tokens;
  /** All requests in the order they arrived. Set `length` to 0 to begin anew. */
  readonly requests: LoggedRequest[];
  onRequest(hook: Hook): () => void;
  close(): Promise<void>;
}

/**
 * An Azure Container Registry on 127.0.0.1 that keeps everything in memory: `/acr/v1`, `/v2` and `/oauth2`, with its paging, locks and refusals, as far as cleaning up meets them.
 * No source of it is public; what it does is in its documentation, its swagger file, its clients and their issues.
 */
export async function startFakeAcr({ accounts, abac = false, referrersApi = true, maxPage = 1000, tls }: FakeAcrOptions): Promise<FakeAcr> {
  const store = new AcrStore();
  const tokens = new Tokens(accounts, abac);
  const requests: LoggedRequest[] = [];
  let hooks: readonly Hook[] = [];
  const listener = (message: IncomingMessage, response: ServerResponse): void => void serve(message, response);
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const scheme = tls ? 'https' : 'http';
  const own = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  function answer(request: Seen): Reply {
    // Behind a proxy that leaves the Host header as it is, the registry is known by that name.
    const host = String(request.headers['host'] ?? own);
    const url = new URL(request.path, `${scheme}://${host}`);
    if (url.pathname === '/oauth2/exchange' || url.pathname === '/oauth2/token') return tokens.answer(request, url.pathname, host);
    if (url.pathname === '/v2/') {
      if (!tokens.isKnown(request)) throw tokens.challenge(host, scheme);
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
    }
    const authorize = (repository: string, action: string): void => tokens.authorize(request, host, scheme, repository, action);
    const context = { store, maxPage, referrersApi, authorize };
    if (url.pathname.startsWith('/v2/')) return answerOci(context, request, url);
    if (url.pathname.startsWith('/acr/v1/')) return answerOwn(context, host, request, url);
    return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' };
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const request: Seen = { method: message.method ?? '', path: message.url ?? '', headers: message.headers, body: Buffer.concat(chunks) };
    const logged: LoggedRequest = { method: request.method, path: request.path, headers: request.headers, sent: request.body.toString('utf8'), status: 0, body: '' };
    requests.push(logged);
    const reply = replyTo(request);
    const body = Buffer.from(reply.body ?? '');
    logged.status = reply.status;
    if (!request.path.startsWith('/v2/')) logged.body = body.toString('utf8');
    response.writeHead(reply.status, { 'docker-distribution-api-version': 'registry/2.0', 'x-ms-correlation-request-id': 'f00', 'content-length': String(body.length), ...reply.headers });
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
      if (error instanceof AcrError) return error.reply;
      return { status: 500, headers: { 'content-type': 'text/plain' }, body: `internal server error: ${(error as Error).stack}` };
    }
  }

  return {
    host: own,
    url: `${scheme}://${own}`,
    store,
    tokens,
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
