import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { redact } from '../../../../src/diagnostics/redact.ts';
import { createCloudCredentials } from '../../../../src/registry/alibaba/cloud-credentials.ts';
import { failure } from './alibaba-fixture.ts';

/** An environment in which nothing is set up, and an empty home folder. */
async function emptyHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'regprune-alibaba-'));
  for (const name of Object.keys(process.env)) if (name.startsWith('ALIBABA_CLOUD_')) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', home);
  vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });
  return home;
}

it('takes the keys of the environment, with the token of a role, and remembers what is secret', async () => {
  await emptyHome();
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', 'LTAI5tEnvironment');
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'environment-secret-4711');
  vi.stubEnv('ALIBABA_CLOUD_SECURITY_TOKEN', 'environment-token-4711');
  expect(await createCloudCredentials('prod')()).toEqual({
    accessKeyId: 'LTAI5tEnvironment',
    accessKeySecret: 'environment-secret-4711',
    securityToken: 'environment-token-4711',
  });
  expect(redact('environment-secret-4711 environment-token-4711')).not.toMatch(/4711/);
});

it.each([
  ['.alibabacloud/credentials', '[default]\ntype = access_key\naccess_key_id = LTAI5tFile\naccess_key_secret = file-secret-4711\n'],
  [
    '.aliyun/config.json',
    JSON.stringify({
      current: 'default',
      profiles: [{ name: 'default', mode: 'AK', access_key_id: 'LTAI5tFile', access_key_secret: 'file-secret-4711' }],
    }),
  ],
])('takes those of ~/%s', async (file, text) => {
  const home = await emptyHome();
  await mkdir(join(home, file, '..'), { recursive: true });
  await writeFile(join(home, file), text);
  expect(await createCloudCredentials('prod')()).toEqual({ accessKeyId: 'LTAI5tFile', accessKeySecret: 'file-secret-4711' });
});

it('says what it looked for where there are none', async () => {
  await emptyHome();
  const error = await failure(createCloudCredentials('prod')());
  expect(error).toMatchObject({ code: 'AUTH', exitCode: 4, hint: expect.stringContaining('ALIBABA_CLOUD_ACCESS_KEY_ID') as string });
  expect(error.message).toContain('There are no credentials of Alibaba Cloud for the API of prod');
});

it('asks the way that gave credentials again, and no other: those of a role change', async () => {
  let asked = 0;
  const broken = { getCredentials: () => Promise.reject(new Error('not set up')) };
  const role = { getCredentials: async () => ({ accessKeyId: `STS.${++asked}`, accessKeySecret: 'role-secret-4711' }) };
  const unused = { getCredentials: () => Promise.reject(new Error('it was asked')) };
  const credentials = createCloudCredentials('prod', async () => [broken, role, unused]);
  expect([(await credentials()).accessKeyId, (await credentials()).accessKeyId]).toEqual(['STS.1', 'STS.2']);
});
