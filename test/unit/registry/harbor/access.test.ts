import { describe, expect, it } from 'vitest';
import { image, layer } from '../../../../src/demo/image.ts';
import { typeOfAnswer } from '../../../../src/registry/open.ts';
import { createPing, tellingAnswer } from '../../../../src/distribution/ping.ts';
import { CLEANER } from '../../../fakes/harbor/accounts.ts';
import { testClient } from '../../http/test-client.ts';
import { adapter, failure, fill, names, withHarbor } from './harbor-fixture.ts';
import { startLoopback } from './loopback.ts';

const app = (seed: string) => image({ layers: [layer(seed, 50)], created: '2025-01-01T00:00:00Z' });
const robot = (permissions: readonly string[], name = 'bot+cleaner') => ({
  name,
  secret: 'robot-secret',
  kind: 'robot' as const,
  projects: { team: permissions },
});

describe('credentials', () => {
  it('that Harbor does not know are an error, although it would show what is public', async () => {
    const { harbor } = await withHarbor();
    harbor.store.addProject('open', { public: true });
    await fill(harbor, [[app('one'), 'v1']], 'open/app');
    const registry = adapter(harbor.url, { name: 'admin', secret: 'wrong-secret' });
    const error = await failure(registry.inventory('open/app'));
    expect(error).toMatchObject({
      code: 'AUTH',
      message: 'Cannot log in to prod: Harbor does not know the user or the password, asked as "admin".',
    });
    expect(error.hint).toContain('robot account may have expired');
    expect(JSON.stringify([error.message, error.hint])).not.toContain('wrong-secret');
    // Accounts get locked for trying again and again.
    await failure(registry.inventory('open/app'));
    await failure(names(registry));
    expect(harbor.requests).toHaveLength(1);
  });

  it('are not needed for what is public', async () => {
    const { harbor, registry } = await withHarbor({}, null);
    harbor.store.addProject('open', { public: true });
    await fill(harbor, [[app('one'), 'v1']], 'open/app');
    expect((await registry.inventory('open/app')).manifests).toHaveLength(1);
    const error = await failure(registry.inventory('team/app'));
    expect(error).toMatchObject({
      code: 'AUTH',
      message:
        'Cannot list the artifacts of prod/team/app: Harbor answered status 401, UNAUTHORIZED: unauthorized, asked without credentials.',
    });
    expect(error.hint).toContain('REGISTRY_USER');
  });

  it('of a robot may begin with any prefix', async () => {
    const account = robot(CLEANER, 'our-robots--team+cleaner');
    const { harbor, registry } = await withHarbor({ accounts: [account] }, account);
    await fill(harbor, [[app('one'), 'v1']]);
    expect((await registry.inventory('team/app')).manifests).toHaveLength(1);
    await registry.checkDelete('team/app', { tags: true });
  });

  it('of an OIDC user, the CLI secret, read and do not delete', async () => {
    const account = { name: 'olga', secret: 'cli-secret', kind: 'oidc' as const, projects: { team: [...CLEANER, 'project:list'] } };
    const { harbor, registry } = await withHarbor({ accounts: [account], authMode: 'oidc_auth' }, account);
    await fill(harbor, [[app('one'), 'v1']]);
    expect((await registry.inventory('team/app')).manifests).toHaveLength(1);
    const error = await failure(registry.checkDelete('team/app', { tags: false }));
    expect(error.code).toBe('AUTH');
    expect(error.hint).toContain('CLI secret of an OIDC user');
    expect(error.hint).toContain('robot account');
    expect(await failure(registry.deleteManifest('team/app', app('one').digest))).toMatchObject({ code: 'AUTH' });
  });
});

