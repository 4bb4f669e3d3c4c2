import { describe, expect, onTestFinished, test } from 'vitest';
import { type AwsServer, KEYS } from '../../fakes/aws-workloads/aws-server.ts';
import { startFakeEcs } from '../../fakes/aws-workloads/fake-ecs.ts';
import { startFakeLambda } from '../../fakes/aws-workloads/fake-lambda.ts';
import { newUser, type User } from '../program.ts';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

const ENV = { AWS_EC2_METADATA_DISABLED: 'true', AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };

async function closed(starting: Promise<AwsServer>): Promise<AwsServer> {
  const server = await starting;
  onTestFinished(() => server.close());
  return server;
}

/** Someone with a config of this source, whose policy keeps the newest build alone. */
function userWith(host: string, source: string, env: Readonly<Record<string, string>>): Promise<User> {
  const config = `registries:\n  prod: {url: "http://${host}"}\npolicies: [policy.yaml]\ninUse:\n  - ${source}\n`;
  return newUser({ env: { ...ENV, ...env }, files: { '.regctlrc.yaml': config, 'policy.yaml': keepBuilds(1) } });
}

describe('what Amazon ECS runs', () => {
  test('is kept, and the plan says by whom', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const account = {
      clusters: { prod: { services: { web: { taskDefinition: 'web:1' } } } },
      definitions: { 'web:1': { app: `${registry.host}/team/app:build-2` } },
      inactive: ['web:1'],
    };
    const ecs = await closed(startFakeEcs(account));
    const user = await userWith(registry.host, 'ecs: {regions: [eu-central-1]}', { AWS_ENDPOINT_URL_ECS: ecs.url });

    const { code, stdout, stderr } = await user.run('prune', 'prod', '--apply', '--yes', '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('ECS eu-central-1 cluster prod: service web (container app)');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-2', 'build-4']);
  });

  test('and may not be read: the plan is shown, nothing is deleted, and the permission is named', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const ecs = await closed(startFakeEcs({ clusters: { prod: {} } }));
    ecs.refuse('ListServices', 'AccessDeniedException');
    const user = await userWith(registry.host, 'ecs: {}', { AWS_ENDPOINT_URL_ECS: ecs.url, AWS_REGION: 'eu-central-1' });

    const { code, stdout, stderr } = await user.run('prune', 'prod', '--apply', '--yes');
    expect(code).toBe(5);
    expect(stdout + stderr).toContain('It needs ecs:ListServices on cluster prod');
    expect(stdout + stderr).not.toContain(KEYS.secretAccessKey);
    expect(tagsIn(registry, 'team/app')).toHaveLength(4);
  });

  test('is nowhere where nothing tells the region: the config is to be corrected', async () => {
    const registry = await registryWith({ 'team/app': 1 });
    const user = await userWith(registry.host, 'ecs: {}', {});
    expect(await user.run('prune', 'prod')).toMatchObject({ code: 3, stderr: expect.stringContaining('AWS_REGION') as string });
  });
});

test('what AWS Lambda runs is kept, by the digest that was resolved', async () => {
  const registry = await registryWith({ 'team/hook': 4 });
  const plan = await (await newSession()).plan([`${registry.host}/team/hook`, '--keep-last', '1']);
  const digest = plan.repositories[0]!.images.find(({ tags }) => tags.some((tag) => JSON.stringify(tag).includes('build-3')))!.digest;
  const uri = 'elsewhere.example.com/hook';
  const lambda = await closed(
    startFakeLambda({
      hook: { $LATEST: { uri: `${uri}:old`, resolved: `${uri}:old` }, 3: { uri: `${uri}:stable`, resolved: `${uri}@${digest}` } },
    }),
  );
  const user = await userWith(registry.host, 'lambda: {}', { AWS_ENDPOINT_URL_LAMBDA: lambda.url, AWS_REGION: 'eu-central-1' });

  const { code, stdout, stderr } = await user.run('prune', 'prod', '--apply', '--yes', '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Lambda eu-central-1: function hook, version 3');
  expect(tagsIn(registry, 'team/hook')).toEqual(['build-3', 'build-4']);
});
