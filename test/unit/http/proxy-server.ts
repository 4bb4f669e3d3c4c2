import http from 'node:http';
import net from 'node:net';
import { listen } from './loopback-server.ts';

/** A running proxy. */
export interface Proxy {
  readonly url: string;
  /** `METHOD target` of each request, and what it carried as proxy credentials. */
  readonly seen: { readonly what: string; readonly authorization: string | undefined }[];
}

/**
 * A proxy that takes every host for the given port of this machine; it forwards plain requests and opens tunnels, or answers CONNECT with a
 * status of its own.
 */
export async function startProxy(port: number, refuse?: number): Promise<Proxy> {
  const seen: { what: string; authorization: string | undefined }[] = [];
  const server = http.createServer((incoming, response) => {
    seen.push({ what: `${incoming.method} ${incoming.url}`, authorization: incoming.headers['proxy-authorization'] });
    const { pathname, search } = new URL(incoming.url ?? '');
    const onward = http.request(
      { port, host: '127.0.0.1', method: incoming.method, path: pathname + search, headers: incoming.headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      },
    );
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, socket, head) => {
    seen.push({ what: `CONNECT ${incoming.url}`, authorization: incoming.headers['proxy-authorization'] });
    if (refuse !== undefined) return void socket.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 0\r\n\r\n`);
    const onward = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, seen };
}
