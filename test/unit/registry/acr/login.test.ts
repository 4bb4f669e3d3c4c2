import { describe, expect, it } from 'vitest';
import { redact } from '../../../../src/diagnostics/redact.ts';
import { identity, scopeMapToken } from '../../../fakes/acr/accounts.ts';
import { adapter, app, failure, fill, scopes, withAcr } from './acr-fixture.ts';

const HOUR = 3_600_000;
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