describe('a missing permission', () => {
  it.each([
    ['artifact:list', (registry: ReturnType<typeof adapter>) => registry.inventory('team/app')],
    ['repository:list', (registry: ReturnType<typeof adapter>) => names(registry, { below: 'team' })],
    ['artifact:read', (registry: ReturnType<typeof adapter>) => registry.resolveTag('team/app', 'v1')],
    ['tag:list', (registry: ReturnType<typeof adapter>) => registry.tagsOf!('team/app', app('one').digest)],
    ['artifact:delete', (registry: ReturnType<typeof adapter>) => registry.deleteManifest('team/app', app('one').digest)],
    ['tag:delete', (registry: ReturnType<typeof adapter>) => registry.deleteTag('team/app', 'v1', app('one').digest)],
    ['artifact:delete', (registry: ReturnType<typeof adapter>) => registry.checkDelete('team/app', { tags: false })],
    ['tag:delete', (registry: ReturnType<typeof adapter>) => registry.checkDelete('team/app', { tags: true })],
    ['repository:pull', (registry: ReturnType<typeof adapter>) => registry.checkDelete('team/app', { tags: false })],
    ['repository:pull', (registry: ReturnType<typeof adapter>) => registry.readManifest('team/app', app('one').digest)],
  ])('%s is named', async (permission, work) => {
    const account = robot(CLEANER.filter((one) => one !== permission));
    const { harbor, registry } = await withHarbor({ accounts: [account] }, account);
    await fill(harbor, [[app('one'), 'v1']]);
    const error = await failure(work(registry));
    expect(error.code).toBe('AUTH');
    expect(`${error.message} ${error.hint}`).toContain(permission);
    expect(error.message).toContain('team');
  });

  it('looks like a project that is not there, and that is said', async () => {
    const account = robot(CLEANER);
    const { registry } = await withHarbor({ accounts: [account] }, account);
    const error = await failure(registry.inventory('tema'));
    expect(error).toMatchObject({
      code: 'AUTH',
      message: 'Cannot list the repositories of prod/tema: Harbor answered status 403, FORBIDDEN: forbidden, asked as "bot+cleaner".',
    });
    expect(error.hint).toContain('no such project');
  });

  it('is none for an administrator, to whom Harbor says what is not there', async () => {
    const { registry } = await withHarbor();
    expect(await failure(registry.inventory('tema'))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('to see the project is no hindrance', async () => {
    const account = robot(CLEANER.filter((one) => one !== 'project:read'));
    const { harbor, registry } = await withHarbor({ accounts: [account] }, account);
    await fill(harbor, [[app('one'), 'v1']]);
    expect((await registry.inventory('team/app')).manifests).toHaveLength(1);
    await registry.checkDelete('team/app', { tags: true });
  });
});

describe('what kind of registry a host is', () => {
  const answerOf = (url: string) => tellingAnswer(createPing(testClient(), url), url);

  it('is asked once, and without credentials', async () => {
    const { harbor } = await withHarbor();
    expect(typeOfAnswer(await answerOf(`${harbor.url}/`)).name).toBe('harbor');
    expect(harbor.requests.map(({ path, headers }) => [path, headers['authorization']])).toEqual([['/v2/', undefined]]);
  });

  it.each([
    'Bearer realm="https://harbor.example/service/token",service="harbor-registry"',
    'Basic realm="harbor"',
    'Negotiate, Basic realm="harbor"',
  ])('is Harbor where it demands %s', async (challenge) => {
    const url = await startLoopback(() => ({ status: 401, body: '', headers: { 'www-authenticate': challenge } }));
    expect(typeOfAnswer(await answerOf(url)).name).toBe('harbor');
  });

  it.each([
    [404, '404 page not found', undefined],
    [200, '<html>all pages are this one</html>', undefined],
    [200, '{}', 'Basic realm="harbor"'],
    [401, '{"errors":[{"code":"UNAUTHORIZED"}]}', undefined],
    [401, '', 'Bearer realm="https://auth.example/token",service="registry.example"'],
    [401, '', 'Bearer realm="https://harbor.example/service/token",service="harbor-registry.example"'],
    [401, '', 'Basic realm="harbor-registry"'],
    [401, '', ''],
  ])('is plain where it answers %i %s and demands %s', async (status, body, challenge) => {
    const url = await startLoopback(() => ({
      status,
      body,
      ...(challenge !== undefined && { headers: { 'www-authenticate': challenge } }),
    }));
    expect(typeOfAnswer(await answerOf(url)).name).toBe('oci');
  });

  it.each([429, 500, 502, 503])('is not guessed where it answers %i, that it cannot answer', async (status) => {
    const url = await startLoopback(() => ({ status, body: 'not now', headers: { 'www-authenticate': 'Basic realm="harbor"' } }));
    const message = `Cannot find out what kind of registry ${new URL(url).host} is: it answered status ${status}.`;
    expect(await failure(answerOf(url))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message,
      hint: expect.stringContaining('"type"') as string,
    });
  });

  it('is not guessed where nothing answers', async () => {
    const { harbor } = await withHarbor();
    await harbor.close();
    expect(await failure(answerOf(harbor.url))).toMatchObject({ code: 'UNREACHABLE' });
  });
});
