import { describe, expect, test } from 'vitest';
import { createRegistryAuth, type RegistryAuth, type RegistryAuthOptions } from '../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../src/auth/credentials.ts';
import { json, startServer } from '../http/loopback-server.ts';
import { testClient } from '../http/test-client.ts';
import { startTokenRegistry, type TokenRegistry } from './token-registry.ts';

const ALICE: Credentials = { username: 'alice', password: 'wonderland', source: 'a test' };

function authFor(server: { url: string }, credentials?: Credentials, options: Partial<RegistryAuthOptions> = {}): RegistryAuth {
  return createRegistryAuth({ http: testClient(), registry: 'prod', url: server.url, credentials: async () => credentials, ...options });
}

const pull = (repository: string) => [`repository:${repository}:pull`];
const tags = (server: TokenRegistry, repository: string) => ({ method: 'GET', url: `${server.url}/v2/${repository}/tags/list` }) as const;

describe('without credentials', () => {
  test('a request is sent as it is, a token is got after the 401, and no other request is made', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server);
    expect((await auth.send(tags(server, 'team/app'), pull('team/app'))).status).toBe(200);
    expect(server.asked()).toEqual(['GET /v2/team/app/tags/list', 'GET /v2/team/app/tags/list']);
    expect(server.tokens.requests.map(({ path }) => path)).toEqual(['/token?service=fake&scope=repository%3Ateam%2Fapp%3Apull']);
    expect(server.tokens.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('a later request has its token before it is sent', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server);
    await auth.send(tags(server, 'a'), pull('a'));
    await auth.send(tags(server, 'a'), pull('a'));
    await auth.send(tags(server, 'b'), pull('b'));
    expect(server.asked()).toHaveLength(4);
    expect(server.scopes()).toEqual([pull('a'), pull('b')]);
  });

  test('a registry that gives nobody the right says so, with where credentials are looked for', async () => {
    const server = await startTokenRegistry({ grant: (user) => user !== undefined });
    const request = authFor(server).send(tags(server, 'a'), pull('a'));
    await expect(request).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('without credentials'),
      hint: expect.stringContaining('REGISTRY_USER'),
    });
    expect(server.tokens.requests).toHaveLength(1);
  });
});

describe('a deletion that is sent once', () => {
  test('is not sent where the login took long, since what was looked at before may have changed, but the next time', async () => {
    let now = 0;
    const tokenAnswer = (token: string): object => {
      now += 6000;
      return { token, expires_in: 300 };
    };
    const server = await startTokenRegistry({ tokenAnswer });
    const auth = authFor(server, ALICE, { now: () => now });
    const request = { method: 'DELETE', url: `${server.url}/v2/a/manifests/v1` } as const;
    const scopes = ['repository:a:pull,delete'];
    await expect(auth.send({ ...request, once: true }, scopes)).rejects.toMatchObject({ code: 'REGISTRY_ERROR', transient: true });
    expect(server.asked()).toEqual(['GET /v2/']);
    await auth.send({ ...request, once: true }, scopes);
    // What may be sent again after a wait may also wait for its login.
    await auth.send({ ...request, url: request.url.replace('/a/', '/b/') }, ['repository:b:pull,delete']);
    expect(server.asked().slice(1)).toEqual(['DELETE /v2/a/manifests/v1', 'DELETE /v2/b/manifests/v1']);
  });
});

