import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import { type ApplyOptions, executePlan } from '../../../src/apply/execute-plan.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { undoFile } from '../../whole-journal.ts';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import { attachmentTag } from '../../../src/demo/attachments.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { verifyPlan } from '../../../src/documents/plan-check.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { manifestBlobs } from '../../../src/domain/manifest-blobs.ts';
import type { CopyImageStep, Plan } from '../../../src/plan/plan.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { adapter, withServer } from '../registry/oci-fixture.ts';
import { changes, contents, type Filled, fillRepository, planOf, REPOSITORY, single, temporaryFolder } from './apply-fixture.ts';

const ARCHIVE = `old/${REPOSITORY}`;
/** Everything under an `old-` tag is copied to `old/…` of the registry `cold`, and deleted. */
const COPYING: Partial<PolicySpec> = { rules: [{ name: 'old', tags: ['old-*'], keep: 'none', action: { copyTo: 'cold/old' } }] };

interface World {
  readonly server: EmbeddedRegistry;
  readonly registry: Registry;
  readonly target: EmbeddedRegistry;
  readonly cold: Registry;
  readonly filled: Filled;
  readonly plan: Plan;
}

async function world(targetOptions: EmbeddedRegistryOptions = {}, spec = COPYING): Promise<World> {
  const { server, registry } = await withServer();
  const target = await startEmbeddedRegistry(targetOptions);
  onTestFinished(() => target.close());
  const cold = { ...adapter(target.url), name: 'cold' };
  const filled = await fillRepository(server);
  const plan = await planOf(registry, [REPOSITORY], spec, { cold });
  server.requests.length = 0;
  return { server, registry, target, cold, filled, plan };
}

async function apply({ plan, registry, cold }: World, options: Partial<ApplyOptions> = {}): Promise<ApplyReport> {
  const journal = new Journal(await temporaryFolder());
  const registries = new Map([registry, cold].map((one) => [one.name, one]));
  return executePlan({ plan, registries, journal, concurrency: 4, ...options });
}

