import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseEcrHost } from '../../../../src/registry/ecr/host.ts';
import { createEcrRegistry, type EcrRegistryOptions } from '../../../../src/registry/ecr/create-registry.ts';
import { createEcrPublicRegistry } from '../../../../src/registry/ecr/create-public-registry.ts';
import type { HttpClient, HttpRequest } from '../../../../src/http/http-client.ts';
import { OWNER } from '../../../fakes/ecr/fake-ecr.ts';
import { testClock } from '../../http/test-client.ts';

const account = '123456789012';

afterEach(() => vi.unstubAllEnvs());

describe('a host of ECR', () => {
  it.each([
    [`${account}.dkr.ecr.eu-central-1.amazonaws.com`, 'eu-central-1', false, false],
    [`${account}.dkr.ecr-fips.us-east-1.amazonaws.com`, 'us-east-1', true, false],
    [`${account}.dkr-ecr.eu-west-1.on.aws`, 'eu-west-1', false, true],
    [`${account}.dkr-ecr-fips.us-gov-west-1.on.aws`, 'us-gov-west-1', true, true],
    [`${account}.dkr.ecr.cn-north-1.amazonaws.com.cn`, 'cn-north-1', false, false],
    [`${account}.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn`, 'cn-northwest-1', false, true],
    [`${account}.dkr.ecr.eusc-de-east-1.amazonaws.eu`, 'eusc-de-east-1', false, false],
    [`${account}.dkr.ecr.us-iso-east-1.c2s.ic.gov`, 'us-iso-east-1', false, false],
    [`${account}.dkr.ecr.us-isob-east-1.sc2s.sgov.gov`, 'us-isob-east-1', false, false],
    [`${account}.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk`, 'eu-isoe-west-1', false, false],
    [`${account}.dkr.ecr.us-isof-south-1.csp.hci.ic.gov`, 'us-isof-south-1', false, false],
  ])('tells account, region and how to get to the API: %s', (host, region, fips, dualStack) => {
    expect(parseEcrHost(host)).toEqual({ account, region, fips, dualStack });
  });

  it.each([
    '12345.dkr.ecr.eu-central-1.amazonaws.com',
    `${account}.dkr.ecr.amazonaws.com`,
    `${account}.dkr.ecr.eu-central-1.amazonaws.com.evil.example`,
    'public.ecr.aws',
    'ecr.eu-central-1.amazonaws.com',
  ])('is not %s', (host) => {
    expect(parseEcrHost(host)).toBeUndefined();
  });
});

