import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface Seen {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of the answer; 0 where there was none. */
  status: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: string | Buffer;
}

/** An answer that is given once something else has happened. */
interface LateAnswer extends Answer {
  readonly meanwhile: () => Promise<void>;
}

/**
 * What happens to a request: the given answer, and the server never sees it; `reset`, the connection breaks and the server never sees it;
 * `lost`, the server does as asked and the connection breaks before the answer; `truncate`, the answer breaks off half-way; a function, the
 * answer is changed.
 */
export type Fault = Answer | LateAnswer | 'reset' | 'lost' | 'truncate' | ((answer: Answer) => Answer);

interface FaultOptions {
  /** So many such requests are let through first. */
  readonly after?: number;
  /** So many are hit; default all. */
  readonly times?: number;
}

/** A reverse proxy on 127.0.0.1 that counts what passes and makes go wrong what it is told to. */
export interface FaultProxy {
  readonly url: string;
  /** In the order of arrival. Set `length` to 0 to begin anew. */
  readonly requests: Seen[];
  /** Answers the function that ends it. Of several, the first that matches is what happens. */
  fault(matches: (request: Seen) => boolean, fault: Fault, options?: FaultOptions): () => void;
  /** Ends all faults. */
  calm(): void;
  /** Everything that was ever sent to authenticate. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

interface Rule {
  readonly matches: (request: Seen) => boolean;
  readonly fault: Fault;
  after: number;
  times: number;
}

/** What the proxy stands before. */
interface Behind {
  readonly url: string;
  /** The server's answer without a network, where it is in this process. */
  readonly answer?: (request: Seen) => Promise<Answer>;
}

/** Starts one before a server. Where the server names its own URL in a header, the proxy puts its own there. */
export async function startFaultProxy(behind: Behind): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const requests: Seen[] = [];
  const secrets = new Set<string>();
  let rules: readonly Rule[] = [];
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing).catch(() => outgoing.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming;
    const seen: Seen = { method, path, headers, body: await bodyOf(incoming), status: 0 };
    requests.push(seen);
    for (const secret of secretsIn(headers.authorization)) secrets.add(secret);
    const fault = faultFor(seen);
    if (fault === 'reset') return void incoming.socket.resetAndDestroy();
    if (typeof fault === 'object') {
      if ('meanwhile' in fault) await fault.meanwhile();
      return send(fault, seen, outgoing);
    }
    const answer = readdressed(await pass(seen));
    if (fault === 'lost') return void incoming.socket.resetAndDestroy();
    send(typeof fault === 'function' ? fault(answer) : answer, seen, outgoing, fault === 'truncate');
  }

  function faultFor(seen: Seen): Fault | undefined {
    const rule = rules.find(({ matches }) => matches(seen));
    if (!rule) return undefined;
    if (rule.after > 0) {
      rule.after -= 1;
      return undefined;
    }
    rule.times -= 1;
    if (rule.times === 0) rules = rules.filter((other) => other !== rule);
    return rule.fault;
  }

  /** The Host header stays as it is: the server then writes links that lead here. */
  async function pass(seen: Seen): Promise<Answer> {
    const { method, path, headers, body } = seen;
    if (behind.answer) {
      const answer = await behind.answer(seen);
      return method === 'HEAD' ? { ...answer, body: '' } : answer;
    }
    const passed = forward(behind.url + path, { method, headers, agent });
    passed.end(body);
    const [answer] = (await once(passed, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await bodyOf(answer) };
  }

  function readdressed({ status, headers = {}, body = '' }: Answer): Answer {
    const here = (value: string): string => value.replaceAll(behind.url, url);
    const own = Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.map(here) : value === undefined ? value : here(value),
    ]);
    return { status, headers: Object.fromEntries(own) as IncomingHttpHeaders, body };
  }

  return {
    url,
    requests,
    fault(matches, fault, { after = 0, times = Number.POSITIVE_INFINITY } = {}) {
      const rule: Rule = { matches, fault, after, times };
      rules = [...rules, rule];
      return () => {
        rules = rules.filter((other) => other !== rule);
      };
    },
    calm() {
      rules = [];
    },
    secrets: () => [...secrets],
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send({ status, headers = {}, body = '' }: Answer, seen: Seen, outgoing: ServerResponse, half = false): void {
  seen.status = status;
  const bytes = Buffer.from(body);
  const { 'transfer-encoding': _chunked, 'content-length': length, ...rest } = headers;
  const head = seen.method === 'HEAD';
  const sized = status !== 204 && status !== 304 && { 'content-length': head && length !== undefined ? length : String(bytes.length) };
  outgoing.writeHead(status, { ...rest, ...sized });
  if (half) outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy());
  else outgoing.end(head ? undefined : bytes);
}

/** The header's credentials, and the password in them. */
function secretsIn(authorization: string | undefined): string[] {
  const credentials = authorization?.replace(/^\S+ +/, '') ?? '';
  const password = /^basic /i.test(authorization ?? '')
    ? Buffer.from(credentials, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '')
    : '';
  return [credentials, password].filter((secret) => secret !== '');
}
