import { describe, expect, onTestFinished, test } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import { image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { type FakeQuay, OWNER, startFakeQuay } from '../../fakes/quay/fake-quay.ts';
import { newSession, NOW } from './in-process.ts';

const DAY = 86_400_000;
const ENV = { REGISTRY_USER: '$oauthtoken', REGISTRY_PASSWORD: OWNER.token };

/** A Quay with `team/app`: ten builds, one every ten days, the newest of yesterday; the oldest is signed, and described. */
async function quayWithBuilds(): Promise<FakeQuay> {
  const quay = await startFakeQuay();
  onTestFinished(() => quay.close());
  const { store } = quay;
  for (let age = 9; age >= 0; age--) {
    const time = NOW - (age * 10 + 1) * DAY;
    const build = image({ layers: [layer(`build ${age}`, 100)], created: new Date(time).toISOString() });
    const pushed: Pushable = age % 2 === 0 ? index([build]) : build;
    store.now = () => time;
    store.push('team/app', pushed, [`build-${10 - age}`]);
    if (age !== 9) continue;
    store.push('team/app', cosignSignature(pushed), [attachmentTag(pushed.digest, 'sig')]);
    store.push('team/app', sbom(pushed, new Date(time).toISOString()));
  }
  store.push('other/app', image({ layers: [layer('other', 100)] }), ['v1']);
  store.now = () => NOW;
  quay.requests.length = 0;
  return quay;
}

function tagsIn({ store }: FakeQuay): string[] {
  const rows = store.alive(store.repository('team/app')).filter(({ hidden }) => !hidden);
  return rows.map(({ name, digest }) => `${name} ${digest}`).toSorted();
}

describe('a namespace of Quay, which is known by its answer', () => {
  test('is planned without a pull and without a deletion, and what it cannot do is said', async () => {
    const quay = await quayWithBuilds();
    quay.store.repository('team/app').policies.push({ uuid: '1', method: 'number_of_tags', value: 50 });
    const before = tagsIn(quay);
    const session = await newSession({ env: ENV });

    const { code, stdout } = await session.run('prune', `${quay.host}/team`, '--keep-days', '30', '--keep-last', '3');

    expect(code).toBe(0);
    expect(stdout).toContain('recoverable until 2026-12-08');
    expect(stdout).toContain('it keeps the newest 50 tags');
    expect(stdout).toContain('that were pushed by digest alone: 1.');
    expect(tagsIn(quay)).toEqual(before);
    expect(quay.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(quay.requests.filter(({ path }) => path.includes('/other/') || path.includes('/manifests/'))).toEqual([]);
    const plan = await session.plan([`${quay.host}/team`, '--keep-days', '30', '--keep-last', '3']);
    expect(plan.repositories.map(({ type, repository }) => `${type} ${repository}`)).toEqual(['quay team/app']);
    expect(plan.summary.images).toMatchObject({ keep: 3, delete: 7 });
  });

  test.each([
    ['ends the tags of signatures by itself', true],
    ['leaves them to be deleted', false],
  ])('is pruned with --apply and undone, where Quay %s', async (_what, endsCosignTags) => {
    const quay = await quayWithBuilds();
    quay.store.endsCosignTags = endsCosignTags;
    const before = tagsIn(quay);
    const session = await newSession({ env: ENV });

    const { code, stdout, stderr } = await session.run(
      'prune',
      `${quay.host}/team`,
      '--keep-days',
      '30',
      '--keep-last',
      '3',
      '--apply',
      '--yes',
    );

    expect(code, stderr).toBe(0);
    expect(tagsIn(quay)).toEqual(before.filter((tag) => /^build-(?:8|9|10) /.test(tag)));
    const [journal = ''] = await session.journals();
    expect(stdout).toContain(journal);
    const undone = await session.run('undo', journal, '--registry', quay.host, '--yes');
    expect(undone.code, undone.stderr).toBe(0);
    expect(tagsIn(quay)).toEqual(before);
    expect([...quay.store.repository('team/app').manifests.values()].map(({ pulls }) => pulls).filter((pulls) => pulls > 0)).toEqual([]);
  });

  test('tells of an image whose tag is on another by now that it is not put back, since Quay keeps none without a tag', async () => {
    const quay = await quayWithBuilds();
    const session = await newSession({ env: ENV });
    const words = ['prune', `${quay.host}/team/app`, '--tags', 'build-*', '--keep-last', '1', '--at-most', '2', '--apply', '--yes'];
    expect((await session.run(...words)).code).toBe(0);
    quay.store.push('team/app', image({ layers: [layer('another', 100)] }), ['build-2']);
    const [journal = ''] = await session.journals();

    const { code, stdout, stderr } = await session.run('undo', journal, '--registry', quay.host, '--yes');

    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/team\/app:build-2 {2}tag that points elsewhere today, left so\n/);
    // The index and its image; the other build is back, with its signature.
    expect(
      stdout.match(/ {2}not put back: its tags point elsewhere today, and this registry keeps no manifest without a tag/g),
    ).toHaveLength(2);
    expect(stdout).toMatch(/^ +4 {2}put back \(2 manifests and 2 tags\)$/m);
  });

  test('is not spoken to as a plain registry, even if the config says so', async () => {
    const quay = await quayWithBuilds();
    const session = await newSession({ env: ENV });
    await session.file('.regctlrc.yaml', `registries:\n  prod: {url: "${quay.url}", type: oci}\n`);
    const { code, stderr } = await session.run('prune', 'prod/team/app', '--keep-last', '1');
    expect(code).toBe(5);
    expect(stderr).toContain('The registry prod is of type quay, and the config says "type: oci"');
    expect(stderr).toContain('Say "type: quay"');
    expect(quay.requests.map(({ path }) => path)).toEqual(['/v2/']);
  });

  test('takes the namespaces to look at from the config', async () => {
    const quay = await quayWithBuilds();
    const session = await newSession({ env: ENV });
    await session.file('.regctlrc.yaml', `registries:\n  prod: {url: "${quay.url}", type: quay, quay: {namespaces: [team, other]}}\n`);
    const plan = await session.plan(['prod', '--keep-last', '1']);
    expect(plan.repositories.map(({ repository }) => repository)).toEqual(['other/app', 'team/app']);
  });
});
