import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import { begunBy, withFinishingRuns } from '../../../src/apply/finishing-runs.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { lockRepositories } from '../../../src/apply/lock-repositories.ts';
import { undoJournal } from '../../../src/apply/undo.ts';
import { unfinishedRuns } from '../../../src/apply/unfinished-runs.ts';
import { readJournal } from '../../../src/documents/read-journal.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, contents, type Filled, fillRepository, planOf, REPOSITORY, temporaryFolder } from './apply-fixture.ts';

interface Stopped {
  readonly server: EmbeddedRegistry;
  readonly registry: Registry;
  readonly filled: Filled;
  readonly folder: string;
  readonly before: ReturnType<typeof contents>;
}

/** A run that was stopped by a signal right after it had deleted the nested index. */
async function stopped(): Promise<Stopped> {
  const { server, registry } = await withServer();
  const filled = await fillRepository(server);
  const before = contents(server);
  const plan = await planOf(registry);
  const folder = await temporaryFolder();
  const stop = new AbortController();
  const off = server.onRequest(({ method, path }) => {
    if (method === 'DELETE' && path.endsWith(filled.nested.digest)) stop.abort();
  });
  const report = await apply(plan, registry, { journal: new Journal(folder), signal: stop.signal });
  off();
  expect(report.outcome).toBe('interrupted');
  expect(contents(server).manifests).toHaveProperty(filled.amd.digest);
  return { server, registry, filled, folder, before };
}

/** Plans anew, and carries that out. */
async function again({ registry, folder }: Stopped, changes: Partial<PolicySpec> = {}, used: readonly Digest[] = []): Promise<ApplyReport> {
  const plan = await planOf(registry, undefined, changes, { folder, used });
  const finishes = (await unfinishedRuns(folder, () => {})).map(({ name }) => name);
  return apply(plan, registry, { journal: new Journal(folder), finishes });
}

function partsOf({ filled: { amd, inner, bill, signature } }: Stopped): Digest[] {
  return [amd, inner, bill, signature].map(({ digest }) => digest);
}

