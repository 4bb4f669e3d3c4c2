import { describe, expect, it } from 'vitest';
import { redact } from '../../../../src/diagnostics/redact.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { NoIdentity } from '../../../../src/registry/acr/entra-token.ts';
import { identity, scopeMapToken } from '../../../fakes/acr/accounts.ts';
import type { FakeAcr } from '../../../fakes/acr/fake-acr.ts';
import { adapter, app, failure, fill, scopes, withAcr } from './acr-fixture.ts';

const HOUR = 3_600_000;
/** The requests that exchange a token of Entra ID. */
const exchanges = (acr: FakeAcr) => acr.requests.filter(({ path }) => path === '/oauth2/exchange');
const asEntra = (token: string) => ({ entra: async () => token });

describe('with an identity of Entra ID', () => {
  const puller = identity('entra-puller', ['AcrPull', 'AcrDelete']);

  it('exchanges its token once, and gets one access token for each repository, reading included', async () => {
    const acr = await withAcr({ accounts: [puller] });
    await fill(acr, [[app('one'), 'v1']]);
    await fill(acr, [[app('two'), 'v1']], 'team/other');
    const registry = adapter(acr, asEntra('entra-puller'));
    await Promise.all([registry.inventory('team/app'), registry.inventory('team/other')]);
    await registry.listTags('team/app');
    expect(
      acr.requests
        .filter(({ path }) => path === '/oauth2/exchange')
        .map(({ method, sent }) => [method, Object.fromEntries(new URLSearchParams(sent))]),
    ).toEqual([['POST', { grant_type: 'access_token', service: acr.host, access_token: 'entra-puller' }]]);
    expect(scopes(acr).toSorted()).toEqual(['repository:team/app:pull,metadata_read', 'repository:team/other:pull,metadata_read']);
  });

  it('asks for more where it deletes', async () => {
    const acr = await withAcr({ accounts: [puller] });
    await fill(acr, [
      [app('one'), 'v1'],
      [app('two'), 'v2'],
    ]);
    const registry = adapter(acr, asEntra('entra-puller'));
    await registry.checkDelete('team/app', { tags: true });
    expect(scopes(acr)).toEqual(['repository:team/app:pull,metadata_read', 'repository:team/app:pull,delete,metadata_read']);
    expect(acr.store.repository('team/app').manifests.size).toBe(2);
  });

  it('gets a new refresh token before the old one expires, with a new token of the identity', async () => {
    const acr = await withAcr({ accounts: [identity('entra-1', ['AcrPull']), identity('entra-2', ['AcrPull'])] });
    await fill(acr, [[app('one'), 'v1']]);
    let now = Date.now();
    let asks = 0;
    acr.tokens.now = () => now;
    const registry = adapter(acr, { entra: async () => `entra-${++asks}` }, { now: () => now });
    expect(await registry.listTags('team/app')).toEqual(['v1']);
    now += 2 * HOUR;
    expect(await registry.listTags('team/app')).toEqual(['v1']);
    expect(asks).toBe(1);
    now += HOUR - 4 * 60_000;
    expect(await registry.listTags('team/app')).toEqual(['v1']);
    expect(asks).toBe(2);
  });

  it('is refused once where the registry does not know it, and says what is missing', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    const registry = adapter(acr, asEntra('entra-nobody'));
    const error = await failure(registry.inventory('team/app'));
    expect(error).toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('registry prod') as string,
      hint: expect.stringContaining('AcrPull') as string,
    });
    await failure(registry.listTags('team/app'));
    expect(acr.requests.filter(({ path }) => path.startsWith('/oauth2/'))).toHaveLength(1);
  });

  it('exchanges its token anew where the registry refuses a refresh token that was good, and goes on', async () => {
    const acr = await withAcr({ accounts: [puller] });
    const repositories = ['team/app', 'team/two', 'team/three', 'team/four'];
    for (const repository of repositories) await fill(acr, [[app('one'), 'v1']], repository);
    const registry = adapter(acr, asEntra('entra-puller'));
    await registry.inventory('team/app');
    acr.tokens.revoke('refresh');
    const read = await Promise.all(repositories.map((repository) => registry.inventory(repository)));
    expect(read.map(({ complete }) => complete)).toEqual([true, true, true, true]);
    expect(exchanges(acr)).toHaveLength(2);
  });

  it('goes on deleting when all its tokens are refused in the middle, again and again', async () => {
    const acr = await withAcr({ accounts: [puller] });
    const images = Array.from({ length: 20 }, (_, n) => app(`number ${n}`));
    await fill(acr, [...images.map((image, n) => [image, `v${n}`] as const), [app('stays'), 'stays']]);
    const registry = adapter(acr, asEntra('entra-puller'));
    let deletions = 0;
    acr.onRequest(({ method }) => {
      if (method === 'DELETE' && ++deletions % 5 === 0) acr.tokens.revoke('all');
      return undefined;
    });
    const outcomes = await Promise.all(images.map(({ digest }) => registry.deleteManifest('team/app', digest)));
    expect(outcomes).toEqual(images.map(() => ({ outcome: 'deleted' })));
    expect([...acr.store.repository('team/app').tags.keys()]).toEqual(['stays']);
  });

  it('does not exchange it again and again where a right is missing, which ACR answers in the same way', async () => {
    const acr = await withAcr({ accounts: [identity('entra-one', ['AcrPull'], { only: ['team/app'] })] });
    for (const repository of ['team/app', 'team/two', 'team/three']) await fill(acr, [[app('one'), 'v1']], repository);
    const registry = adapter(acr, asEntra('entra-one'));
    await registry.inventory('team/app');
    for (const repository of ['team/two', 'team/three', 'team/two'])
      expect(await failure(registry.inventory(repository))).toMatchObject({
        code: 'AUTH',
        message: expect.stringContaining(repository) as string,
      });
    expect(exchanges(acr)).toHaveLength(2);
  });

  it('tries the audiences of a sovereign cloud in turn, and stays with the one that the registry takes', async () => {
    const acr = await withAcr({ accounts: [identity('entra for https://second.example', ['AcrPull'])] });
    await fill(acr, [[app('one'), 'v1']]);
    let now = Date.now();
    acr.tokens.now = () => now;
    const asked: string[] = [];
    const entra = async (audience: string): Promise<string> => {
      asked.push(audience);
      // Entra ID itself may not know one, or the registry refuse its token.
      if (audience === 'https://none.example') throw new ToolError('AUTH', 'AADSTS500011', { hint: 'none' });
      return `entra for ${audience}`;
    };
    const audiences = ['https://none.example', 'https://first.example', 'https://second.example', 'https://third.example'];
    const registry = adapter(acr, { entra }, { audiences, now: () => now });
    expect(await registry.listTags('team/app')).toEqual(['v1']);
    now += 4 * HOUR;
    expect(await registry.listTags('team/app')).toEqual(['v1']);
    expect(asked).toEqual([...audiences.slice(0, 3), 'https://second.example']);
  });

  it('whose tokens are secrets', async () => {
    const acr = await withAcr({ accounts: [puller] });
    await fill(acr, [[app('one'), 'v1']]);
    await adapter(acr, asEntra('entra-puller')).listTags('team/app');
    expect(acr.tokens.secrets.length).toBeGreaterThan(1);
    for (const secret of acr.tokens.secrets) expect(redact(`token ${secret}`)).toBe('token ***');
  });

  it('may see one repository although it may not see another', async () => {
    const acr = await withAcr({
      accounts: [identity('entra-one', ['Container Registry Repository Reader'], { abac: true, only: ['team/app'] })],
      abac: true,
    });
    await fill(acr, [[app('one'), 'v1']]);
    await fill(acr, [[app('one'), 'v1']], 'team/other');
    const registry = adapter(acr, asEntra('entra-one'));
    expect(await failure(registry.inventory('team/other'))).toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('team/other') as string,
    });
    expect((await registry.inventory('team/app')).complete).toBe(true);
  });
});

