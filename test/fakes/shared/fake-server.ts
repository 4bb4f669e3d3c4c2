import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Reply, ReplyError, type Seen } from './messages.ts';

export interface FakeServerOptions {
  /** Answers a request, or throws a {@link ReplyError}. `url` is the server's own. */
  readonly answer: (request: Seen, url: string) => Reply | Promise<Reply>;
  /** Headers of every answer, where it has no others of that name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the answer to a request for this path is kept, for the check against a description of the API. */
  readonly keeps: (path: string) => boolean;
  /** Key and certificate of a server with TLS. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** A hook may answer in the place of the registry, or do something first. */
type Hook = (request: Seen) => Reply | undefined | void;

export interface LoggedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Seen['headers'];
  readonly sent: string;
  status: number;
  /** What was answered, where that is kept. */
  body: string;
}

/** The whole answer to a request. */
interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A running server. */
export interface FakeServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly url: string;
  /** All requests in the order they arrived. Set `length` to 0 to begin anew. */
  readonly requests: LoggedRequest[];
  onRequest(hook: Hook): () => void;
  /** Answers a request as it does over the network, without one. */
  answer(request: Seen): Promise<Answered>;
  close(): Promise<void>;
}

/** A server on 127.0.0.1 that writes down what it is asked. */
export async function startFakeServer({ answer, headers, keeps, tls }: FakeServerOptions): Promise<FakeServer> {
  const requests: LoggedRequest[] = [];
  let hooks: readonly Hook[] = [];
  const listener = (message: IncomingMessage, response: ServerResponse): void => void serve(message, response);
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${tls ? 'https' : 'http'}://${host}`;

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const request: Seen = { method: message.method ?? '', path: message.url ?? '', headers: message.headers, body: Buffer.concat(chunks) };
    const reply = await answered(request);
    response.writeHead(reply.status, reply.headers);
    response.end(request.method === 'HEAD' ? undefined : reply.body);
  }

  async function answered(request: Seen): Promise<Answered> {
    const logged: LoggedRequest = {
      method: request.method,
      path: request.path,
      headers: request.headers,
      sent: request.body.toString('utf8'),
      status: 0,
      body: '',
    };
    requests.push(logged);
    const reply = await replyTo(request);
    const body = Buffer.from(reply.body ?? '');
    logged.status = reply.status;
    if (keeps(request.path)) logged.body = body.toString('utf8');
    return { status: reply.status, headers: { ...headers, 'content-length': String(body.length), ...reply.headers }, body };
  }

  async function replyTo(request: Seen): Promise<Reply> {
    try {
      for (const hook of hooks) {
        const reply = hook(request);
        if (reply) return reply;
      }
      return await answer(request, url);
    } catch (error) {
      if (error instanceof ReplyError) return error.reply;
      return { status: 500, headers: { 'content-type': 'text/plain' }, body: `internal server error: ${(error as Error).stack}` };
    }
  }

  return {
    host,
    url,
    requests,
    answer: answered,
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