describe('what a rule copies', () => {
  it('is whole in its new place, with its tags, before anything is deleted', async () => {
    const made = await world();
    const { server, target, filled, plan } = made;
    const before = contents(server);
    let deleted = false;
    const early: string[] = [];
    // To find out whether it may delete, the program deletes what is not there.
    const isThere = (path: string): boolean => server.storage.repository(REPOSITORY).manifests.has(path.split('/').at(-1) as Digest);
    server.onRequest(({ method, path }) => void (deleted ||= method === 'DELETE' && isThere(path)));
    target.onRequest(({ method, path }) => void (method === 'PUT' && deleted && early.push(path)));
    const report = await apply(made);
    expect(report).toMatchObject({ outcome: 'done', counts: { copied: 3, deleted: 8, failed: 0 } });
    expect(plan.summary).toMatchObject({ copied: 3, images: { delete: 2, untag: 1 } });
    expect(early).toEqual([]);
    const archived = contents(target, ARCHIVE);
    const { nested, inner, amd, shared, signature, bill, lone, floating } = filled;
    for (const { digest } of [nested, inner, amd, shared, signature, bill, lone, floating])
      expect(archived.manifests[digest]).toBe(before.manifests[digest]);
    expect(archived.tags).toMatchObject({
      'old-1': nested.digest,
      'old-1.0': nested.digest,
      'old-2': floating.digest,
      'old-3': lone.digest,
    });
    expect(Object.keys(contents(server).tags)).toEqual(expect.not.arrayContaining(['old-1', 'old-2', 'old-3']));
  });

  it.each([
    ['cannot be written there', { status: 403 }, 3],
    ['does not fit there', { status: 507 }, 3],
    ['is refused as a manifest', { status: 400 }, 3],
  ])('stays with all that belongs to it where it %s', async (_, answer, copies) => {
    const made = await world();
    made.target.onRequest(({ method, path }) =>
      (answer.status === 400 ? method === 'PUT' && path.includes('/manifests/') : method === 'POST') ? answer : undefined,
    );
    const before = contents(made.server);
    const report = await apply(made, { pause: async () => {} });
    expect(report).toMatchObject({ outcome: 'failed', counts: { copied: 0, deleted: 0, failed: copies } });
    expect(contents(made.server)).toEqual(before);
    expect(changes(made.server)).toEqual([]);
    const held = report.repositories[0]?.notDone.filter(({ outcome }) => outcome === 'held') ?? [];
    expect(held.length).toBe(made.plan.repositories[0]!.steps.length - copies);
    expect(held[0]?.message).toMatch(/was not copied to cold\/old\/team\/app: /);
  });

  it('goes without the one image whose tag points elsewhere there already', async () => {
    const made = await world();
    await push(made.target, ARCHIVE, single('somebody else'), ['old-3']);
    const report = await apply(made);
    expect(report).toMatchObject({ outcome: 'partial', counts: { copied: 2, failed: 1, held: 1 } });
    const { tags } = contents(made.server);
    expect(tags['old-3']).toBe(made.filled.lone.digest);
    expect(tags['old-1']).toBeUndefined();
  });

  it('is not copied where its tag was moved after the plan, and stays', async () => {
    const made = await world();
    const newer = single('newer');
    await push(made.server, REPOSITORY, newer, ['old-3']);
    const report = await apply(made);
    expect(contents(made.target, ARCHIVE).tags['old-3']).toBeUndefined();
    expect(contents(made.server).tags['old-3']).toBe(newer.digest);
    expect(contents(made.server).manifests[made.filled.lone.digest]).toBeDefined();
    expect(report.counts).toMatchObject({ copied: 2, drifted: 1, held: 1 });
  });

  it('is looked at again after the copy: what was attached or used meanwhile stays', async () => {
    const made = await world();
    const { nested, lone } = made.filled;
    const late = { source: 'test', image: { digest: lone.digest } };
    made.target.onRequest(async ({ method, path }) => {
      if (method === 'PUT' && path.endsWith('/manifests/old-1')) await push(made.server, REPOSITORY, nested, ['new-1']);
    });
    const readings = [{ images: [], problems: [], hosts: {} }];
    const report = await apply(made, { inUseNow: async () => readings.pop() ?? { images: [late], problems: [], hosts: {} } });
    expect(report.counts).toMatchObject({ copied: 3, in_use: 1 });
    expect(contents(made.server).tags).toMatchObject({ 'old-1': nested.digest, 'new-1': nested.digest, 'old-3': lone.digest });
  });

  it('gets a tag of its own where it has none, which registries do not collect', async () => {
    const spec: Partial<PolicySpec> = { rules: [{ name: 'loose', untagged: true, keep: 'none', action: { copyTo: 'cold/old' } }] };
    const { server, registry } = await withServer();
    const target = await startEmbeddedRegistry();
    onTestFinished(() => target.close());
    const cold = { ...adapter(target.url), name: 'cold' };
    const loose = single('loose');
    await push(server, REPOSITORY, single('kept'), ['keep']);
    await push(server, REPOSITORY, loose);
    const plan = await planOf(
      { ...registry, inventory: async (name, asked) => listing(await registry.inventory(name, asked), loose.digest) },
      [REPOSITORY],
      spec,
      { cold },
    );
    await apply({ server, registry, target, cold, plan } as World);
    expect(contents(target, ARCHIVE).tags).toEqual({ [`untagged-${loose.digest.slice(7)}`]: loose.digest });
    expect(contents(server).manifests[loose.digest]).toBeUndefined();
  });

  it('stays where its copy goes again before its turn', async () => {
    const made = await world();
    const { lone } = made.filled;
    let readings = 0;
    const report = await apply(made, {
      inUseNow: async () => {
        // The second reading comes after the copies.
        if (++readings > 1) made.target.storage.repository(ARCHIVE).manifests.delete(lone.digest);
        return { images: [], problems: [], hosts: {} };
      },
    });
    expect(report.counts).toMatchObject({ copied: 3, held: 1, deleted: 7 });
    expect(report.repositories[0]?.notDone[0]).toMatchObject({ digest: lone.digest, message: `its copy in cold/${ARCHIVE} is gone again` });
    expect(contents(made.server).tags['old-3']).toBe(lone.digest);
  });

  it('keeps the tag by which a signature says what it belongs to', async () => {
    const made = await world();
    const { server, registry, cold, target } = made;
    const tag = attachmentTag(single('long gone').digest, 'sig');
    const orphan = single('signature');
    await push(server, REPOSITORY, orphan, [tag]);
    const spec: Partial<PolicySpec> = { rules: [{ name: 'orphans', orphaned: true, keep: 'none', action: { copyTo: 'cold/old' } }] };
    const plan = await planOf(registry, [REPOSITORY], spec, { cold });
    expect(await apply({ ...made, plan })).toMatchObject({ counts: { copied: 1, deleted: 1 } });
    expect(contents(target, ARCHIVE).tags).toEqual({ [tag]: orphan.digest });
  });

  it('is found complete by the next run after one that was stopped half-way', async () => {
    const made = await world();
    const stop = new AbortController();
    let puts = 0;
    const off = made.target.onRequest(({ method }) => void (method === 'PUT' && (puts += 1) === 3 && stop.abort(new Error('stopped'))));
    const stopped = await apply(made, { signal: stop.signal });
    expect(stopped).toMatchObject({ outcome: 'interrupted', counts: { deleted: 0 } });
    expect(changes(made.server)).toEqual([]);
    off();
    expect(await apply(made)).toMatchObject({ outcome: 'done', counts: { copied: 3, deleted: 8 } });
  });

  it('is not deleted where the new place is the repository itself by another name', async () => {
    const { server, registry } = await withServer();
    const cold = { ...adapter(server.url), name: 'cold' };
    await fillRepository(server);
    const spec: Partial<PolicySpec> = { rules: [{ name: 'old', tags: ['old-*'], keep: 'none', action: { copyTo: 'cold' } }] };
    const plan = await planOf(registry, [REPOSITORY], spec, { cold });
    const before = contents(server);
    const report = await apply({ server, registry, cold, plan } as World);
    expect(report).toMatchObject({ outcome: 'failed', counts: { copied: 0, deleted: 0, failed: 3 } });
    expect(report.repositories[0]?.notDone[0]?.message).toMatch(/has everything that .*team\/app has, so it may be the same place/);
    expect(contents(server)).toEqual(before);
  });

  it('does not go along with an index whose own rule copies nothing', async () => {
    const rules: PolicySpec['rules'] = [
      { name: 'old', tags: ['old-*'], keep: 'none', action: { copyTo: 'cold/old' } },
      { name: 'bulk', tags: ['bulk-*'], keep: 'none' },
    ];
    const made = await world({}, { rules });
    const { server, registry, cold, target, filled } = made;
    const bulk = index([filled.lone]);
    await push(server, REPOSITORY, bulk, ['bulk-1']);
    await push(target, ARCHIVE, single('somebody else'), ['old-3']);
    const takesAlong: Registry = {
      ...registry,
      takenAlong: async (_, digest) => (digest === bulk.digest ? [{ digest: filled.lone.digest, tags: ['old-3'], heldBy: [] }] : []),
    };
    const plan = await planOf(takesAlong, [REPOSITORY], { rules }, { cold });
    const report = await apply({ ...made, registry: takesAlong, plan });
    expect(report.repositories[0]?.notDone).toContainEqual(
      expect.objectContaining({
        digest: bulk.digest,
        outcome: 'drifted',
        message: expect.stringMatching(/along with it: it was not copied to/),
      }),
    );
    expect(Object.keys(contents(server).manifests)).toEqual(expect.arrayContaining([bulk.digest, filled.lone.digest]));
  });

  it('is refused where the registry of that name is at another address than the plan says', async () => {
    const made = await world();
    const elsewhere = { ...made.cold, url: 'https://elsewhere.example.com' };
    await expect(apply({ ...made, cold: elsewhere })).rejects.toThrow(/copies to ".*", but the registry "cold" is at https:\/\/elsewhere/);
  });
});

