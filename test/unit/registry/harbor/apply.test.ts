import { describe, expect, it } from 'vitest';
import { Journal } from '../../../../src/apply/journal.ts';
import { undoFile } from '../../../whole-journal.ts';
import { attachmentTag, attestation, cosignSignature, sbom } from '../../../../src/demo/attachments.ts';
import { artifact, image, index, layer } from '../../../../src/demo/image.ts';
import type { Plan } from '../../../../src/plan/plan.ts';
import type { FakeHarbor } from '../../../fakes/harbor/fake-harbor.ts';
import { apply, planOf, temporaryFolder } from '../../apply/apply-fixture.ts';
import { fill, withHarbor } from './harbor-fixture.ts';

const app = (seed: string) => image({ layers: [layer(seed, 50)], created: '2025-01-01T00:00:00Z' });
const REPOSITORY = 'team/app';
const OPTIONS = { grace: '0s', keepAtLeast: 0 };

/** Every manifest with its tags, and what it is attached to. */
function contents({ store }: FakeHarbor): Record<string, string> {
  const lines = store.artifactsIn(REPOSITORY).map(({ id, digest }) => {
    const tags = store
      .tagsOn(id)
      .map(({ name }) => name)
      .toSorted();
    const subjects = store.accessories
      .filter(({ artifactId }) => artifactId === id)
      .map(({ subjectDigest, type }) => `${type} of ${subjectDigest}`);
    return [digest, [...tags, ...subjects].join(' ')] as const;
  });
  return Object.fromEntries(lines.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the plan keeps, by digest. */
function kept(plan: Plan): string[] {
  return plan.repositories
    .flatMap(({ images }) => images.filter(({ action }) => action !== 'delete').map(({ digest }) => digest))
    .toSorted();
}

async function filled() {
  const { harbor, registry } = await withHarbor();
  const [amd, arm, shared, tagged, other] = [app('amd'), app('arm'), app('shared'), app('tagged'), app('other')];
  const inner = index([amd, attestation(amd, { subject: true }), shared]);
  const outer = index([inner, arm, tagged]);
  const stays = index([shared, other]);
  const bill = sbom(amd, '2025-01-01T00:00:00Z');
  const signatureOfBill = artifact({ artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json', subject: bill });
  await fill(harbor, [
    [outer, 'old-1'],
    [tagged, 'keep-tagged'],
    [stays, 'keep-1', 'old-2'],
    [bill],
    [signatureOfBill],
    [cosignSignature(outer), attachmentTag(outer.digest, 'sig')],
    [cosignSignature(stays), attachmentTag(stays.digest, 'sig')],
  ]);
  return { harbor, registry, outer, inner, amd, arm, shared, tagged, stays, bill };
}

describe('a plan carried out on Harbor', () => {
  it('leaves what it said, to the manifest, although Harbor deletes much by itself', async () => {
    const { harbor, registry } = await filled();
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);

    const report = await apply(plan, registry);

    expect(report).toMatchObject({ outcome: 'done', counts: { deleted: plan.repositories[0]?.steps.length, gone: 0 } });
    expect(Object.keys(contents(harbor))).toEqual(kept(plan));
    expect(harbor.store.findTag(REPOSITORY, 'old-2')).toBeUndefined();
    const again = await planOf(registry, [REPOSITORY], OPTIONS);
    expect(again.repositories[0]?.steps).toEqual([]);
  });

  it('is undone with everything that went along', async () => {
    const { harbor, registry } = await filled();
    const before = contents(harbor);
    const folder = await temporaryFolder();
    const report = await apply(await planOf(registry, [REPOSITORY], OPTIONS), registry, { journal: new Journal(folder) });
    expect(Object.keys(contents(harbor))).not.toEqual(Object.keys(before));

    const undone = await undoFile(report.journal ?? '', { registries: new Map([[registry.name, registry]]), concurrency: 1 });

    expect(undone.outcome).toBe('done');
    expect(contents(harbor)).toEqual(before);
  });

  it('pulls nothing that stays, not even what a tag is taken off', async () => {
    const { harbor, registry } = await filled();
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    await apply(plan, registry);
    expect(harbor.store.artifactsIn(REPOSITORY).flatMap(({ pullTime, digest }) => (pullTime > 0 ? [digest] : []))).toEqual([]);
  });

  it('leaves an index alone with which something would go that the plan keeps', async () => {
    const { harbor, registry, outer, tagged } = await filled();
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    const tag = harbor.store.findTag(REPOSITORY, 'keep-tagged');
    harbor.store.tags.delete(tag?.id ?? 0);

    const report = await apply(plan, registry);

    const result = report.repositories[0]?.notDone.find(({ digest }) => digest === outer.digest);
    expect(result).toMatchObject({
      outcome: 'drifted',
      message: `the registry would delete ${tagged.digest} along with it: the plan does not delete it`,
    });
    expect(harbor.store.find(REPOSITORY, outer.digest)).toBeDefined();
    expect(harbor.store.find(REPOSITORY, tagged.digest)).toBeDefined();
  });

  it('leaves an image alone to which something was attached since', async () => {
    const { harbor, registry, outer, amd } = await filled();
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    const late = artifact({ artifactType: 'application/vnd.example.remark', subject: amd });
    await fill(harbor, [[late]]);

    const report = await apply(plan, registry);

    expect(report.repositories[0]?.notDone.find(({ digest }) => digest === outer.digest)).toMatchObject({ outcome: 'drifted' });
    expect(harbor.store.find(REPOSITORY, late.digest)).toBeDefined();
  });

  it('leaves an image alone that got a label since, itself or one of its parts, before anything is pulled', async () => {
    for (const labelled of ['outer', 'amd'] as const) {
      const { harbor, registry, ...images } = await filled();
      harbor.store.artifact(REPOSITORY, 'old-1').labels = ['seen before'];
      const plan = await planOf(registry, [REPOSITORY], OPTIONS);
      harbor.store.artifact(REPOSITORY, images[labelled].digest).labels.push('stable');
      harbor.requests.length = 0;

      const report = await apply(plan, registry);

      expect(report.repositories[0]?.notDone.find(({ digest }) => digest === images.outer.digest)).toMatchObject({
        outcome: 'drifted',
        message: expect.stringContaining('the label harbor/stable was put on it after the plan was made') as string,
      });
      expect(harbor.store.find(REPOSITORY, images.outer.digest)).toBeDefined();
      expect(harbor.requests.filter(({ path }) => path.includes('/manifests/'))).toEqual([]);
    }
  });

  it('asks for no tag by itself that is not to go', async () => {
    const { harbor, registry } = await withHarbor();
    for (let number = 0; number < 450; number++)
      harbor.store.addPlainImage(REPOSITORY, `${number}`, [`${number < 3 ? 'old' : 'keep'}-${number}`], Date.UTC(2025, 0, 1) + number);
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    harbor.requests.length = 0;

    const report = await apply(plan, registry);

    expect(report).toMatchObject({ outcome: 'done', counts: { deleted: 3 } });
    expect(harbor.requests.filter(({ path }) => path.includes('keep-'))).toEqual([]);
    // Two looks at all tags, five pages each, and one whether the first is really gone; the rest is for the three that go.
    expect(harbor.requests.filter(({ path }) => path.includes('/artifacts?'))).toHaveLength(11);
    expect(harbor.requests.length).toBeLessThan(45);
  });

  it('leaves immutable tags, and what they are on', async () => {
    const { harbor, registry } = await filled();
    harbor.store.addImmutableRule('team', 'old-1');
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    expect(plan.repositories[0]?.steps).toEqual([expect.objectContaining({ op: 'delete-tag', tag: 'old-2' })]);
    expect((await apply(plan, registry)).outcome).toBe('done');
  });

  it('leaves what got an immutable tag meanwhile, and all that goes with it', async () => {
    const { harbor, registry, outer } = await filled();
    const plan = await planOf(registry, [REPOSITORY], OPTIONS);
    harbor.store.addImmutableRule('team', 'old-*');
    const before = Object.keys(contents(harbor));
    const report = await apply(plan, registry);
    expect(report.outcome).toBe('partial');
    expect(report.repositories[0]?.notDone.find(({ digest }) => digest === outer.digest)).toMatchObject({ outcome: 'locked' });
    expect(Object.keys(contents(harbor))).toEqual(before);
  });
});
