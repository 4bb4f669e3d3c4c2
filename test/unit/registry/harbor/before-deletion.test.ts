import { describe, expect, it, test } from 'vitest';
import type { ApplyReport } from '../../../../src/apply/apply-report.ts';
import { Journal } from '../../../../src/apply/journal.ts';
import { attachmentTag, cosignSignature } from '../../../../src/demo/attachments.ts';
import { image, index, layer } from '../../../../src/demo/image.ts';
import { undoFile, type WholeReport } from '../../../whole-journal.ts';
import type { Digest } from '../../../../src/domain/digest.ts';
import { manifestParts } from '../../../../src/apply/manifest-parts.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { ADMIN, type FakeHarbor } from '../../../fakes/harbor/fake-harbor.ts';
import { apply, planOf, temporaryFolder } from '../../apply/apply-fixture.ts';
import { adapter, fill as fillNow, withHarbor } from './harbor-fixture.ts';

const REPOSITORY = 'team/app';
const OPTIONS = { grace: '0s', keepAtLeast: 0 };
const app = (seed: string) => image({ layers: [layer(seed, 50)], created: '2025-01-01T00:00:00Z' });

/** Everything was pushed long ago, and so is not within any grace. */
async function fill(harbor: FakeHarbor, things: Parameters<typeof fillNow>[1]): Promise<void> {
  harbor.store.now = () => Date.UTC(2025, 5, 1);
  await fillNow(harbor, things);
  harbor.store.now = Date.now;
}

/** The digests of what was pulled. */
function pulled({ store }: FakeHarbor): string[] {
  return store.artifactsIn(REPOSITORY).flatMap(({ pullTime, digest }) => (pullTime > 0 ? [digest] : []));
}

/** What became of a step that was not carried out, and why. */
function notDone(report: ApplyReport, digest: string): string {
  const step = report.repositories[0]!.notDone.find((one) => one.digest === digest);
  return `${step?.outcome}: ${step?.message}`;
}

async function undo(report: ApplyReport, registry: Registry): Promise<WholeReport> {
  return undoFile(report.journal ?? '', { registries: new Map([[registry.name, registry]]), concurrency: 1 });
}

describe('what stands against a deletion', () => {
  it('since the plan was made is found without a pull: a label, an immutable tag, on an image and on a lone tag', async () => {
    const { harbor, registry } = await withHarbor();
    const [labelled, locked, tagged, plain] = [app('labelled'), app('locked'), app('tagged'), app('plain')];
    await fill(harbor, [
      [labelled, 'old-1'],
      [locked, 'old-2'],
      [tagged, 'keep-1', 'old-3'],
      [plain, 'old-4'],
    ]);
    harbor.store.addLabel('known', 'team');
    harbor.store.artifact(REPOSITORY, plain.digest).labels.push('known');
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    for (const one of [labelled, tagged]) harbor.store.artifact(REPOSITORY, one.digest).labels.push('known');
    harbor.store.addImmutableRule('team', 'old-2');

    const report = await apply(plan, registry);

    expect(notDone(report, labelled.digest)).toBe('drifted: the label harbor/known was put on it after the plan was made');
    expect(notDone(report, tagged.digest)).toBe('drifted: the label harbor/known was put on it after the plan was made');
    expect(notDone(report, locked.digest)).toBe('locked: its tag old-2 was locked after the plan was made');
    expect(report.counts).toMatchObject({ deleted: 1, drifted: 2, locked: 1 });
    expect(pulled(harbor)).toEqual([]);
  });

  it('is a pull since the plan was made, but not one of an index, which a pull of its parts is too', async () => {
    const { harbor, registry } = await withHarbor();
    const [single, multi] = [app('single'), index([app('amd')])];
    await fill(harbor, [
      [single, 'old-1'],
      [multi, 'old-2'],
    ]);
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    for (const one of [single, multi]) harbor.store.artifact(REPOSITORY, one.digest).pullTime = Date.UTC(2026, 0, 1);

    const report = await apply(plan, registry);

    expect(notDone(report, single.digest)).toContain('drifted: it was pulled after the plan was made, at 2026-01-01');
    expect(report.counts).toMatchObject({ deleted: 2, drifted: 1 });
  });

  it('is what is in use by now: by a digest without a pull, by that of a config once it is read', async () => {
    const { harbor, registry } = await withHarbor();
    const [lone, child, configured] = [app('lone'), app('child'), app('configured')];
    const multi = index([child]);
    await fill(harbor, [
      [lone, 'old-1'],
      [multi, 'old-2'],
      [configured, 'old-3'],
    ]);
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    const digests = [lone.digest, child.digest, manifestParts(configured.bytes).config as Digest];
    const images = digests.map((digest) => ({ image: { digest }, source: 'shop/Deployment web' }));

    const report = await apply(plan, registry, { inUseNow: async () => ({ images, problems: [], hosts: {} }) });

    for (const one of [lone, child, multi, configured])
      expect(notDone(report, one.digest)).toBe('in_use: it is in use: shop/Deployment web');
    expect(pulled(harbor)).toEqual([configured.digest]);
  });
});

