import { expect, test } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { newSession, NOW } from './in-process.ts';
import { registryWith } from './registry-with-builds.ts';

/* What a plan asks of a plain registry, cold: what no rule needs is not fetched. */

const DAY = 86_400_000;

/** Six images in `team/app`, one of them of two platforms, a signature of another; one image in each of 49 other repositories. */
async function filled(): Promise<EmbeddedRegistry> {
  const others = Object.fromEntries(Array.from({ length: 49 }, (_, number) => [`other/app-${number}`, 1]));
  const registry = await registryWith(others, { referrersApi: false });
  const made = (number: number, platform = 'linux/amd64') =>
    image({ layers: [layer(`v${number} ${platform}`, 10)], created: new Date(NOW - (7 - number) * DAY).toISOString(), platform });
  for (let number = 1; number <= 5; number++) await push(registry, 'team/app', made(number), [`v${number}.0.0`]);
  await push(registry, 'team/app', index([made(6), made(6, 'linux/arm64')]), ['v6.0.0']);
  await push(registry, 'team/app', cosignSignature(made(5)), [attachmentTag(made(5).digest, 'sig')]);
  registry.requests.length = 0;
  return registry;
}

/** Tags, children of the index, and what lists the tags and asks for the API of attachments. */
const MANIFESTS = 7 + 2;
const CONFIGS = 7;

/** The requests by what they are for; of `team/app` alone, unless it says `elsewhere`. */
function counted({ requests }: EmbeddedRegistry): Record<string, number> {
  const counts = { manifests: 0, configs: 0, others: 0, elsewhere: 0 };
  for (const { path } of requests) {
    if (path.startsWith('/v2/other/')) counts.elsewhere += 1;
    else if (path.includes('/manifests/')) counts.manifests += 1;
    else if (path.includes('/blobs/')) counts.configs += 1;
    else counts.others += 1;
  }
  return counts;
}

const semver = (keep: string): string => `[{name: v, tags: ["v*"], order: semver, keep: ${keep}}]`;
const anyTag = (keep: string, more = ''): string => `[{name: all, tags: ["**"], keep: ${keep}${more}}]`;

test.for<[name: string, policy: string, configs: number]>([
  ['keep all', `rules: ${anyTag('all')}`, 0],
  ['protect only', `protect: [{tags: ["**"]}], rules: ${anyTag('{last: 1}')}`, CONFIGS],
  ['protect only, by versions', `protect: [{tags: ["**"]}], rules: ${semver('{last: 1}')}`, 0],
  ['by versions, without a grace', `grace: 0s, rules: ${semver('{last: 2}')}`, 0],
  ['by versions, within the default grace, where some go', `rules: ${semver('{last: 2}')}`, CONFIGS],
  ['by versions, within the default grace, where none goes', `rules: ${semver('{last: 6}')}`, 0],
  ['by versions and days', `grace: 0s, rules: ${semver('{last: 2, days: 3}')}`, CONFIGS],
  ['by days', `rules: ${anyTag('{days: 3}')}`, CONFIGS],
  ['by the time of the build', `rules: ${anyTag('{last: 3}', ', order: created')}`, CONFIGS],
  ['by labels', `grace: 0s, rules: ${anyTag('none', ', labels: {team: "*"}')}`, CONFIGS],
  ['untagged, which a plain registry does not list', 'rules: [{name: untagged, untagged: true, keep: none}]', 0],
])('%s', async ([name, policy, configs]) => {
  const registry = await filled();
  const session = await newSession();
  const file = await session.file('policy.yaml', `version: 1\npolicies: [{name: one, repositories: ["team/*"], ${policy}}]\n`);
  const { stdout } = await session.run('prune', '--registry', registry.url, '-p', file, '-o', 'name');
  expect(counted(registry), name).toEqual({ manifests: MANIFESTS, configs, others: expect.any(Number), elsewhere: 0 });

  const all = await session.run('inventory', `${registry.host}/team/app`);
  const document = await session.file('inventory.json', all.stdout);
  expect(stdout).toBe((await session.run('prune', '--inventory', document, '-p', file, '-o', 'name')).stdout);
});

test('a document tells all times, whatever the rules need', async () => {
  const registry = await filled();
  const session = await newSession();
  const file = await session.file(
    'policy.yaml',
    `version: 1\npolicies: [{name: one, repositories: ["team/*"], rules: ${semver('all')}}]\n`,
  );
  const plan = await session.plan(['--registry', registry.url, '-p', file]);
  expect(counted(registry)['configs']).toBe(CONFIGS);
  const images = plan.repositories.flatMap((one) => one.images.filter(({ attachmentTags }) => !attachmentTags));
  expect(images.every(({ createdAt }) => createdAt !== undefined)).toBe(true);
});

test('an explanation tells all times, whatever the rules need', async () => {
  const registry = await filled();
  const session = await newSession();
  const file = await session.file('policy.yaml', `version: 1\npolicies: [{name: one, rules: ${semver('all')}}]\n`);
  const { stdout } = await session.run('explain', `${registry.host}/team/app:v1.0.0`, '-p', file);
  expect(stdout).toContain('2026-11-18');
  expect(counted(registry)['configs']).toBe(CONFIGS);
});

test('a repository that is read for the sake of another one is read without its configs', async () => {
  const registry = await filled();
  await push(registry, 'team/store', image({ layers: [layer('of the store', 10)], created: '2026-11-01T00:00:00Z' }), ['v1']);
  registry.requests.length = 0;
  const session = await newSession();
  const file = await session.file(
    'policy.yaml',
    `version: 1\npolicies: [{name: one, repositories: [team/app], signaturesIn: [team/store], rules: ${anyTag('{days: 3}')}}]\n`,
  );
  await session.run('prune', '--registry', registry.url, '-p', file);
  expect(registry.requests.filter(({ path }) => path.startsWith('/v2/team/store/')).map(({ path }) => path)).toEqual(
    expect.not.arrayContaining([expect.stringContaining('/blobs/')]),
  );
  expect(counted(registry)['configs']).toBe(CONFIGS);
});
