import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../src/demo/attachments.ts';
import { image, index, layer, type Pushable } from '../../src/demo/image.ts';
import { push } from '../../src/demo/push.ts';
import { newUser, type User } from './program.ts';
import { type Distribution, startDistribution } from './servers/distribution.ts';
import { skipWithout } from './servers/server-binaries.ts';

const REPOSITORY = 'team/app';
const POLICY = `version: 1
policies:
  - name: services
    repositories: ["team/**"]
    rules:
      - {name: releases, tags: ["v*"], order: semver, keep: {last: 1}, action: {copyTo: TARGET}}
`;

interface World {
  readonly user: User;
  readonly registry: Distribution;
  readonly cold: Distribution;
  readonly old: Pushable;
  readonly words: readonly string[];
}

/** An index with a signature and an SBOM under v1.0.0, and a newer v2.0.0; `target`: where the rule copies to. */
async function world(target: (cold: Distribution, own: Distribution) => string): Promise<World> {
  const [registry, cold] = await Promise.all([startDistribution({ version: 2 }), startDistribution({ version: 2 })]);
  onTestFinished(async () => void (await Promise.all([registry.stop(), cold.stop()])));
  const part = (name: string): Pushable => image({ layers: [layer(name, 2_000_000)], created: '2025-01-01T00:00:00Z' });
  const [amd, arm] = [part('amd'), part('arm')];
  const old = index([amd, arm]);
  await push(registry, REPOSITORY, old, ['v1.0.0']);
  await push(registry, REPOSITORY, cosignSignature(old), [attachmentTag(old.digest, 'sig')]);
  await push(registry, REPOSITORY, sbom(old, '2025-01-01T00:00:00Z'));
  await push(registry, REPOSITORY, part('new'), ['v2.0.0']);
  const config = `registries: {prod: {url: ${registry.url}}, cold: {url: ${cold.url}}}\n`;
  const user = await newUser({ files: { '.regctlrc.yaml': config, 'policy.yaml': POLICY.replace('TARGET', target(cold, registry)) } });
  return { user, registry, cold, old, words: ['prune', `prod/${REPOSITORY}`, '-p', 'policy.yaml'] };
}

/** Every tag of a repository, and the sizes of all that an image of it needs as they can be pulled. */
async function pull({ url }: Distribution, repository: string, thing: Pushable): Promise<number[]> {
  const parts = [thing, ...thing.children].flatMap(({ digest, blobs }) => [
    `manifests/${digest}`,
    ...blobs.map((blob) => `blobs/${blob.digest}`),
  ]);
  const headers = { accept: `${thing.mediaType}, application/vnd.oci.image.manifest.v1+json` };
  return Promise.all(
    parts.map(async (part) => {
      const response = await fetch(`${url}/v2/${repository}/${part}`, { headers });
      return response.ok ? (await response.arrayBuffer()).byteLength : -response.status;
    }),
  );
}

async function tags({ url }: Distribution, repository: string): Promise<string[]> {
  const { tags: listed } = (await (await fetch(`${url}/v2/${repository}/tags/list`)).json()) as { tags: string[] | null };
  return (listed ?? []).toSorted();
}

describe.skipIf(skipWithout('docker-registry'))('images that are copied elsewhere before they go (needs docker-registry)', () => {
  it('are brought back from there after the garbage collection of their own registry', async () => {
    const { user, registry, cold, old, words } = await world(() => 'cold/archive');
    const whole = await pull(registry, REPOSITORY, old);
    const before = await tags(registry, REPOSITORY);
    expect(await user.succeed(...words)).toContain('copied to cold/archive/team/app first');
    expect(await user.succeed(...words, '--apply', '--yes')).toMatch(
      /deleted {2}1 image in 1 repository: done[\s\S]*1 {2}copied elsewhere/,
    );
    await registry.collectGarbage();
    expect((await pull(registry, REPOSITORY, old)).every((size) => size < 0)).toBe(true);
    expect(await pull(cold, `archive/${REPOSITORY}`, old)).toEqual(whole);
    expect(await tags(cold, `archive/${REPOSITORY}`)).toEqual([attachmentTag(old.digest), attachmentTag(old.digest, 'sig'), 'v1.0.0']);
    const [journal = ''] = await user.journals();
    expect(await user.succeed('show', journal)).toContain('after 1 image was copied to cold/archive/team/app');
    await user.succeed('undo', journal, '--yes');
    expect(await pull(registry, REPOSITORY, old)).toEqual(whole);
    expect(await tags(registry, REPOSITORY)).toEqual(before);
  });

  it('are mounted where that is the same registry, and a target that is governed is refused at its line', async () => {
    const { user, registry, old, words } = await world((_, { host }) => `${host}/archive`);
    const whole = await pull(registry, REPOSITORY, old);
    await user.succeed(...words, '--apply', '--yes');
    await registry.collectGarbage();
    expect(await pull(registry, `archive/${REPOSITORY}`, old)).toEqual(whole);
    const loop = await newUser({
      files: { 'policy.yaml': POLICY.replace('["team/**"]', '["**"]').replace('TARGET', `${registry.host}/archive`) },
    });
    const { code, stderr } = await loop.run('prune', `${registry.host}/${REPOSITORY}`, '-p', 'policy.yaml');
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/policy\.yaml:6:\d+: what is copied there is governed by the policy "services"/),
    });
  });

  it('stay where a saved plan would copy to another address than that of the config', async () => {
    const { user, registry, old, words } = await world(() => 'cold/archive');
    const whole = await pull(registry, REPOSITORY, old);
    await user.succeed(...words, '--plan-out', 'plan.json');
    await writeFile(join(user.home, '.regctlrc.yaml'), `registries: {prod: {url: ${registry.url}}, cold: {url: http://127.0.0.1:9}}\n`);
    const { code, stderr } = await user.run('apply', 'plan.json', '--yes');
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/the registry "cold" is at http:\/\/127\.0\.0\.1:9/) });
    expect(await pull(registry, REPOSITORY, old)).toEqual(whole);
  });
});