describe('a project that lets nobody pull some of its images', () => {
  async function unsigned(deleteUnpullable: boolean) {
    const { harbor } = await withHarbor();
    const registry = adapter(harbor.url, ADMIN, { deleteUnpullable });
    const [multi, signed] = [index([app('amd'), app('arm')]), app('signed')];
    await fill(harbor, [
      [multi, 'old-1'],
      [signed, 'old-2'],
      [cosignSignature(signed), attachmentTag(signed.digest, 'sig')],
    ]);
    harbor.store.project('team').preventPulls = 'unsigned';
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    return { harbor, registry, multi, plan, report: await apply(plan, registry, { journal: new Journal(await temporaryFolder()) }) };
  }

  it('is told so by the plan, and keeps what could not be put back', async () => {
    const { harbor, multi, plan, report } = await unsigned(false);
    expect(plan.diagnostics).toEqual([
      expect.objectContaining({ code: 'note', message: expect.stringContaining('harbor: {deleteUnpullable: true}') as string }),
    ]);
    expect(notDone(report, multi.digest)).toBe('locked: the project team lets nobody pull it, so that it could not be put back');
    expect(report.counts).toMatchObject({ deleted: 2, failed: 0 });
    expect(pulled(harbor)).toEqual([]);
  });

  it('loses it without a copy where the config says so, and undo tells what it cannot put back', async () => {
    const { harbor, registry, multi, plan, report } = await unsigned(true);
    expect(plan.diagnostics[0]?.message).toContain('"undo" cannot put them back');
    expect(report).toMatchObject({ outcome: 'done', counts: { deleted: 5 } });
    expect(harbor.store.artifacts.size).toBe(0);

    const { counts, items } = await undo(report, registry);

    // The signed image, its signature, and a tag of each.
    expect(counts).toMatchObject({ restored: 4, lost: 4, failed: 0 });
    expect(items.find(({ digest, tag }) => digest === multi.digest && tag === undefined)).toMatchObject({
      outcome: 'lost',
      message: expect.stringContaining('the journal has no copy of it: the project team lets nobody pull it') as string,
    });
  });
});

test('a repository of which nothing could be kept offers no undo', async () => {
  const { harbor } = await withHarbor();
  const registry = adapter(harbor.url, ADMIN, { deleteUnpullable: true });
  await fill(harbor, [[app('one'), 'old-1']]);
  harbor.store.project('team').preventPulls = 'findings';
  const report = await apply(await planOf(registry, [REPOSITORY], OPTIONS), registry);
  expect(report).toMatchObject({ outcome: 'done', repositories: [{ undo: false }] });
});

describe('undo', () => {
  it('puts a single tag back without a pull, and says what of a manifest is lost', async () => {
    const { harbor, registry } = await withHarbor();
    const [tagged, gone] = [app('tagged'), app('gone')];
    await fill(harbor, [
      [tagged, 'keep-1', 'old-1'],
      [gone, 'old-2'],
    ]);
    const report = await apply(await planOf(registry, [REPOSITORY], OPTIONS), registry, { journal: new Journal(await temporaryFolder()) });
    const layerOfGone = manifestParts(gone.bytes).layer as Digest;
    harbor.store.blobs.delete(layerOfGone);

    const { items } = await undo(report, registry);

    expect(harbor.store.findTag(REPOSITORY, 'old-1')).toMatchObject({ artifactId: harbor.store.artifact(REPOSITORY, tagged.digest).id });
    expect(pulled(harbor)).toEqual([]);
    expect(items.find(({ digest }) => digest === gone.digest)).toMatchObject({
      outcome: 'lost',
      message: expect.stringContaining(`the registry has not got ${layerOfGone} any more`) as string,
    });
  });
});