describe('with credentials', () => {
  test('they are used from the first request on: /v2/ is asked once how, and nothing is refused', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server, ALICE);
    for (const repository of ['a', 'b']) await auth.send(tags(server, repository), pull(repository));
    expect(server.asked()).toEqual(['GET /v2/', 'GET /v2/a/tags/list', 'GET /v2/b/tags/list']);
    expect(server.tokens.requests.map((seen) => seen.headers.authorization)).toEqual(
      Array.from({ length: 2 }, () => `Basic ${Buffer.from('alice:wonderland').toString('base64')}`),
    );
    expect(server.registry.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('requests side by side share one question and one token', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server, ALICE);
    await Promise.all(Array.from({ length: 12 }, () => auth.send(tags(server, 'a'), pull('a'))));
    expect(server.asked().filter((each) => each === 'GET /v2/')).toHaveLength(1);
    expect(server.asked()).toHaveLength(13);
    expect(server.tokens.requests).toHaveLength(1);
  });

  test('the same scopes in another order are the same token', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server, ALICE);
    await auth.send(tags(server, 'a'), ['repository:a:pull,delete', 'repository:b:pull']);
    await auth.send({ method: 'DELETE', url: `${server.url}/v2/a/manifests/x` }, ['repository:b:pull', 'repository:a:delete,pull']);
    expect(server.scopes()).toEqual([['repository:a:pull,delete', 'repository:b:pull']]);
  });

  test('a scope that the registry demands beside the wanted is asked for, in front, and remembered', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server, ALICE);
    const catalog = { method: 'GET', url: `${server.url}/v2/_catalog` } as const;
    await auth.send(catalog, ['repository:a:pull']);
    await auth.send(catalog, ['repository:a:pull']);
    expect(server.scopes()).toEqual([['repository:a:pull'], ['registry:catalog:*', 'repository:a:pull']]);
  });

  test('requests side by side for which a scope is missing all get it in the end', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server, ALICE);
    const all = await Promise.all(Array.from({ length: 6 }, () => auth.send({ method: 'GET', url: `${server.url}/v2/_catalog` }, [])));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(server.scopes()).toEqual([[], ['registry:catalog:*']]);
  });

  test('a wrong password is told with its source, and not tried again and again', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server, { ...ALICE, password: 'wrong-password' });
    for (const repository of ['a', 'b', 'c']) {
      await expect(auth.send(tags(server, repository), pull(repository))).rejects.toMatchObject({
        code: 'AUTH',
        message: expect.stringContaining('user "alice" (from a test)'),
      });
    }
    expect(server.tokens.requests).toHaveLength(1);
    expect(server.asked()).toEqual(['GET /v2/']);
  });

  test('may differ between repositories', async () => {
    const server = await startTokenRegistry({ users: { alice: 'wonderland', bob: 'builder' } });
    const bob: Credentials = { username: 'bob', password: 'builder' };
    const auth = authFor(server, undefined, { credentials: async (repository) => (repository === 'b/x' ? bob : ALICE) });
    await auth.send(tags(server, 'a'), pull('a'));
    await auth.send(tags(server, 'b/x'), pull('b/x'));
    const users = server.tokens.requests.map((seen) => Buffer.from(seen.headers.authorization?.slice(6) ?? '', 'base64').toString('utf8'));
    expect(users).toEqual(['alice:wonderland', 'bob:builder']);
  });
});

test('a registry token is sent as it is, to the registry alone, and not again once it was refused', async () => {
  const server = await startTokenRegistry();
  const auth = authFor(server, { registryToken: 'a-registry-token', source: 'a test' });
  for (const repository of ['a', 'b'])
    await expect(auth.send(tags(server, repository), pull(repository))).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('with a registry token (from a test)'),
    });
  expect(server.tokens.requests).toEqual([]);
  expect(server.registry.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer a-registry-token']);
});

