import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEcrRegistry, type EcrRegistryOptions } from '../../../../src/registry/ecr/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeAccount, type FakeEcr, OWNER, startFakeEcr } from '../../../fakes/ecr/fake-ecr.ts';
import { testClient, testClock } from '../../http/test-client.ts';
import { app, HOST, REPOSITORY } from './ecr-fixture.ts';

const ROLE: FakeAccount = { accessKeyId: 'ASIAROLE000000000000', secretAccessKey: 'secret-of-the-assumed-role-42' };

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-aws-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const profiles = `[cleanup]\naws_access_key_id = ${ROLE.accessKeyId}\naws_secret_access_key = ${ROLE.secretAccessKey}\n`;
  await writeFile(join(folder, 'credentials'), profiles);
  for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => vi.unstubAllEnvs());

describe('credentials', () => {
  it('come from the environment', async () => {
    const { registry } = await start([OWNER]);
    vi.stubEnv('AWS_ACCESS_KEY_ID', OWNER.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', OWNER.secretAccessKey);
    expect(await registry.listTags(REPOSITORY)).toEqual(['v1']);
  });

  it('come from the profile that the config names', async () => {
    const { registry } = await start([ROLE], { identity: { profile: 'cleanup' } });
    expect(await registry.listTags(REPOSITORY)).toEqual(['v1']);
  });

  it('are those of the role that the config names, assumed with what was found', async () => {
    const sts = await startSts();
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', OWNER.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', OWNER.secretAccessKey);
    const { registry } = await start([ROLE], { identity: { roleArn: 'arn:aws:iam::123456789012:role/cleanup', externalId: 'our-team' } });
    expect(await registry.listTags(REPOSITORY)).toEqual(['v1']);
    expect(await registry.listTags(REPOSITORY)).toEqual(['v1']);
    expect(sts.asked).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(sts.asked[0]!.body))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: 'arn:aws:iam::123456789012:role/cleanup',
      ExternalId: 'our-team',
    });
    expect(sts.asked[0]!.authorization).toContain(OWNER.accessKeyId);
  });

  it('that are nowhere are an error that says where they may be', async () => {
    const { registry } = await start([OWNER]);
    await expect(registry.inventory(REPOSITORY)).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining(`prod/${REPOSITORY}`) as string,
      hint: expect.stringContaining('AWS_PROFILE') as string,
    });
  });

  it('are got from the address of STS that was given, also where FIPS endpoints are asked for besides', async () => {
    const sts = await startSts();
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    vi.stubEnv('AWS_ACCESS_KEY_ID', OWNER.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', OWNER.secretAccessKey);
    const { registry } = await start([ROLE], { identity: { roleArn: 'arn:aws:iam::123456789012:role/cleanup' } });
    expect(await registry.listTags(REPOSITORY)).toEqual(['v1']);
    expect(sts.asked).toHaveLength(1);
  });

  it('that STS does not give are an error of STS, not of ECR', async () => {
    const sts = await startSts('AccessDenied');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', OWNER.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', OWNER.secretAccessKey);
    const { registry } = await start([ROLE], { identity: { roleArn: 'arn:aws:iam::123456789012:role/cleanup' } });
    await expect(registry.inventory(REPOSITORY)).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringMatching(
        /prod\/team\/app.*AWS STS answered AccessDenied.*\(asked for the role arn:aws:iam::123456789012:role\/cleanup\)/,
      ) as string,
      hint: expect.stringContaining('trust policy') as string,
    });
  });

  it('that IAM Identity Center does not give are its error, with the role and the profile', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': 'ForbiddenException' });
      response.end('{"message":"No access"}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('HOME', await loggedIn('https://team.awsapps.com/start'));
    const { registry } = await start([OWNER], { identity: { profile: 'team' } });
    await expect(registry.inventory(REPOSITORY)).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining(
        'AWS IAM Identity Center answered ForbiddenException: No access (asked for the role Cleaner of the account 123456789012, ' +
          'with the profile "team")',
      ) as string,
      hint: expect.stringContaining('aws sso login') as string,
    });
  });

  it('of a profile that is missing are an error that says so and names the files', async () => {
    const { registry } = await start([OWNER], { identity: { profile: 'nowhere' } });
    const { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: keys } = process.env;
    await expect(registry.inventory(REPOSITORY)).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining(`there is no profile "nowhere" in ${config} (no such file) or in ${keys}.`) as string,
      hint: expect.stringContaining('~/.aws/config') as string,
    });
  });

  it('lead to no warning of the SDK about the Node.js that is used', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    const { registry } = await start([OWNER], { credentials: OWNER });
    await registry.listTags(REPOSITORY);
    expect(warned.mock.calls).toEqual([]);
  });
});

async function start(
  accounts: readonly FakeAccount[],
  options: Partial<EcrRegistryOptions> = {},
): Promise<{ fake: FakeEcr; registry: Registry }> {
  const fake = await startFakeEcr({ accounts });
  onTestFinished(() => fake.close());
  fake.push(REPOSITORY, app('one'), ['v1']);
  const registry = createEcrRegistry({
    name: 'prod',
    url: `https://${HOST}`,
    endpoint: fake.url,
    http: testClient(),
    clock: testClock(),
    ...options,
  });
  return { fake, registry };
}

/** A home in which "aws sso login" was done, and the profile `team` is of IAM Identity Center. */
async function loggedIn(startUrl: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'regprune-sso-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const config =
    `[profile team]\nsso_start_url = ${startUrl}\nsso_region = eu-west-1\nsso_account_id = 123456789012\n` + `sso_role_name = Cleaner\n`;
  await writeFile(process.env['AWS_CONFIG_FILE'] as string, config);
  const cache = join(home, '.aws', 'sso', 'cache');
  await mkdir(cache, { recursive: true });
  const session = { startUrl, region: 'eu-west-1', accessToken: 'token-of-the-session', expiresAt: '2099-01-01T00:00:00Z' };
  // The SDK finds it by this name.
  await writeFile(join(cache, `${createHash('sha1').update(startUrl).digest('hex')}.json`), JSON.stringify(session));
  return home;
}

interface Asked {
  readonly body: string;
  readonly authorization: string;
}

/** Gives out {@link ROLE} to whoever asks for a role (AWS query protocol), or refuses it with that code. */
async function startSts(refusal?: string): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({ body: Buffer.concat(chunks).toString('utf8'), authorization: request.headers.authorization ?? '' });
      const keys =
        `<AccessKeyId>${ROLE.accessKeyId}</AccessKeyId><SecretAccessKey>${ROLE.secretAccessKey}</SecretAccessKey>` +
        `<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`;
      const user =
        '<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/cleanup/regprune</Arn><AssumedRoleId>' +
        'AROA:regprune</AssumedRoleId></AssumedRoleUser>';
      if (refusal !== undefined) {
        response.writeHead(403, { 'content-type': 'text/xml' });
        const error =
          `<Error><Type>Sender</Type><Code>${refusal}</Code><Message>User: any is not authorized to perform: ` +
          `sts:AssumeRole</Message></Error>`;
        response.end(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}</ErrorResponse>`);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(
        `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
          `${keys}</Credentials>${user}</AssumeRoleResult></AssumeRoleResponse>`,
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
