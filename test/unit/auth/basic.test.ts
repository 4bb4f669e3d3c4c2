import { describe, expect, test } from 'vitest';
import { createRegistryAuth, type RegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../src/auth/credentials.ts';
import { json, type LoopbackServer, startServer } from '../http/loopback-server.ts';
import { testClient } from '../http/test-client.ts';

const ALICE: Credentials = { username: 'alice', password: 'pass:wörd', source: 'a test' };
const BASIC = `Basic ${Buffer.from('alice:pass:wörd').toString('base64')}`;

function authFor(server: LoopbackServer, credentials?: Credentials): RegistryAuth {
  return createRegistryAuth({ http: testClient(), registry: 'prod', url: `${server.url}/`, credentials: async () => credentials });
}

/** A registry with a password file, as distribution's htpasswd backend. */
function startBasic(): Promise<LoopbackServer> {
  return startServer((seen, response) => {
    if (seen.headers.authorization === BASIC) return json(response, 200, {});
    return json(
      response,
      401,
      { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
      { 'www-authenticate': 'basic Realm=somewhere' },
    );
  });
}

const get = (server: LoopbackServer, path = '/v2/a/tags/list') => ({ method: 'GET', url: server.url + path }) as const;

describe('a registry that wants user and password', () => {
  test('gets them with the first request', async () => {
    const server = await startBasic();
    const auth = authFor(server, ALICE);
    expect((await auth.send(get(server), ['repository:a:pull'])).status).toBe(200);
    expect((await auth.send(get(server), ['repository:a:pull'])).status).toBe(200);
    expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/v2/', undefined],
      ['/v2/a/tags/list', BASIC],
      ['/v2/a/tags/list', BASIC],
    ]);
  });

  test('from somebody who has none, ends with where they are looked for', async () => {
    const server = await startBasic();
    const request = authFor(server).send(get(server), ['repository:a:pull']);
    await expect(request).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('status 401, UNAUTHORIZED: authentication required, asked without credentials'),
      hint: expect.stringContaining('docker login'),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('refuses wrong ones once, and is not asked with them again', async () => {
    const server = await startBasic();
    const auth = authFor(server, { ...ALICE, password: 'wrong' });
    for (let i = 0; i < 3; i++)
      await expect(auth.send(get(server), [])).rejects.toMatchObject({
        code: 'AUTH',
        message: expect.stringContaining('user "alice" (from a test)'),
      });
    expect(server.requests.map(({ path }) => path)).toEqual(['/v2/', '/v2/a/tags/list']);
  });

  test('may refuse one thing to credentials that are right: the next request is sent', async () => {
    const server = await startServer((seen, response) => {
      const right = seen.headers.authorization === BASIC && seen.path !== '/v2/secret';
      response.writeHead(right ? 200 : 401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const auth = authFor(server, ALICE);
    await auth.send(get(server, '/v2/a'), []);
    await expect(auth.send(get(server, '/v2/secret'), ['repository:secret:pull'])).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('although it took these credentials before, asked as user "alice"'),
      hint: 'Use an account that has these rights: repository:secret:pull.',
    });
    expect((await auth.send(get(server, '/v2/b'), [])).status).toBe(200);
  });

  test('has no use for an identity token', async () => {
    const server = await startBasic();
    const request = authFor(server, { identityToken: 'the-refresh-token' }).send(get(server), []);
    await expect(request).rejects.toMatchObject({ code: 'AUTH', message: expect.stringContaining('wants user and password') });
  });
});

test('a registry that lets everybody in still gets the credentials: it may show more to those it knows', async () => {
  const server = await startServer((seen, response) => {
    response.setHeader('www-authenticate', 'bearer realm=https://127.0.0.1/token');
    json(response, 200, { repositories: seen.headers.authorization === BASIC ? ['public', 'private'] : ['public'] });
  });
  const response = await authFor(server, ALICE).send(get(server, '/v2/_catalog'), ['registry:catalog:*']);
  expect(Buffer.from(response.body).toString('utf8')).toBe('{"repositories":["public","private"]}');
  expect(server.requests).toHaveLength(2);
});

describe('a refusal', () => {
  test('with 403 is an AUTH error with what the registry said and the rights that are needed', async () => {
    const server = await startServer(
      (seen, response) =>
        void (seen.path === '/v2/'
          ? response.end()
          : json(response, 403, { errors: [{ code: 'DENIED', message: 'robots may\u001b[31m not delete' }] })),
    );
    const request = authFor(server, ALICE).send({ method: 'DELETE', url: `${server.url}/v2/a/manifests/x` }, ['repository:a:delete']);
    await expect(request).rejects.toMatchObject({
      code: 'AUTH',
      message:
        `DELETE ${server.url}/v2/a/manifests/x: registry prod answered status 403, DENIED: robots may not delete, asked as ` +
        `user "alice" (from a test).`,
      hint: expect.stringContaining('repository:a:delete'),
    });
  });

  test.for([undefined, 'Negotiate', 'Bearer realm=nonsense'])('with a challenge of %j is an AUTH error', async (challenge) => {
    const server = await startServer(
      (_, response) => void response.writeHead(401, challenge === undefined ? {} : { 'www-authenticate': challenge }).end(),
    );
    await expect(authFor(server, ALICE).send(get(server), [])).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('not say how to log in'),
    });
  });

  test('that asks for a password and a token by turns ends', async () => {
    const tokens = await startServer((_, response) => json(response, 200, { token: 'some-token' }));
    const bearer = `Bearer realm="${tokens.url}",service="s"`;
    const server = await startServer(
      (seen, response) =>
        void response
          .writeHead(401, { 'www-authenticate': seen.headers.authorization?.startsWith('Basic') ? bearer : 'Basic realm="x"' })
          .end(),
    );
    await expect(authFor(server, ALICE).send(get(server), [])).rejects.toMatchObject({ code: 'AUTH' });
    expect(server.requests.length).toBeLessThanOrEqual(4);
  });

  test.for([400, 404, 405, 409, 412])('with %i is an answer like any other', async (status) => {
    const server = await startServer((_, response) => void response.writeHead(status).end());
    expect((await authFor(server).send(get(server), [])).status).toBe(status);
  });
});

describe('another host', () => {
  test('gets no request at all', async () => {
    const other = await startServer((_, response) => void response.end());
    const server = await startBasic();
    await expect(authFor(server, ALICE).send(get(other), [])).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    expect([other.requests, server.requests]).toEqual([[], []]);
  });

  test.for([401, 403])('that a redirect leads to gets no credentials, and its %i is an answer and no challenge', async (status) => {
    const storage = await startServer(
      (_, response) => void response.writeHead(status, { 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/steal"' }).end(),
    );
    const server = await startServer((seen, response) => {
      if (seen.headers.authorization !== BASIC) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return void response.writeHead(307, { location: `${storage.url}/blob` }).end();
    });
    expect((await authFor(server, ALICE).send(get(server, '/v2/a/blobs/x'), [])).status).toBe(status);
    expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