describe('a plan of which a copy', () => {
  type Loose = { steps: CopyImageStep[]; images: { digest: string; copiedTo?: string[] }[] };
  it.each<[string, (loose: Loose, lone: Digest) => void, string]>([
    [
      'was taken out is refused',
      (loose, lone) => void (loose.steps = loose.steps.filter(({ op, digest }) => op !== 'copy-image' || digest !== lone)),
      'is copied to cold/old/team/app, and has no step for that',
    ],
    [
      'is of an image that it does not say to copy is refused',
      (loose, lone) => void delete loose.images.find(({ digest }) => digest === lone)?.copiedTo,
      'copies an image that the plan does not copy there',
    ],
    [
      'expects a tag less is refused',
      (loose, lone) =>
        void Object.assign(
          loose.steps.find(({ digest }) => digest === lone)!,
          { expect: {} },
        ),
      'does not expect just the tags that go by the plan',
    ],
    ['comes after a change is refused', (loose) => void loose.steps.push(loose.steps.shift()!), 'copies after something was changed'],
    ['is there twice is refused', (loose) => void loose.steps.unshift(loose.steps[0]!), 'a second time'],
  ])('%s', async (_, spoil, says) => {
    const { plan, filled } = await world();
    const loose = structuredClone(plan);
    spoil(loose.repositories[0] as unknown as Loose, filled.lone.digest);
    expect(() => verifyPlan(loose)).toThrow(says);
    expect(verifyPlan(plan)).toBe(plan);
  });
});

