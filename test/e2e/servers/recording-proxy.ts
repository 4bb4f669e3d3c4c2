import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that went through, in the order of arrival. Times are milliseconds since the epoch. */
export interface Recorded {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly arrivedAt: number;
  /** 0 until the registry has answered. */
  status: number;
  /** When the answer was complete; 0 until then. */
  answeredAt: number;
}

/** A reverse proxy on 127.0.0.1 that writes down what passes, and changes nothing. */
export interface RecordingProxy {
  readonly host: string;
  readonly url: string;
  readonly requests: Recorded[];
  stop(): Promise<void>;
}

const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE']);

/** Starts one in front of a registry. `before` is waited for before a request is passed on. */
export async function startRecordingProxy(target: string, before?: (request: Recorded) => unknown): Promise<RecordingProxy> {
  const agent = new Agent({ keepAlive: true });
  const requests: Recorded[] = [];
  const server = createServer((incoming, outgoing) => {
    const recorded = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      arrivedAt: Date.now(),
      status: 0,
      answeredAt: 0,
    };
    requests.push(recorded);
    void Promise.resolve(before?.(recorded)).then(() => {
      // The Host header stays as it is: the registry then writes links that come here.
      const passed = forward(target + recorded.path, { method: recorded.method, headers: incoming.headers, agent }, (answer) => {
        recorded.status = answer.statusCode ?? 0;
        outgoing.writeHead(recorded.status, answer.headers);
        answer.pipe(outgoing);
        answer.once('end', () => (recorded.answeredAt = Date.now()));
        // A client that is gone leaves the rest to be read by nobody.
        outgoing.once('close', () => answer.resume());
      });
      passed.once('error', () => {
        recorded.answeredAt = Date.now();
        outgoing.destroy();
      });
      // What came whole is passed on even if the client is gone by now.
      if (WITHOUT_BODY.has(recorded.method)) passed.end();
      else incoming.pipe(passed);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
