import { expect, test } from 'vitest';
import type { HttpTrace } from '../../../src/http/http-trace.ts';
import { startServer } from './loopback-server.ts';
import { testClient } from './test-client.ts';

test('each try is traced, with its URL redacted', async () => {
  const server = await startServer((_, response, nth) => {
    if (nth === 1) response.destroy();
    else response.writeHead(nth === 2 ? 503 : 200).end();
  });
  const traces: HttpTrace[] = [];
  await testClient({ onTrace: (trace) => traces.push(trace) }).request({
    method: 'GET',
    url: `${server.url}/v2/?n=10&X-Amz-Signature=abcdef`,
  });
  const url = `${server.url}/v2/?n=10&X-Amz-Signature=***`;
  expect(traces).toMatchObject([
    { method: 'GET', url, failure: 'UND_ERR_SOCKET', ms: 0, attempt: 1 },
    { method: 'GET', url, status: 503, ms: 0, attempt: 2 },
    { method: 'GET', url, status: 200, ms: 0, attempt: 3 },
  ]);
});
