import { describe, expect, test } from 'vitest';
import { startServer } from './loopback-server.ts';
import { HAS_OPENSSL, makeCertificates } from './test-certificates.ts';
import { testClient, text } from './test-client.ts';

describe.skipIf(!HAS_OPENSSL)('a server with a certificate of a private CA (needs openssl)', () => {
  test('is not trusted, is not asked again, and the hint says where the CA goes', async () => {
    const { server: tls } = makeCertificates();
    const server = await startServer((_, response) => void response.end('secret'), tls);
    const traces: unknown[] = [];
    const request = testClient({ onTrace: (trace) => traces.push(trace) }).request({ method: 'GET', url: server.url });
    await expect(request).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('not trusted here'),
      hint: expect.stringContaining('private CA'),
    });
    expect(traces).toHaveLength(1);
    expect(server.requests).toHaveLength(0);
  });

  test('is trusted with the CA given', async () => {
    const { ca, server: tls } = makeCertificates();
    const server = await startServer((_, response) => void response.end('fine'), tls);
    expect(text(await testClient({ ca: `a comment\n${ca}` }).request({ method: 'GET', url: server.url }))).toBe('fine');
  });

  test('a CA given stands beside the others, not in their place', async () => {
    const [first, second] = [makeCertificates(), makeCertificates()];
    const server = await startServer((_, response) => void response.end('fine'), second.server);
    const client = testClient({ ca: first.ca + second.ca });
    expect(text(await client.request({ method: 'GET', url: server.url }))).toBe('fine');
  });

  test('a certificate for another name is refused even so', async () => {
    const { ca, server: tls } = makeCertificates();
    const server = await startServer((_, response) => void response.end('fine'), tls);
    const request = testClient({ ca }).request({ method: 'GET', url: `https://localhost:${server.port}/` });
    await expect(request).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('another name') });
  });
});

describe.skipIf(!HAS_OPENSSL)('a client of one server (needs openssl)', () => {
  test('trusts the CA of that server alone', async () => {
    const [own, other] = [makeCertificates(), makeCertificates()];
    const server = await startServer((_, response) => void response.end('fine'), own.server);
    expect(text(await testClient({ tls: { ca: own.ca } }).request({ method: 'GET', url: server.url }))).toBe('fine');
    await expect(testClient({ tls: { ca: other.ca }, ca: own.ca }).request({ method: 'GET', url: server.url })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });

  test.for([
    ['a CA', { ca: 'no certificate' }],
    ['a certificate', { cert: 'no certificate', key: 'no key' }],
  ] as const)('%s that is none is an error of the request', async ([, tls]) => {
    const server = await startServer((_, response) => void response.end('fine'), makeCertificates().server);
    await expect(testClient({ tls }).request({ method: 'GET', url: server.url })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

test('a server without TLS that is asked with TLS is told apart', async () => {
  const server = await startServer((_, response) => void response.end());
  const request = testClient().request({ method: 'GET', url: server.url.replace('http:', 'https:') });
  await expect(request).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('does not speak TLS') });
});

test.for(['', 'no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
  'a CA that is none is refused at once: %j',
  (ca) => {
    expect(() => testClient({ ca })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  },
);
