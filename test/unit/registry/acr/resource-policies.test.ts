import { describe, expect, it } from 'vitest';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import type { RepositoryInventory } from '../../../../src/domain/inventory.ts';
import { managementOf } from '../../../../src/registry/acr/host.ts';
import { ResourcePolicies, type ResourcePoliciesOptions } from '../../../../src/registry/acr/resource-policies.ts';
import { json, type LoopbackServer, startServer } from '../../http/loopback-server.ts';
import { testClient } from '../../http/test-client.ts';
import { adapter, app, fill, withAcr } from './acr-fixture.ts';

const ID =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ops (old)/providers/Microsoft.ContainerRegistry/registries/contoso';
/** As Azure answers for a registry where neither policy was ever switched on. */
const OFF = {
  retentionPolicy: { days: 7, status: 'disabled' },
  softDeletePolicy: { retentionDays: 7, status: 'disabled' },
  trustPolicy: { status: 'disabled', type: 'Notary' },
};

/** Azure Resource Manager, with one registry. */
async function azure(policies: object, status = 200): Promise<LoopbackServer> {
  return startServer((_, response) =>
    json(
      response,
      status,
      status === 200
        ? { id: ID, properties: { loginServer: 'contoso.azurecr.io', policies } }
        : { error: { code: 'AuthorizationFailed', message: 'no read on the scope' } },
    ),
  );
}

function policiesAt(management: string, options: Partial<ResourcePoliciesOptions> = {}): ResourcePolicies {
  return new ResourcePolicies({
    http: testClient({ allowPlainHttp: () => true }),
    name: 'prod',
    url: 'https://contoso.azurecr.io',
    resourceId: ID,
    management,
    token: async () => 'management-token',
    ...options,
  });
}

describe('the policies of the Azure resource that a registry is', () => {
  it('are asked for once, with a token of the identity', async () => {
    const { url, requests } = await azure(OFF);
    const policies = policiesAt(url);
    expect(await Promise.all([policies.read(), policies.read()])).toEqual([{}, {}]);
    expect(requests.map(({ method, path }) => `${method} ${decodeURI(path)}`)).toEqual([`GET ${ID}?api-version=2023-11-01-preview`]);
    expect(requests[0]?.headers['authorization']).toBe('Bearer management-token');
  });

  it('say for how long what is deleted can be restored', async () => {
    const { url } = await azure({ ...OFF, softDeletePolicy: { retentionDays: 14, status: 'enabled' } });
    expect(await policiesAt(url).read()).toEqual({ recoverableDays: 14 });
  });

  it.each([
    [0, 'as soon as they lose their last tag'],
    [1, '1 day after they lost their last tag'],
    [30, '30 days after they lost their last tag'],
  ])('say that the registry itself deletes untagged manifests: %d days', async (days, words) => {
    const { url } = await azure({ ...OFF, retentionPolicy: { days, status: 'enabled' } });
    expect(await policiesAt(url).read()).toEqual({
      notes: [expect.stringContaining(`The registry prod itself deletes manifests of Docker's media types ${words}`)],
    });
  });

  it.each<[string, object, number]>([
    ['that may not be read', OFF, 403],
    ['that are not there', OFF, 404],
    ['that do not say for how long', { ...OFF, softDeletePolicy: { status: 'enabled' } }, 200],
  ])('%s are a note, and promise nothing', async (_, policies, status) => {
    const { url } = await azure(policies, status);
    expect(await policiesAt(url).read()).toEqual({
      notes: [
        expect.stringMatching(/^Whether what is deleted can be restored is not known\. Cannot read the policies of the registry prod: /),
      ],
    });
  });

  it('cannot be read without an identity, which is a note too', async () => {
    const { url, requests } = await azure(OFF);
    const token = (): Promise<string> => Promise.reject(new ToolError('AUTH', 'There is no identity.', { hint: 'Run "az login".' }));
    expect(await policiesAt(url, { token }).read()).toEqual({ notes: [expect.stringContaining('There is no identity. Run "az login".')] });
    expect(requests).toEqual([]);
  });

  it('of another registry promise nothing of this one', async () => {
    const { url } = await azure({ ...OFF, softDeletePolicy: { retentionDays: 14, status: 'enabled' } });
    const read = (registry: string): Promise<Pick<RepositoryInventory, 'recoverableDays' | 'notes'>> =>
      policiesAt(url, { url: registry }).read();
    expect(await read('https://other.azurecr.io')).toEqual({
      notes: [expect.stringContaining('is the id of the registry contoso.azurecr.io, and not of other.azurecr.io')],
    });
    expect(await read('https://contoso.westeurope.geo.azurecr.io')).toEqual({ recoverableDays: 14 });
    expect(await read('https://registry.example.com')).toEqual({ recoverableDays: 14 });
  });

  it('are told to doctor, which never takes what it could not ask for nothing', async () => {
    const acr = await withAcr();
    const told = async (policies?: ResourcePolicies): Promise<string[]> =>
      (await adapter(acr, undefined, policies && { policies }).beside!('team/app')).map(({ check, state }) => `${check} ${state}`);
    const on = { retentionPolicy: { days: 30, status: 'enabled' }, softDeletePolicy: { retentionDays: 14, status: 'enabled' } };
    expect(await told(policiesAt((await azure(OFF)).url))).toEqual(['retention ok', 'garbage ok']);
    expect(await told(policiesAt((await azure(on)).url))).toEqual(['retention warning', 'garbage warning']);
    expect(await told(policiesAt((await azure(OFF, 403)).url))).toEqual(['retention unknown', 'garbage unknown']);
    expect(await told()).toEqual(['retention unknown', 'garbage unknown']);
  });

  it('stop with the run', async () => {
    const { url } = await azure(OFF);
    await expect(policiesAt(url).read(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });

  it('stand in the inventory of each repository', async () => {
    const { url } = await azure({ ...OFF, softDeletePolicy: { retentionDays: 14, status: 'enabled' } });
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    expect(await adapter(acr, undefined, { policies: policiesAt(url) }).inventory('team/app')).toMatchObject({
      complete: true,
      recoverableDays: 14,
    });
    expect(await adapter(acr).inventory('team/app')).not.toHaveProperty('recoverableDays');
  });
});

it.each([
  ['team.azurecr.io', 'https://management.azure.com'],
  ['team.azurecr.cn', 'https://management.chinacloudapi.cn'],
  ['team.azurecr.us', 'https://management.usgovcloudapi.net'],
  ['registry.example.com', 'https://management.azure.com'],
])('the resource of %s is managed at %s', (host, management) => {
  expect(managementOf(host)).toBe(management);
});