describe('the API is asked at', () => {
  it.each([
    [`https://${account}.dkr.ecr.eu-central-1.amazonaws.com`, 'https://api.ecr.eu-central-1.amazonaws.com/'],
    [`https://${account}.dkr.ecr-fips.us-east-1.amazonaws.com`, 'https://api.ecr-fips.us-east-1.amazonaws.com/'],
    [`https://${account}.dkr-ecr.eu-west-1.on.aws`, 'https://ecr.eu-west-1.api.aws/'],
    [`https://${account}.dkr.ecr.cn-north-1.amazonaws.com.cn`, 'https://api.ecr.cn-north-1.amazonaws.com.cn/'],
    [`https://${account}.dkr.ecr.us-iso-east-1.c2s.ic.gov`, 'https://api.ecr.us-iso-east-1.c2s.ic.gov/'],
  ])('the region of the host, whatever region the environment names: %s', async (url, expected) => {
    process.env['AWS_REGION'] = 'ap-south-1';
    try {
      const asked = await addressFor({ url });
      expect(asked).toMatchObject({ url: expected, method: 'POST' });
      expect(JSON.parse(Buffer.from(asked.body as Uint8Array).toString('utf8'))).toMatchObject({
        registryId: account,
        repositoryName: 'team/app',
      });
    } finally {
      delete process.env['AWS_REGION'];
    }
  });

  it('the region of the config for a name that does not tell it', async () => {
    expect((await addressFor({ url: 'https://images.example.com', region: 'eu-north-1' })).url).toBe(
      'https://api.ecr.eu-north-1.amazonaws.com/',
    );
  });

  it('the address in AWS_ENDPOINT_URL_ECR, also for a FIPS or dual-stack host', async () => {
    process.env['AWS_ENDPOINT_URL_ECR'] = 'https://vpce.example.com';
    try {
      for (const host of ['dkr.ecr-fips.us-east-1.amazonaws.com', 'dkr-ecr.us-east-1.on.aws']) {
        expect((await addressFor({ url: `https://${account}.${host}` })).url).toBe('https://vpce.example.com/');
      }
    } finally {
      delete process.env['AWS_ENDPOINT_URL_ECR'];
    }
  });

  it.each([
    ['AWS_USE_FIPS_ENDPOINT', 'https://api.ecr-fips.us-east-1.amazonaws.com/'],
    ['AWS_USE_DUALSTACK_ENDPOINT', 'https://ecr.us-east-1.api.aws/'],
  ])('the kind of address that %s asks for, for a plain host', async (variable, expected) => {
    vi.stubEnv(variable, 'true');
    expect((await addressFor({ url: `https://${account}.dkr.ecr.us-east-1.amazonaws.com` })).url).toBe(expected);
  });

  it.each([
    ['use_fips_endpoint = true', 'https://api.ecr-fips.us-east-1.amazonaws.com/'],
    ['use_dualstack_endpoint = true', 'https://ecr.us-east-1.api.aws/'],
    // An address wins over what kind is asked for.
    ['use_fips_endpoint = true\nendpoint_url = https://vpce.example.com', 'https://vpce.example.com/'],
    ['services = private\n[services private]\necr =\n  endpoint_url = https://vpce.example.com', 'https://vpce.example.com/'],
  ])('what the profile says: %j', async (keys, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'regprune-aws-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'config'), `[profile cleanup]\n${keys}\n`);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    const host = keys.includes('endpoint_url') ? 'dkr.ecr-fips' : 'dkr.ecr';
    const url = `https://${account}.${host}.us-east-1.amazonaws.com`;
    // The SDK looks for an address in the profile of the environment alone.
    vi.stubEnv('AWS_PROFILE', 'cleanup');
    expect((await addressFor({ url, identity: { profile: 'cleanup' } })).url).toBe(expected);
  });

  it('the address that the config gives to this registry alone', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_ECR', 'https://other.example.com');
    const url = `https://${account}.dkr.ecr-fips.us-east-1.amazonaws.com`;
    expect((await addressFor({ url, endpoint: 'https://vpce.example.com' })).url).toBe('https://vpce.example.com/');
  });

  it('the account of the config for a name that does not tell it, and no other', async () => {
    const registry = { url: 'https://images.example.com', region: 'us-gov-west-1', account: '210987654321' };
    const { body } = await addressFor(registry);
    expect(JSON.parse(Buffer.from(body as Uint8Array).toString('utf8'))).toMatchObject({ registryId: '210987654321' });
    const { http } = recorder();
    expect(createEcrRegistry({ name: 'prod', http, credentials: OWNER, ...registry }).url).toBe(
      'https://210987654321.dkr.ecr.us-gov-west-1.amazonaws.com',
    );
    const other = { name: 'prod', http, url: `https://${account}.dkr.ecr.us-east-1.amazonaws.com`, account: '210987654321' };
    expect(() => createEcrRegistry(other)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('one region for all of ECR Public', async () => {
    const { http, asked } = recorder();
    const registry = createEcrPublicRegistry({
      name: 'public',
      url: 'https://public.ecr.aws',
      http,
      credentials: OWNER,
      clock: testClock(),
    });
    await expect(registry.listTags('a1b2c3d4/app')).rejects.toThrow();
    expect(asked[0]!.url).toBe('https://api.ecr-public.us-east-1.amazonaws.com/');
  });

  it('nowhere, where nothing tells the region or two things tell different ones', () => {
    const { http } = recorder();
    const make = (options: Partial<EcrRegistryOptions>): unknown =>
      createEcrRegistry({ name: 'prod', url: 'https://images.example.com', http, credentials: OWNER, ...options });
    expect(() => make({})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('prod') as string }));
    expect(() => make({ url: `https://${account}.dkr.ecr.eu-central-1.amazonaws.com`, region: 'us-east-1' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

/** The first request for a list of tags. It goes through this program's own client, which knows proxies and certificates. */
async function addressFor(options: Partial<EcrRegistryOptions> & { readonly url: string }): Promise<HttpRequest> {
  const { http, asked } = recorder();
  await expect(
    createEcrRegistry({ name: 'prod', http, credentials: OWNER, clock: testClock(), ...options }).listTags('team/app'),
  ).rejects.toThrow();
  return asked[0]!;
}

function recorder(): { http: HttpClient; asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const http: HttpClient = {
    async request(request) {
      asked.push(request);
      return { status: 400, headers: {}, body: Buffer.from('{"__type":"InvalidParameterException"}'), url: request.url };
    },
    async close() {},
  };
  return { http, asked };
}
