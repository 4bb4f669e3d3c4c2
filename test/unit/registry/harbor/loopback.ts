import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server that answers everything in one way, closed after the test; answers its URL. */
export async function startLoopback(
  answer: () => { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<string> {
  const server = createServer((_, response) => {
    const { status, body, headers } = answer();
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