describe('without credentials and identity', () => {
  const noIdentity = { entra: () => Promise.reject(new NoIdentity('AUTH', 'there is no identity.', { hint: 'Run "az login".' })) };

  it('a registry that lets everybody pull is read, and nothing is deleted', async () => {
    const acr = await withAcr({ anonymousPull: true });
    await fill(acr, [[app('one'), 'v1']]);
    const registry = adapter(acr, noIdentity);
    expect(await registry.inventory('team/app')).toMatchObject({
      complete: true,
      notes: [expect.stringContaining('read without credentials') as string],
    });
    expect(await registry.repositories()[Symbol.asyncIterator]().next()).toMatchObject({ value: 'team/app' });
    expect(await failure(registry.checkDelete('team/app', { tags: false }))).toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('there is no identity') as string,
      hint: expect.stringContaining('az login') as string,
    });
  });

  it('any other registry says which ways there are to an identity', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    expect(await failure(adapter(acr, noIdentity).inventory('team/app'))).toMatchObject({
      code: 'AUTH',
      message: expect.stringMatching(/team\/app.*there is no identity/) as string,
      hint: expect.stringContaining('az login') as string,
    });
  });
});

describe('a role that is missing is named', () => {
  const cases = [
    [
      'AcrPull, to read',
      identity('entra', ['AcrDelete']),
      false,
      'inventory',
      /role AcrPull on the registry.*"Container Registry Repository Reader"/,
    ],
    ['AcrDelete, to delete', identity('entra', ['AcrPull']), false, 'checkDelete', /role AcrPull and AcrDelete/],
    [
      'in ABAC mode, to read',
      identity('entra', ['Container Registry Repository Catalog Lister'], { abac: true }),
      true,
      'inventory',
      /"Container Registry Repository Reader".*ABAC mode/,
    ],
    [
      'in ABAC mode, to delete',
      identity('entra', ['Container Registry Repository Reader'], { abac: true }),
      true,
      'checkDelete',
      /"Container Registry Repository Contributor".*ABAC mode/,
    ],
    [
      'in ABAC mode, to list',
      identity('entra', ['Container Registry Repository Reader'], { abac: true }),
      true,
      'repositories',
      /"Container Registry Repository Catalog Lister".*ABAC mode/,
    ],
  ] as const;

  it.each(cases)('%s', async (_what, account, abac, call, hint) => {
    const acr = await withAcr({ accounts: [account], abac });
    await fill(acr, [[app('one'), 'v1']]);
    const registry = adapter(acr, asEntra('entra'));
    const calls = {
      inventory: () => registry.inventory('team/app'),
      checkDelete: () => registry.checkDelete('team/app', { tags: false }),
      repositories: () => registry.repositories()[Symbol.asyncIterator]().next(),
    };
    const error = await failure(calls[call]());
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4, hint: expect.stringMatching(hint) as string });
    expect(error.message).toContain('prod');
    expect(acr.store.repository('team/app').manifests.size).toBe(1);
  });
});

describe('with user and password', () => {
  it('a token with a scope map reads and deletes what its map names, and lists no repositories', async () => {
    const acr = await withAcr({
      accounts: [scopeMapToken('cleaner', 'cleaner-secret-1', { 'team/app': ['pull', 'metadata_read', 'delete'] })],
    });
    await fill(acr, [
      [app('one'), 'v1'],
      [app('two'), 'v2'],
    ]);
    const registry = adapter(acr, { name: 'cleaner', secret: 'cleaner-secret-1' });
    expect((await registry.inventory('team/app')).manifests).toHaveLength(2);
    await registry.checkDelete('team/app', { tags: true });
    const error = await failure(registry.repositories()[Symbol.asyncIterator]().next());
    expect(error).toMatchObject({ code: 'AUTH', hint: expect.stringContaining('name them') as string });
    expect((await failure(registry.inventory('team/other'))).hint).toContain('content/read and metadata/read');
  });

  it('never asks for an identity', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    await adapter(acr).inventory('team/app');
    expect(acr.requests.filter(({ path }) => path === '/oauth2/exchange')).toEqual([]);
  });
});
