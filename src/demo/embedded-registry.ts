import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGate } from './access.ts';
import { answerRequest, type RegistryCore } from './answer-request.ts';
import type { EmbeddedRegistryOptions, Fault, RequestHook, SeenRequest } from './registry-options.ts';
import { RegistryStorage } from './registry-storage.ts';
import { errorReply, type Reply } from './reply.ts';

/** One line of the request log; `status` is 0 while, and where, nothing was answered. */
interface LoggedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly status: number;
}

/** A running registry. */
export interface EmbeddedRegistry {
  /** `127.0.0.1:PORT`, as it stands in image references. */
  readonly host: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly storage: RegistryStorage;
  /** All requests in the order they arrived. Set `length` to 0 to begin anew. */
  readonly requests: LoggedRequest[];
  /** Carries out a request that does not come over the network: it is not in the log, and no hook sees it. */
  answer(request: SeenRequest): Reply;
  /** Adds a hook behind those there are; the first fault of any of them is what happens. Answers the function that takes it off again. */
  onRequest(hook: RequestHook): () => void;
  /** All tokens given out so far are expired from now on. */
  expireTokens(): void;
  /** Breaks every connection and stops. */
  close(): Promise<void>;
}

const MAX_BODY = 64 * 1024 * 1024;

/**
 * Starts an OCI distribution registry on 127.0.0.1 that keeps everything in memory, for the demo and for tests. By default it behaves as
 * distribution 3.1 with deletion on, and has the referrers API; `options` make it behave as other registries do, or badly.
 */
export async function startEmbeddedRegistry(options: EmbeddedRegistryOptions = {}): Promise<EmbeddedRegistry> {
  const storage = new RegistryStorage();
  const gate = createGate(options.auth);
  const requests: { method: string; path: string; status: number }[] = [];
  let hooks: readonly RequestHook[] = options.before ? [options.before] : [];
  const server = createServer((message, response) => void serve(message, response));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const core: RegistryCore = { storage, options, gate, url: `http://${host}` };

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const logged = { method: message.method ?? '', path: message.url ?? '', status: 0 };
    requests.push(logged);
    try {
      const body = await readBody(message);
      if (!body) return void (logged.status = send(response, errorReply('SIZE_INVALID')));
      const request: SeenRequest = { method: logged.method, path: logged.path, headers: message.headers, body };
      const fault = await firstFault(hooks, request);
      if (fault === 'hang') return;
      if (fault === 'reset') return void message.socket.resetAndDestroy();
      const reply = typeof fault === 'object' ? fault : answerRequest(core, request);
      if (fault === 'lost') return void message.socket.resetAndDestroy();
      logged.status = send(response, typeof fault === 'function' ? fault(reply) : reply, fault === 'truncate');
    } catch (error) {
      if (message.destroyed && !message.complete) return;
      logged.status = send(response, errorReply('UNKNOWN', [(error as Error).message]));
    }
  }

  return {
    host,
    url: core.url,
    storage,
    requests,
    answer: (request) => answerRequest(core, request),
    onRequest(hook) {
      hooks = [...hooks, hook];
      return () => {
        hooks = hooks.filter((other) => other !== hook);
      };
    },
    expireTokens: () => gate.expireTokens(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function firstFault(hooks: readonly RequestHook[], request: SeenRequest): Promise<Fault | undefined> {
  for (const hook of hooks) {
    const fault = await hook(request);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The body; undefined where it is too large, and then the rest of it is read and dropped. Rejects where the client breaks off. */
function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY) chunks.push(chunk);
    });
    message.once('end', () => resolve(size <= MAX_BODY ? Buffer.concat(chunks) : undefined));
    message.once('error', reject);
  });
}

/** Writes the answer and tells its status. A truncated one breaks off after half of the body that its length promises. */
function send(response: ServerResponse, reply: Reply, truncate = false): number {
  const body = Buffer.from(reply.body ?? '');
  const length = reply.status === 204 || reply.status === 304 ? {} : { 'content-length': String(body.length) };
  response.writeHead(reply.status, { 'docker-distribution-api-version': 'registry/2.0', ...length, ...reply.headers });
  if (truncate) response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  else response.end(response.req.method === 'HEAD' ? undefined : body);
  return reply.status;
}
