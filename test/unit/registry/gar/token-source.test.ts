import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Credentials } from '../../../../src/auth/credentials.ts';
import { redact } from '../../../../src/diagnostics/redact.ts';
import { image, layer } from '../../../../src/demo/image.ts';
import { createTokenSource, type GarIdentity, type TokenSource } from '../../../../src/registry/gar/token-source.ts';
import { OWNER } from '../../../fakes/gar/fake-gar.ts';
import { testClient } from '../../http/test-client.ts';
import { APP, connect, failure, fakeGar } from './gar-fixture.ts';

function sourceOf(credentials: Credentials | undefined, identity: GarIdentity = {}, env: Record<string, string> = {}): TokenSource {
  return createTokenSource({ registry: 'prod', credentials: async () => credentials, identity, http: testClient(), env });
}

interface Google {
  readonly url: string;
  readonly asked: string[];
}

/** Google's token service, its service for credentials of service accounts, and the metadata server of its machines. */
async function google(token: string): Promise<Google> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('?')[0]} ${request.headers.authorization ?? ''}`.trim());
    const json = (document: object): void =>
      void response.writeHead(200, { 'content-type': 'application/json', 'metadata-flavor': 'Google' }).end(JSON.stringify(document));
    if (request.url?.includes('generateAccessToken'))
      json({ accessToken: token, expireTime: new Date(Date.now() + 3_600_000).toISOString() });
    else if (request.url?.endsWith('/sts'))
      json({
        access_token: 'federated-token-of-a-workload',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3600,
      });
    else if (request.url?.includes('/service-accounts/default/token'))
      json({ access_token: token, expires_in: 3600, token_type: 'Bearer' });
    else response.writeHead(200, { 'content-type': 'text/plain', 'metadata-flavor': 'Google' }).end('my-project');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function setEnvironment(values: Readonly<Record<string, string>>): void {
  for (const name of ['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'regprune-gar-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe('credentials for Artifact Registry', () => {
  it.each(['oauth2accesstoken', '_dcgcloud_token'])('that are an access token of the user %s are used as they are', async (username) => {
    expect(await sourceOf({ username, password: 'ya29.given-token' }).token()).toBe('ya29.given-token');
  });

  it('that are an identity token, or a key that is none, are refused without being shown', async () => {
    expect(await failure(sourceOf({ identityToken: 'some-identity-token' }).token())).toMatchObject({ code: 'AUTH' });
    const error = await failure(sourceOf({ username: '_json_key', password: '{"private_key": "no-key-at-all' }).token());
    expect(error.message).toContain('_json_key');
    expect(JSON.stringify([error.message, error.hint])).not.toContain('no-key-at-all');
  });

  it(
    'come from a workload identity federation and the account that it may be, by a file that GOOGLE_APPLICATION_CREDENTIALS ' + 'names',
    async () => {
      const { url, asked } = await google('ya29.federated-and-impersonated');
      const path = await folder();
      const account = 'cleanup@my-project.iam.gserviceaccount.com';
      await writeFile(join(path, 'subject'), 'a.subject.token');
      await writeFile(
        join(path, 'adc.json'),
        JSON.stringify({
          type: 'external_account',
          audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci',
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          token_url: `${url}/sts`,
          service_account_impersonation_url: `${url}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
          credential_source: { file: join(path, 'subject') },
        }),
      );
      setEnvironment({ GOOGLE_APPLICATION_CREDENTIALS: join(path, 'adc.json') });
      const source = sourceOf(undefined);
      expect(await source.token()).toBe('ya29.federated-and-impersonated');
      expect(await source.token()).toBe('ya29.federated-and-impersonated');
      expect(asked.map((request) => request.split(' ')[1])).toEqual([
        '/sts',
        '/v1/projects/-/serviceAccounts/cleanup@my-project.iam.gserviceaccount.com:generateAccessToken',
      ]);
      expect(redact('it is ya29.federated-and-impersonated')).toBe('it is ***');
    },
  );

  it('come from the metadata server of the machine, and open both APIs', async () => {
    const { url, asked } = await google(OWNER.token);
    setEnvironment({ GCE_METADATA_HOST: new URL(url).host, METADATA_SERVER_DETECTION: 'assume-present', HOME: await folder() });
    const fake = await fakeGar();
    const app = image({ layers: [layer('app', 100)] });
    fake.push(APP, app, ['v1']);
    const registry = connect(fake, { credentials: async () => undefined });
    expect((await registry.inventory(APP)).complete).toBe(true);
    expect((await registry.readManifest(APP, app.digest))?.digest).toBe(app.digest);
    expect(asked.filter((request) => request.includes('/token'))).toHaveLength(1);
  });

  it('are the token in CLOUDSDK_AUTH_ACCESS_TOKEN, unless the registry has its own, and that of the account it may be', async () => {
    setEnvironment({});
    const env = { CLOUDSDK_AUTH_ACCESS_TOKEN: 'ya29.token-of-gcloud' };
    const source = sourceOf(undefined, {}, env);
    expect(await source.token()).toBe('ya29.token-of-gcloud');
    expect(source.source).toBe('CLOUDSDK_AUTH_ACCESS_TOKEN');
    expect(redact('it is ya29.token-of-gcloud')).toBe('it is ***');
    expect(await sourceOf({ username: 'oauth2accesstoken', password: 'ya29.given-token' }, {}, env).token()).toBe('ya29.given-token');
  });

  it('that are nowhere are an error that says where to put them', async () => {
    const path = await folder();
    setEnvironment({ GOOGLE_APPLICATION_CREDENTIALS: join(path, 'nowhere.json') });
    expect(await failure(sourceOf(undefined).token())).toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('prod') as string,
      hint: expect.stringContaining('gcloud auth application-default login') as string,
    });
  });
});
