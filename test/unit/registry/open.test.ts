import { describe, expect, it } from 'vitest';
import { openRegistry, typeOfHost } from '../../../src/registry/open.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { testClient } from '../http/test-client.ts';
import { startLoopback } from './harbor/loopback.ts';

describe('the type of a registry', () => {
  it.each([
    'registry.example.com',
    'registry.example.com:5000',
    'localhost:5000',
    '127.0.0.1:5000',
    '[::1]:5000',
    'docker.io.example.com',
    'ghcr.io.example.com',
    'containers.example.com',
    'azurecr.io.example.com',
    'quay.io.example.com',
    'quay.example.com',
    'docker.pkg.dev.example.com',
    'notgcr.io',
  ])('the host %s does not tell it', (host) => {
    expect(typeOfHost(host)).toBeUndefined();
  });

  it.each([
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'ecr'],
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com:443', 'ecr'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'ecr'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'ecr'],
    ['123456789012.dkr-ecr.eu-west-1.on.aws', 'ecr'],
    ['public.ecr.aws', 'ecr-public'],
    ['Team.azurecr.io', 'acr'],
    ['team-a1b2c3.azurecr.us', 'acr'],
    ['team.azurecr.cn:443', 'acr'],
    ['europe-west1-docker.pkg.dev', 'gar'],
    ['us-docker.pkg.dev:443', 'gar'],
    ['eu.gcr.io', 'gar'],
    ['gcr.io', 'gar'],
    ['quay.io', 'quay'],
    ['Quay.io:443', 'quay'],
    ['docker.io', 'dockerhub'],
    ['index.docker.io', 'dockerhub'],
    ['registry-1.docker.io:443', 'dockerhub'],
    ['registry.cn-hangzhou.aliyuncs.com', 'alibaba'],
    ['registry-vpc.eu-central-1.aliyuncs.com', 'alibaba'],
    ['team-registry-vpc.cn-hangzhou.cr.aliyuncs.com', 'alibaba'],
    ['ghcr.io', 'ghcr'],
    ['containers.octo-corp.ghe.com', 'ghcr'],
    ['registry.gitlab.com', 'gitlab'],
  ])('%s is of type %s', (host, type) => {
    expect(typeOfHost(host)?.name).toBe(type);
  });
});

describe('opening a registry', () => {
  const open = (config: object): Promise<Registry> =>
    openRegistry(
      { name: 'prod', url: 'https://registry.example.com', concurrency: 1, ...config },
      { http: testClient(), credentials: async () => undefined, env: {}, signal: new AbortController().signal },
    );
  const harbor = { status: 401, body: '', headers: { 'www-authenticate': 'Basic realm="harbor"' } };
  const challenged = (realm: string, service = 'quay.example.com'): typeof harbor => ({
    status: 401,
    body: '',
    headers: { 'www-authenticate': `Bearer realm="${realm}",service="${service}"` },
  });
  const quay = challenged('https://quay.example.com/v2/auth');

  it.each([
    [harbor, 'harbor'],
    [quay, 'quay'],
    [
      {
        status: 401,
        body: '',
        headers: { 'www-authenticate': 'Bearer realm="https://a/auth",service="registry.aliyuncs.com:cn-hangzhou:26842:cri-1"' },
      },
      'alibaba',
    ],
    [{ status: 401, body: '', headers: { server: 'Nexus/3.94.0-12 (PRO)' } }, 'nexus'],
    [{ status: 401, body: '', headers: { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' } }, 'nexus'],
    [{ status: 401, body: '', headers: { 'www-authenticate': 'Bearer realm="https://n/v2/token",service="https://n/v2/token"' } }, 'nexus'],
    [challenged('https://auth.example.com/v2/auth'), 'oci'],
    [challenged('https://quay.example.com/token'), 'oci'],
    [challenged('https://gitlab.example.com/jwt/auth', 'container_registry'), 'gitlab'],
    [challenged('https://gitlab.example.com/code/jwt/auth', 'container_registry'), 'gitlab'],
    [challenged('https://gitlab.example.com/jwt/auth', 'another'), 'oci'],
    [challenged('https://git.example.com/v2/token', 'container_registry'), 'gitea'],
    [{ status: 200, body: '{}', headers: { 'gitlab-container-registry-version': '4.27.0-gitlab' } }, 'gitlab'],
    [{ status: 200, body: '{}' }, 'oci'],
  ])('asks what it is where neither config nor host tells: %o is %s', async (answer, type) => {
    let asked = 0;
    const url = await startLoopback(() => {
      asked += 1;
      return answer;
    });
    expect((await open({ url })).type).toBe(type);
    expect(asked).toBe(1);
  });

  it('takes the word of the config, and asks nobody', async () => {
    const url = await startLoopback(() => expect.unreachable());
    expect((await open({ url, type: 'oci' })).type).toBe('oci');
    expect((await open({ url, type: 'harbor' })).type).toBe('harbor');
  });

  it('refuses a Quay that the config calls plain, at the first request', async () => {
    let asked = 0;
    const url = await startLoopback(() => {
      asked += 1;
      return quay;
    });
    const registry = await open({ url, type: 'oci' });
    expect(asked).toBe(0);
    for (const call of [registry.listTags('team/app'), registry.listTags('team/app')])
      await expect(call).rejects.toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('Say "type: quay"') as string });
    expect(asked).toBe(1);
  });

  it('that does not answer stops no other: whatever is asked of it is answered with the reason', async () => {
    const registry = await open({ url: await startLoopback(() => ({ status: 503, body: '' })) });
    expect(registry.type).toBe('unknown');
    await expect(registry.listTags('team/app')).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('what kind of registry') as string,
    });
  });

  it.each([
    ['the settings of another type', { type: 'oci', settings: { gar: {} } }, 'oci', 'gar', 'Leave it out'],
    ['those of a type that it cannot be of', { settings: { acr: {} } }, 'oci', 'acr', 'Leave it out'],
    ['credentials where the library has them', { type: 'ecr', auth: {} }, 'ecr', 'auth', 'AWS SDK'],
    [
      'a region where there is but one',
      { type: 'ecr-public', settings: { ecr: { region: 'eu-west-1' } } },
      'ecr-public',
      'ecr.region',
      'AWS SDK',
    ],
  ])('refuses %s', async (_what, config, type, setting, hint) => {
    await expect(open(config)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `The registry prod is of type ${type}, which does not use "${setting}".`,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it('takes the settings of a type that it turns out to be of', async () => {
    const url = await startLoopback(() => quay);
    expect((await open({ url, settings: { quay: { namespaces: ['team'] } } })).type).toBe('quay');
  });

  it('hands the settings of its type to it', async () => {
    const url = 'https://artifacts.example.com';
    expect((await open({ url, type: 'gar', settings: { gar: { location: 'europe-west1' } } })).type).toBe('gar');
    // Also where the host tells no type, and the answer to /v2/ does.
    const asked = await startLoopback(() => quay);
    expect((await open({ url: asked, settings: { quay: { namespaces: ['team'] } } })).type).toBe('quay');
    await expect(open({ url, type: 'gar' })).rejects.toMatchObject({ message: expect.stringContaining('location') as string });
  });
});
