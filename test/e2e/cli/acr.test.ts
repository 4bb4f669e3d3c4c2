import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { adminUser, identity } from '../../fakes/acr/accounts.ts';
import { type FakeAcr, startFakeAcr } from '../../fakes/acr/fake-acr.ts';
import { json, startServer } from '../../unit/http/loopback-server.ts';
import { newSession, NOW } from './in-process.ts';

const DAY = 86_400_000;
const USER = { user: 'team', password: 'team-secret-0815' };

afterEach(() => vi.unstubAllEnvs());

/** A registry with ten builds of `team/app`, one a day; the oldest is locked. */
async function acrWithBuilds(): Promise<FakeAcr> {
  const acr = await startFakeAcr({ accounts: [adminUser(USER.user, USER.password), identity('entra-token', ['AcrPull', 'AcrDelete'])] });
  onTestFinished(() => acr.close());
  for (let build = 0; build < 10; build++) {
    acr.store.now = () => NOW - (10 - build) * DAY;
    await push(acr, 'team/app', image({ layers: [layer(`build ${build}`, 100)] }), [`build-${build}`], { auth: USER });
  }
  acr.store.tag('team/app', 'build-0').locks.deleteEnabled = false;
  acr.store.now = () => NOW;
  acr.requests.length = 0;
  return acr;
}

function tagsIn({ store }: FakeAcr): string[] {
  return [...store.repository('team/app').tags.keys()].toSorted();
}

async function sessionFor(acr: FakeAcr, env: Record<string, string>): ReturnType<typeof newSession> {
  const session = await newSession({ env });
  await session.file('.regctlrc.yaml', `registries:\n  contoso:\n    url: ${acr.url}\n    type: acr\n`);
  return session;
}

describe('a registry of Azure', () => {
  test('is planned, pruned and planned again with user and password; what is locked stays', async () => {
    const acr = await acrWithBuilds();
    const session = await sessionFor(acr, { REGISTRY_USER: USER.user, REGISTRY_PASSWORD: USER.password });
    const line = ['prune', 'contoso/team/app', '--tags', 'build-*', '--keep-last', '3'];

    const planned = await session.run(...line, '-o', 'json');
    expect(planned.code, planned.stderr).toBe(0);
    const plan = JSON.parse(planned.stdout) as {
      repositories: { type: string; clock: string; images: { tags: string[]; action: string; reasons: { code: string }[] }[] }[];
    };
    expect(plan.repositories[0]).toMatchObject({ type: 'acr', clock: 'pushed' });
    expect(plan.repositories[0]!.images.find(({ tags }) => tags.includes('build-0'))).toMatchObject({
      action: 'keep',
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'locked' })]) as unknown,
    });
    expect(acr.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(tagsIn(acr)).toHaveLength(10);

    const applied = await session.run(...line, '--apply', '--yes');
    expect(applied.code, applied.stderr).toBe(0);
    expect(tagsIn(acr)).toEqual(['build-0', 'build-7', 'build-8', 'build-9']);
    expect(acr.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
  });

  test('has an Azure resource, and a registry of another kind has none', async () => {
    const acr = await acrWithBuilds();
    const session = await newSession({ env: { REGISTRY_USER: USER.user, REGISTRY_PASSWORD: USER.password } });
    const id =
      '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ops/providers/Microsoft.ContainerRegistry/registries/contoso';
    await session.file('.regctlrc.yaml', `registries: {contoso: {url: ${acr.url}, type: oci, acr: {resourceId: ${id}}}}\n`);
    expect(await session.run('prune', 'contoso/team/app', '--keep-last', '3')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('which does not use "acr"') as string,
    });
    expect(acr.requests).toEqual([]);
  });

  test('is pruned as the managed identity of the machine where nothing else is given', async () => {
    const acr = await acrWithBuilds();
    const expires = String(Math.floor(Date.now() / 1000) + 3600);
    const identityService = await startServer((_request, response) =>
      json(response, 200, { access_token: 'entra-token', expires_on: expires, resource: 'any', token_type: 'Bearer', client_id: 'any' }),
    );
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
    vi.stubEnv('IDENTITY_ENDPOINT', `${identityService.url}/msi/token`);
    vi.stubEnv('IDENTITY_HEADER', 'header-secret');
    const session = await sessionFor(acr, {});

    const { code, stderr } = await session.run('prune', 'contoso/team/app', '--tags', 'build-*', '--keep-last', '5', '--apply', '--yes');

    expect(code, stderr).toBe(0);
    expect(tagsIn(acr)).toEqual(['build-0', 'build-5', 'build-6', 'build-7', 'build-8', 'build-9']);
    expect(acr.requests.filter(({ path }) => path === '/oauth2/exchange')).toHaveLength(1);
  });
});
