import { describe, expect, it } from 'vitest';
import { artifact, image, layer } from '../../../../src/demo/image.ts';
import { newSession } from '../../../e2e/cli/in-process.ts';
import { type FakeGar, OWNER } from '../../../fakes/gar/fake-gar.ts';
import { fakeGar } from './gar-fixture.ts';

const old = image({ layers: [layer('old', 100)], created: '2025-01-01T00:00:00Z' });
const fresh = image({ layers: [layer('fresh', 100)], created: '2025-01-02T00:00:00Z' });

function config(fake: FakeGar, gar: string): string {
  return (
    `registries:\n  prod:\n    url: ${fake.url}\n    type: gar\n    gar: ${gar}\n    auth: {username: oauth2accesstoken, ` +
    `passwordEnv: GAR_TOKEN}\n`
  );
}

function world(fake: FakeGar): { readonly env: Record<string, string> } {
  return { env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: fake.url, GAR_TOKEN: OWNER.token } };
}

describe('the program on Artifact Registry', () => {
  it('plans and carries out what is in the projects of the config', async () => {
    const fake = await fakeGar();
    for (const name of ['my-project/images/team/app', 'my-project/images/web']) {
      fake.push(name, old, ['build-1'], { pushedAt: '2025-02-01T00:00:00Z' });
      fake.push(name, fresh, ['build-2'], { pushedAt: '2025-02-02T00:00:00Z' });
    }
    const session = await newSession(world(fake));
    await session.file('.regctlrc.yaml', config(fake, '{location: europe-west1, projects: [my-project]}'));
    const args = ['--tags', 'build-*', '--keep-last', '1'];
    const plan = await session.plan(['prod', ...args]);
    expect(plan.repositories.map(({ repository, type, summary }) => [repository, type, summary.images.delete])).toEqual([
      ['my-project/images/team/app', 'gar', 1],
      ['my-project/images/web', 'gar', 1],
    ]);
    const { code, stdout, stderr } = await session.run('prune', 'prod/my-project/images', ...args, '--apply', '--yes');
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).not.toContain(OWNER.token);
    for (const { images, tags } of fake.repository('my-project/images').packages.values()) {
      expect([...images.keys()]).toEqual([fresh.digest]);
      expect([...tags]).toEqual([['build-2', fresh.digest]]);
    }
    expect(fake.violations).toEqual([]);
  });

  it('ends with 4, one line and the role, where manifests may not be read', async () => {
    const may = (permission: string): boolean => permission !== 'artifactregistry.repositories.downloadArtifacts';
    const fake = await fakeGar({ accounts: [{ ...OWNER, may }] });
    const name = 'my-project/images/team/app';
    fake.push(name, old, ['v1']);
    for (let n = 0; n < 30; n++) fake.push(name, artifact({ artifactType: `application/vnd.example.${n}` }), [`a${n}`]);
    const session = await newSession(world(fake));
    await session.file('.regctlrc.yaml', config(fake, '{location: europe-west1}'));
    const { code, stderr } = await session.run('prune', `prod/${name}`, '--tags', '*', '--keep-last', '1');
    expect(code).toBe(4);
    expect(stderr).toContain('roles/artifactregistry.reader');
    expect(stderr.match(/answered status 403/g)).toHaveLength(1);
    expect(stderr.length).toBeLessThan(1500);
  });

  it('stops at the first refusal of a right that the account seems to have, puts back what it took off, and ends with 4', async () => {
    const denied = (permission: string): boolean => permission === 'artifactregistry.versions.delete';
    const fake = await fakeGar({ accounts: [{ ...OWNER, denied }] });
    const name = 'my-project/images/team/app';
    const images = Array.from({ length: 130 }, (_, n) => image({ layers: [layer(`old ${n}`, 10)], created: '2025-01-01T00:00:00Z' }));
    for (const [n, one] of images.entries()) fake.push(name, one, [`build-${n}`], { pushedAt: '2025-02-01T00:00:00Z' });
    const { tags } = fake.repository('my-project/images').packages.get('team/app')!;
    const before = new Map(tags);
    const session = await newSession(world(fake));
    await session.file('.regctlrc.yaml', config(fake, '{location: europe-west1}'));
    const { code, stdout, stderr } = await session.run(
      'prune',
      `prod/${name}`,
      '--tags',
      'build-*',
      '--keep-last',
      '5',
      '--apply',
      '--yes',
    );

    expect(code).toBe(4);
    expect(stdout).toMatch(/taken off before, and are back: build-\d+/);
    expect(stderr).toMatch(/^error: Cannot delete .*'artifactregistry\.versions\.delete' denied/m);
    expect(stderr).toMatch(/^hint: It takes the permission artifactregistry\.versions\.delete .* deny policy/m);
    expect([...tags].sort()).toEqual([...before].sort());
    // One batch; those that were begun beside it take no tag off any more.
    const takenOff = fake.calls.filter(({ method, path }) => method === 'DELETE' && path.includes('/tags/'));
    expect(takenOff.length).toBeLessThanOrEqual(50);
  });

  it('takes no address of the API from the environment that the config would not take', async () => {
    const fake = await fakeGar();
    for (const address of ['https://me:word@api.example.com', 'ftp://api.example.com', 'api.example.com']) {
      const { env } = world(fake);
      const session = await newSession({ env: { ...env, CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: address } });
      await session.file('.regctlrc.yaml', config(fake, '{location: europe-west1}'));
      const { code, stderr } = await session.run('prune', 'prod/my-project/images/team/app', '--tags', '*', '--keep-last', '1');
      expect(code, address).toBe(3);
      expect(stderr).toContain('CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY cannot be used');
      expect(stderr).not.toContain('me:word');
    }
  });

  it('asks the API at the address that the config gives to the registry, and knows images by the usual host too', async () => {
    const fake = await fakeGar();
    fake.push('my-project/images/team/app', old, ['build-1'], { pushedAt: '2025-02-01T00:00:00Z' });
    fake.push('my-project/images/team/app', fresh, ['build-2'], { pushedAt: '2025-02-02T00:00:00Z' });
    const session = await newSession({ env: { GAR_TOKEN: OWNER.token } });
    await session.file('.regctlrc.yaml', config(fake, `{location: europe-west1, endpoint: "${fake.url}"}`));
    const inUse = await session.file('in-use.txt', 'europe-west1-docker.pkg.dev/my-project/images/team/app:build-1\n');
    const { repositories } = await session.plan(['prod/my-project/images/team/app', '--keep-last', '1', '--in-use', inUse]);
    expect(repositories[0]?.images.find(({ tags }) => tags.includes('build-1'))).toMatchObject({
      action: 'keep',
      reasons: [{ code: 'in_use' }],
    });
  });

  it('refuses settings that make no sense', async () => {
    const fake = await fakeGar();
    const session = await newSession(world(fake));
    for (const [gar, problem] of [
      ['{location: "not a place"}', 'not a location'],
      ['{projects: ["UPPER"]}', 'not the id of a project'],
      ['{impersonate: nobody}', 'not the email of a service account'],
      ['{endpoint: nowhere}', 'not the address of an API'],
    ] as const) {
      await session.file('.regctlrc.yaml', config(fake, gar));
      const { code, stderr } = await session.run('prune', 'prod', '--tags', '*', '--keep-last', '1');
      expect(code).toBe(3);
      expect(stderr).toContain(problem);
    }
    await session.file('.regctlrc.yaml', `registries: {prod: {url: ${fake.url}, type: oci, gar: {location: us}}}\n`);
    const { code, stderr } = await session.run('prune', 'prod', '--tags', '*', '--keep-last', '1');
    expect(code).toBe(3);
    expect(stderr).toContain('which does not use "gar"');
  });
});