describe('a token', () => {
  test.for([
    ['lives as long as it says, less half a minute', { expires_in: 300 }, 269, 271],
    ['without a lifetime lives a minute, less a quarter', {}, 44, 46],
    ['with a lifetime that makes no sense too', { expires_in: 'soon' }, 44, 46],
    ['with a lifetime below a minute too', { expires_in: 5 }, 44, 46],
  ] as const)('%s', async ([, fields, fresh, stale]) => {
    let seconds = 0;
    const server = await startTokenRegistry({ tokenAnswer: (token) => ({ token, ...fields }) });
    const auth = authFor(server, ALICE, { now: () => seconds * 1000 });
    const count = async (at: number) => {
      seconds = at;
      await auth.send(tags(server, 'a'), pull('a'));
      return server.tokens.requests.length;
    };
    expect([await count(0), await count(fresh), await count(stale)]).toEqual([1, 1, 2]);
  });

  test('may be called access_token', async () => {
    const server = await startTokenRegistry({ tokenAnswer: (token) => ({ access_token: token }) });
    expect((await authFor(server, ALICE).send(tags(server, 'a'), pull('a'))).status).toBe(200);
  });

  test('that is refused is replaced once', async () => {
    const server = await startTokenRegistry();
    const auth = authFor(server, ALICE);
    await auth.send(tags(server, 'a'), pull('a'));
    server.revoke();
    expect((await auth.send(tags(server, 'a'), pull('a'))).status).toBe(200);
    expect(server.tokens.requests).toHaveLength(2);
  });

  test('that is refused again is an error', async () => {
    const server = await startTokenRegistry({ accepts: false });
    await expect(authFor(server, ALICE).send(tags(server, 'a'), pull('a'))).rejects.toMatchObject({ code: 'AUTH' });
    expect(server.tokens.requests).toHaveLength(2);
    expect(server.asked().filter((each) => each !== 'GET /v2/')).toHaveLength(2);
  });

  test('with less rights than asked for is an error that names the right, and is not asked for again', async () => {
    const server = await startTokenRegistry({ grant: (_, __, action) => action === 'pull' });
    const request = authFor(server, ALICE).send({ method: 'DELETE', url: `${server.url}/v2/team/app/manifests/sha256:1` }, [
      'repository:team/app:pull,delete',
    ]);
    await expect(request).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringMatching(/^DELETE http:.*manifests\/sha256:1: registry prod answered status 401, UNAUTHORIZED: /),
      hint: 'Use an account that has these rights: repository:team/app:delete.',
    });
    expect(server.tokens.requests).toHaveLength(1);
  });

  test('server that fails is not a lack of rights, and is asked again for the next request', async () => {
    let broken = true;
    const server = await startTokenRegistry();
    const tokens = await startServer(
      (_, response) => void (broken ? response.writeHead(500).end() : json(response, 200, { token: 'good-token' })),
    );
    const registry = await startServer((seen, response) => {
      if (seen.headers.authorization === 'Bearer good-token') return void response.end();
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}",service="x"` }).end();
    });
    const auth = authFor(registry);
    await expect(auth.send({ method: 'GET', url: registry.url }, [])).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
    broken = false;
    expect((await auth.send({ method: 'GET', url: registry.url }, [])).status).toBe(200);
    expect(server.tokens.requests).toEqual([]);
  });

  test.for(['<html>', '{}', '{"token":""}', '{"token":5}', '{"token":"a\\r\\nX-Evil: 1"}', 'null', '[]'])(
    'answer of %s is an error, not an anonymous request',
    async (body) => {
      const tokens = await startServer((_, response) => void response.end(body));
      const registry = await startServer(
        (_, response) => void response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}"` }).end(),
      );
      await expect(authFor(registry).send({ method: 'GET', url: registry.url }, [])).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
      expect(registry.requests).toHaveLength(1);
    },
  );
});

describe('an identity token', () => {
  const identity: Credentials = { identityToken: 'the-refresh-token', source: 'a test' };

  test('gets a token by OAuth2', async () => {
    const server = await startTokenRegistry({ identityTokens: ['the-refresh-token'], tokenAnswer: (token) => ({ access_token: token }) });
    expect((await authFor(server, identity).send(tags(server, 'a'), ['repository:a:pull', 'repository:b:pull'])).status).toBe(200);
    const [seen] = server.tokens.requests;
    expect(seen).toMatchObject({ method: 'POST', path: '/token', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'regprune',
      refresh_token: 'the-refresh-token',
      service: 'fake',
      scope: 'repository:a:pull repository:b:pull',
    });
  });

  test('that is not known is an AUTH error', async () => {
    const server = await startTokenRegistry();
    await expect(authFor(server, identity).send(tags(server, 'a'), pull('a'))).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('with an identity token (from a test)'),
    });
  });

  test.for([404, 405])('for a server that has no OAuth2 (%i) is an error that says what to do', async (status) => {
    const tokens = await startServer((_, response) => void response.writeHead(status).end());
    const registry = await startServer(
      (_, response) => void response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}"` }).end(),
    );
    const request = authFor(registry, identity).send({ method: 'GET', url: registry.url }, []);
    await expect(request).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('does not accept identity tokens'),
      hint: expect.stringContaining('user and password'),
    });
  });
});

test('no error of any of this shows a password or a token, even where the server repeats it', async () => {
  const broken = [
    startTokenRegistry({ users: {} }),
    startTokenRegistry({ accepts: false }),
    startTokenRegistry({ grant: () => false }),
    startTokenRegistry({ tokenAnswer: (token) => ({ token: `${token}\n` }) }),
  ];
  for (const each of broken) {
    const server = await each;
    for (const credentials of [ALICE, { identityToken: 'the-refresh-token' }]) {
      const error: unknown = await authFor(server, credentials)
        .send(tags(server, 'a'), pull('a'))
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expect.stringMatching(/AUTH|BAD_RESPONSE/) });
      const { message, hint, cause, stack } = error as Error & { hint: string };
      const shown = `${message} ${hint} ${String(cause)} ${stack}`;
      for (const secret of ['wonderland', Buffer.from('alice:wonderland').toString('base64'), 'the-refresh-token', 'secret-token'])
        expect(shown).not.toContain(secret);
    }
  }
});