describe('undo', () => {
  it('brings back from there what the registry has collected', async () => {
    const made = await world();
    const before = contents(made.server);
    const folder = await temporaryFolder();
    await apply(made, { journal: new Journal(folder) });
    collectGarbage(made.server);
    const path = join(folder, (await readdir(folder)).find((name) => name.endsWith('.jsonl')) ?? '');
    const registries = new Map([made.registry, made.cold].map((one) => [one.name, one]));
    const report = await undoFile(path, { registries, concurrency: 4 });
    expect(report).toMatchObject({ outcome: 'done', counts: { lost: 0, failed: 0 } });
    expect(contents(made.server)).toEqual(before);
    expect(report.items.find(({ digest, tag }) => digest === made.filled.lone.digest && tag === undefined)).toMatchObject({
      outcome: 'restored',
      message: `brought back from cold/${ARCHIVE}`,
    });
    for (const { digest } of made.filled.lone.blobs) expect(made.server.storage.repository(REPOSITORY).blobs.has(digest)).toBe(true);
  });
});

/** Drops the blobs that no manifest needs any more. */
function collectGarbage({ storage }: EmbeddedRegistry): void {
  const { blobs, manifests } = storage.repository(REPOSITORY);
  const needed = new Set([...manifests.values()].flatMap(({ bytes }) => manifestBlobs(bytes).map(({ digest }) => digest)));
  for (const digest of blobs) {
    if (needed.has(digest)) continue;
    blobs.delete(digest);
    storage.blobs.delete(digest);
  }
}

/** As a registry that lists what has no tag. */
function listing<Inventory extends { readonly manifests: readonly object[]; readonly capabilities: object }>(
  inventory: Inventory,
  digest: Digest,
): Inventory {
  const loose = {
    digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 1,
    tags: [],
    children: [],
    createdAt: '2025-01-01T00:00:00Z',
  };
  return { ...inventory, capabilities: { ...inventory.capabilities, listUntagged: true }, manifests: [...inventory.manifests, loose] };
}
