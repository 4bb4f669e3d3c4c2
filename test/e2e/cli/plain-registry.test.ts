import { describe, expect, test } from 'vitest';
import { push } from '../../../src/demo/push.ts';
import { image, layer } from '../../../src/demo/image.ts';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

describe('a tag whose manifest is not there', () => {
  test('keeps everything in its repository, and is told with the command that takes it off', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const { tags, manifests } = registry.storage.repository('team/app');
    manifests.delete(tags.get('build-2')!);
    const session = await newSession();

    const { code, stdout, stderr } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');

    expect(code).toBe(6);
    expect(stdout + stderr).toContain(`curl -u USER -X DELETE ${registry.url}/v2/team/app/manifests/build-2`);
    expect(tagsIn(registry, 'team/app')).toHaveLength(4);
  });

  test('is passed over where the policy says so', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const { tags, manifests } = registry.storage.repository('team/app');
    manifests.delete(tags.get('build-2')!);
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1, '    danglingTags: ignore\n'));

    const { code, stdout, stderr } = await session.run('prune', `${registry.host}/team/app`, '-p', policy, '--apply');

    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    expect(stdout).toContain('build-1');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-2', 'build-4']);
  });
});

test('an old build that got a tag since the last run is within grace, in this run and in the next one', async () => {
  const registry = await registryWith({});
  for (const [tag, month] of [
    ['build-1', '01'],
    ['build-2', '02'],
    ['build-3', '03'],
  ] as const)
    await push(registry.url, 'team/app', image({ layers: [layer(tag, 10)], created: `2026-${month}-01T00:00:00Z` }), [tag]);
  const session = await newSession({ now: Date.now });
  const plan = () => session.plan([`${registry.host}/team/app`, '--keep-last', '1']);
  const reasons = async (tag: string) =>
    (await plan()).repositories[0]!.images.find(({ tags }) => tags.includes(tag))!.reasons.map(({ code }) => code);

  expect(await reasons('build-1')).toEqual(['expired']);
  const { tags } = registry.storage.repository('team/app');
  tags.set('promoted', tags.get('build-1')!);

  const first = await plan();
  expect(await reasons('build-1')).toContain('grace');
  expect(await reasons('build-2')).toEqual(['expired']);
  expect((await plan()).repositories).toEqual(first.repositories);
});