describe('what an earlier run left', () => {
  it('is in the next plan, with its reason and a note, and goes with it', async () => {
    const run = await stopped();
    const plan = await planOf(run.registry, undefined, {}, { folder: run.folder });
    const images = plan.repositories[0]!.images.filter(({ digest }) => partsOf(run).includes(digest));
    expect(images).toHaveLength(4);
    for (const image of images) expect(image).toMatchObject({ action: 'delete', part: true });
    expect(plan.diagnostics.map(({ message }) => message)).toContainEqual(expect.stringContaining('were left by an earlier run'));

    expect(await again(run)).toMatchObject({ outcome: 'done' });

    const { manifests } = contents(run.server);
    for (const digest of partsOf(run)) expect(manifests).not.toHaveProperty(digest);
    expect(manifests).toHaveProperty(run.filled.kept.digest);
    expect((await planOf(run.registry, undefined, {}, { folder: run.folder })).repositories[0]!.steps).toEqual([]);
  });

  it('is bound by every limit, and told as what it is', async () => {
    const run = await stopped();
    const left = async (changes: Partial<PolicySpec>): Promise<Plan> => planOf(run.registry, undefined, changes, { folder: run.folder });
    const without = { rules: [{ name: 'old', tags: ['old-1*'], keep: 'none' as const }] };

    const { summary, repositories } = await left(without);
    expect(summary).toMatchObject({ images: { delete: 0 }, leftovers: { delete: repositories[0]!.steps.length } });

    const { blockedBy } = await left({ ...without, limits: { maxDeletions: summary.leftovers!.delete - 1 } });
    expect(blockedBy).toMatchObject([{ code: 'maxDeletions', actual: summary.leftovers!.delete }]);
    expect(blockedBy[0]!.message).toContain('manifests that an earlier run left half-way');

    const some = await left({ perRun: { deletions: 1 } });
    expect(some.summary).toMatchObject({ images: { delete: 0 }, leftovers: { delete: 1 } });
    expect(some.diagnostics.map(({ message }) => message)).toContainEqual(expect.stringMatching(/; \d+ manifests .* for the next run$/));
  });

  it('stays where the policy of today keeps the image that it was a part of', async () => {
    const run = await stopped();
    await again(run, { rules: [{ name: 'old', tags: ['old-*', '!old-1*'], keep: 'none' }] });
    const { manifests } = contents(run.server);
    for (const digest of partsOf(run)) expect(manifests).toHaveProperty(digest);
    expect(manifests).not.toHaveProperty(run.filled.lone.digest);
  });

  it('takes no place among the images that are there', async () => {
    const run = await stopped();
    const plan = await planOf(
      run.registry,
      undefined,
      { rules: [{ name: 'old', tags: ['old-*'], keep: { last: 1 } }] },
      { folder: run.folder },
    );
    expect(plan.repositories[0]!.images.find(({ digest }) => digest === run.filled.lone.digest)).toMatchObject({ action: 'keep' });
  });

  it('stays where the policy protects by labels, which nobody knows of an image that is gone', async () => {
    const run = await stopped();
    await again(run, { protect: [{ labels: { keep: 'true' } }] });
    for (const digest of partsOf(run)) expect(contents(run.server).manifests).toHaveProperty(digest);
  });

  it('stays where it is in use by now, by its own digest or by that of its config', async () => {
    const run = await stopped();
    const { amd, inner } = run.filled;
    const config = (JSON.parse(Buffer.from(amd.bytes).toString('utf8')) as { config: { digest: Digest } }).config.digest;
    for (const used of [inner.digest, config]) {
      await again(run, {}, [used]);
      for (const one of [amd, inner]) expect(contents(run.server).manifests).toHaveProperty(one.digest);
    }
  });

  it('stays where a tag leads to it by now', async () => {
    const run = await stopped();
    const { amd, bill, inner } = run.filled;
    await push(run.server, REPOSITORY, index([index([amd])]), ['keep-9']);
    await again(run);
    const { manifests } = contents(run.server);
    expect(manifests).toHaveProperty(amd.digest);
    expect(manifests).toHaveProperty(bill.digest);
    expect(manifests).not.toHaveProperty(inner.digest);
  });

  it('stays where its index was pushed again', async () => {
    const run = await stopped();
    await push(run.server, REPOSITORY, run.filled.nested, ['again']);
    await again(run);
    for (const digest of [...partsOf(run), run.filled.nested.digest]) expect(contents(run.server).manifests).toHaveProperty(digest);
  });

  it('is put back with the rest by an undo of the run that had left it', async () => {
    const run = await stopped();
    const [name] = (await readdir(run.folder)).filter((one) => one.endsWith('.jsonl'));
    await again(run);
    const later = (await readdir(run.folder)).filter((one) => one.endsWith('.jsonl') && one !== name);
    const path = join(run.folder, name!);
    const { journal, finishedBy } = await withFinishingRuns(await readJournal(path), path);
    expect(finishedBy).toEqual(later);
    const [latest] = later.map((one) => join(run.folder, one));
    expect(await begunBy(await readJournal(latest!), latest!)).toEqual([path]);
    expect(await begunBy(journal, path)).toEqual([]);
    const report = await undoJournal({ journal, path, registries: new Map([['prod', run.registry]]), concurrency: 4 });
    expect(report.outcome).toBe('done');
    const { manifests, tags } = contents(run.server);
    for (const digest of partsOf(run)) expect(manifests).toHaveProperty(digest);
    expect(tags).toMatchObject({ 'old-1': run.filled.nested.digest });
  });
});

describe('an earlier run', () => {
  it('counts once it is over, of this registry alone, and as long as it has something left', async () => {
    const run = await stopped();
    expect(await unfinishedRuns(run.folder, () => {})).toHaveLength(1);
    const unlock = await lockRepositories(run.folder, [{ url: run.server.url, repository: REPOSITORY }]);
    expect(await unfinishedRuns(run.folder, () => {})).toEqual([]);
    await unlock.free();
    const elsewhere = { ...run.registry, url: 'http://127.0.0.1:1' };
    expect(
      (await planOf(elsewhere, undefined, {}, { folder: run.folder })).repositories[0]!.images.map(({ digest }) => digest),
    ).not.toEqual(expect.arrayContaining(partsOf(run)));
  });

  it('that came to its end is not looked at', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const folder = await temporaryFolder();
    await apply(await planOf(registry), registry, { journal: new Journal(folder) });
    expect(await unfinishedRuns(folder, () => {})).toEqual([]);
    expect(await unfinishedRuns('/nonexistent/journals', () => {})).toEqual([]);
  });
});
