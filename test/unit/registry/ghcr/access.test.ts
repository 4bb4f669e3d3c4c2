import { describe, expect, it } from 'vitest';
import { apiOf } from '../../../../src/registry/ghcr/host.ts';
import { createGhcrRegistry } from '../../../../src/registry/ghcr/create-registry.ts';
import { ghcrType } from '../../../../src/registry/ghcr/type.ts';
import type { Registry, RepositoriesOptions } from '../../../../src/registry/registry.ts';
import { type FakeGhcr, OWNER } from '../../../fakes/ghcr/fake-ghcr.ts';
import { testClient } from '../../http/test-client.ts';
import { account, APP, build, connect, failure, fakeGhcr } from './ghcr-fixture.ts';

async function list(registry: Registry, options: RepositoriesOptions = {}): Promise<string[]> {
  const names: string[] = [];
  for await (const name of registry.repositories(options)) names.push(name);
  return names;
}

const asked = ({ requests }: FakeGhcr): string[] =>
  requests.map(({ path }) => path.replace(/^\/api\/v3|\?.*$/g, '')).filter((path) => path.includes('/packages'));

describe('the packages of an owner', () => {
  it('are those of an organization, of a user, or of the user whose token it is, who sees more than others', async () => {
    const fake = await fakeGhcr();
    for (const user of ['anna', 'otto']) fake.store.users.add(user);
    for (const name of ['team/app', 'team/web/api', 'anna/app', 'otto/app']) fake.store.push(name, build('one'), ['v1']);
    const registry = connect(fake, { owners: ['team', 'anna', 'otto'] });
    expect(await list(registry)).toEqual(['team/app', 'team/web/api', 'anna/app', 'otto/app']);
    expect(await list(registry, { below: 'team/web' })).toEqual(['team/web/api']);
    expect(new Set(asked(fake))).toEqual(new Set(['/orgs/team/packages', '/user/packages', '/users/otto/packages']));
    expect((await registry.inventory('team/web/api')).manifests).toHaveLength(1);
    expect(asked(fake).at(-1)).toBe('/orgs/team/packages/container/web%2Fapi/versions');
  });

  it('are those of an organization where the server does not show its accounts', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, build('one'), ['v1']);
    const nobody = { status: 404, headers: { 'content-type': 'application/json' }, body: '{"message":"Not Found"}' };
    fake.onRequest(({ path }) => (path.includes('/users/') ? nobody : undefined));
    expect(await connect(fake).listTags(APP)).toEqual(['v1']);
  });

  it('cannot be listed where nothing names one, and an empty list is an error: GitHub leaves out what a token may not see', async () => {
    const fake = await fakeGhcr();
    expect((await failure(list(connect(fake)))).hint).toContain('ghcr.owners');
    fake.store.users.add('otto');
    const error = await failure(list(connect(fake), { below: 'otto' }));
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: 'GitHub lists no container package of prod/otto.' });
    expect((await failure(list(connect(fake), { below: 'typo' }))).code).toBe('NOT_FOUND');
  });
});

