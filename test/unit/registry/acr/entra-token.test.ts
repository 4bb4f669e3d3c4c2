import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { redact } from '../../../../src/diagnostics/redact.ts';
import { createEntraToken, NoIdentity } from '../../../../src/registry/acr/entra-token.ts';
import { audiencesOf, authorityOf } from '../../../../src/registry/acr/host.ts';
import { json, startServer } from '../../http/loopback-server.ts';
import { failure } from './acr-fixture.ts';

afterEach(() => vi.unstubAllEnvs());

/** The chain of the Azure SDK with the managed identity of an App Service alone, which is reached without TLS. */
async function onAppService(answer: (resource: string) => object): Promise<string[]> {
  const resources: string[] = [];
  const server = await startServer(({ path }, response) => {
    const resource = new URL(path, 'http://any').searchParams.get('resource') ?? '';
    resources.push(resource);
    json(response, 200, answer(resource));
  });
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
  vi.stubEnv('IDENTITY_ENDPOINT', `${server.url}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'header-secret');
  return resources;
}

describe('the token of an identity', () => {
  it('is got by the Azure SDK, for registries, and is a secret', async () => {
    const resources = await onAppService(() => ({
      access_token: 'entra-token-of-the-app',
      expires_on: String(Math.floor(Date.now() / 1000) + 3600),
      resource: 'any',
      token_type: 'Bearer',
      client_id: 'any',
    }));
    const entraToken = createEntraToken('prod', 'https://team.azurecr.io', {});
    expect(await entraToken('https://containerregistry.azure.net')).toBe('entra-token-of-the-app');
    expect([...new Set(resources)]).toEqual(['https://containerregistry.azure.net']);
    expect(redact('entra-token-of-the-app')).toBe('***');
  });

  it('that Entra ID refuses is an error of one sentence, with its code', async () => {
    // What the SDK throws: the service itself takes no request without TLS.
    const message =
      'EnvironmentCredential authentication failed. To troubleshoot, visit https://aka.ms/azsdk/js/identity/credential/troubleshoot. ' +
      'Status code: 401\nMore details:\ninvalid_client(status code 401).\nMore details:\n' +
      'AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the ' +
      `client secret ID. Trace ID: 6f0a Correlation ID: 7b1c Timestamp: 2026-01-01 00:00:00Z ${'{"more": "of it"} '.repeat(80)}`;
    vi.doMock('@azure/identity', () => ({
      DefaultAzureCredential: class {
        getToken = (): Promise<never> => Promise.reject(Object.assign(new Error(message), { name: 'AuthenticationError' }));
      },
    }));
    onTestFinished(() => void vi.doUnmock('@azure/identity'));
    const error = await failure(createEntraToken('prod', 'https://team.azurecr.io', {})('https://containerregistry.azure.net'));
    expect(error.message).toMatch(/: EnvironmentCredential was refused, AADSTS7000215: Invalid client secret provided\.$/);
    expect(error).not.toBeInstanceOf(NoIdentity);
  });

  it('that cannot be had is an error that says which ways there are', async () => {
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential');
    for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'AZURE_USERNAME', 'AZURE_PASSWORD'])
      vi.stubEnv(name, undefined);
    const error = await failure(createEntraToken('prod', 'https://team.azurecr.io', {})('https://containerregistry.azure.net'));
    expect(error).toBeInstanceOf(NoIdentity);
    expect(error).toMatchObject({
      code: 'AUTH',
      message:
        'There are no credentials for the registry prod, and no identity of Microsoft Entra ID: EnvironmentCredential is unavailable.',
      hint: expect.stringContaining('az login') as string,
    });
    expect(error.hint).toContain('REGISTRY_USER');
  });
});

it.each([
  ['team.azurecr.io', undefined],
  ['team.azurecr.cn', 'https://login.chinacloudapi.cn'],
  ['team.azurecr.us', 'https://login.microsoftonline.us'],
  ['registry.example.com', undefined],
])('identities for %s log in at %s', (host, authority) => {
  expect(authorityOf(host)).toBe(authority);
});

it.each([
  ['team.azurecr.io', undefined, ['https://containerregistry.azure.net']],
  ['team.azurecr.us', undefined, expect.arrayContaining(['https://containerregistry.azure.us', 'https://containerregistry.azure.net'])],
  ['team.azurecr.cn', undefined, expect.arrayContaining(['https://containerregistry.azure.cn', 'https://management.chinacloudapi.cn'])],
  // A name of its own: the authority tells the cloud.
  ['registry.example.com', 'https://login.microsoftonline.us/', expect.arrayContaining(['https://management.usgovcloudapi.net'])],
  ['registry.example.com', 'https://login.microsoftonline.com', ['https://containerregistry.azure.net']],
])('tokens for %s, with the authority %s, are for %j', (host, authority, audiences) => {
  expect(audiencesOf(host, authority)).toEqual(audiences);
});