describe('a token that is not let in', () => {
  it.each([
    [account({ scopes: [] }), 'The token has no scopes at all, and lacks read:packages.'],
    [account({ token: 'github_pat_4711', scopes: [] }), 'lacks read:packages'],
  ])('is told what it lacks: %o', async (someone, hint) => {
    const fake = await fakeGhcr({ accounts: [OWNER, someone] });
    fake.store.push(APP, build('one'), ['v1']);
    const error = await failure(connect(fake, {}, someone).listTags(APP));
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4, hint: expect.stringContaining(hint) as string });
    expect(error.message).toContain('You need at least read:packages scope');
  });

  it.each([
    ['github_pat_4711', {}, 'This is a fine-grained token, which GitHub Packages does not take. It takes a classic token'],
    ['ghs_4711', {}, 'needs "permissions: {packages: write}"'],
    [
      'ghp_4711',
      { 'x-github-sso': 'required; url=https://github.com/orgs/team/sso?x=1' },
      'single sign-on: https://github.com/orgs/team/sso?x=1',
    ],
  ])('is told what kind of token it takes: %s', async (token, headers, hint) => {
    const fake = await fakeGhcr();
    fake.store.push(APP, build('one'), ['v1']);
    const body = JSON.stringify({ message: 'Resource not accessible' });
    fake.onRequest(({ path }) =>
      path.includes('/packages') ? { status: 403, headers: { 'content-type': 'application/json', ...headers }, body } : undefined,
    );
    const registry = connect(fake, { credentials: async () => ({ username: 'rita', password: token }) }, account({ token }));
    fake.onRequest(({ path }) => (path.includes('/users/') ? { status: 200, body: '{"type":"Organization"}' } : undefined));
    expect(await failure(registry.listTags(APP))).toMatchObject({
      code: 'AUTH',
      exitCode: 4,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it.each([
    ['read:user', 'AUTH'],
    ['read:packages', 'NOT_FOUND'],
  ])('with the scope %s is told by "not there": %s', async (scope, code) => {
    const fake = await fakeGhcr();
    fake.onRequest(({ path }) =>
      path.includes('/packages')
        ? { status: 404, headers: { 'content-type': 'application/json', 'x-oauth-scopes': scope }, body: '{"message":"Not Found"}' }
        : undefined,
    );
    expect(await failure(connect(fake).listTags(APP))).toMatchObject({ code });
  });

  it('is missing: nothing is sent, and it is said how to give one', async () => {
    const fake = await fakeGhcr();
    const error = await failure(connect(fake, { credentials: async () => undefined }).listTags(APP));
    expect(error).toMatchObject({ code: 'AUTH', hint: expect.stringContaining('as GITHUB_TOKEN') as string });
    expect(fake.requests).toEqual([]);
  });
});

describe('the token of a workflow', () => {
  const open = ({ api }: FakeGhcr, url: string): Registry =>
    createGhcrRegistry({
      name: 'prod',
      url,
      endpoint: api,
      http: testClient(),
      credentials: async () => undefined,
      env: { GITHUB_TOKEN: 'ghs_4711' },
    });

  it('is used for ghcr.io where there are no other credentials, and goes to no other host', async () => {
    const fake = await fakeGhcr({ accounts: [account({ token: 'ghs_4711' })] });
    fake.store.push(APP, build('one'), ['v1']);
    expect(await open(fake, 'https://ghcr.io').listTags(APP)).toEqual(['v1']);
    expect((await failure(open(fake, 'https://containers.example.com').listTags(APP))).code).toBe('AUTH');
  });
});

describe('where GitHub is', () => {
  it.each([
    ['https://ghcr.io', 'https://api.github.com'],
    ['https://containers.octo-corp.ghe.com', 'https://api.octo-corp.ghe.com'],
    ['https://containers.github.example.com:8443', 'https://github.example.com:8443/api/v3'],
    ['https://registry.example.com', undefined],
  ])('the registry at %s has its API at %s', (url, api) => {
    expect(apiOf(url)).toBe(api);
  });

  it('is an error where nothing tells it', () => {
    const open = (): Registry =>
      createGhcrRegistry({ name: 'prod', url: 'https://registry.example.com', http: testClient(), credentials: async () => undefined });
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.stringContaining('ghcr.endpoint') as string }));
  });

  it('is recognised by its answer to /v2/', async () => {
    const fake = await fakeGhcr();
    const { recognises } = ghcrType;
    const ping = await testClient().request({ method: 'GET', url: `${fake.url}/v2/` });
    expect(recognises?.(ping)).toBe(true);
    const { 'x-github-request-id': _id, ...headers } = ping.headers;
    expect(recognises?.({ ...ping, headers })).toBe(false);
  });
});
