import { describe, expect, it } from 'vitest';
import { Holds } from '../../../src/apply/holds.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { Presence } from '../../../src/apply/presence.ts';
import { PutBack } from '../../../src/apply/put-back.ts';
import { RunState } from '../../../src/apply/run-state.ts';
import { TagLookup } from '../../../src/apply/tag-lookup.ts';
import { ToldTags } from '../../../src/apply/told-tags.ts';
import { Trial } from '../../../src/apply/trial.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, changes, contents, fillRepository, planOf, REPOSITORY, single, temporaryFolder } from './apply-fixture.ts';

/** A registry that can tell what tags are on a digest. */
async function withTagsOf(): Promise<{ server: EmbeddedRegistry; registry: Registry }> {
  const { server, registry } = await withServer();
  const tagsOf = async (repository: string, digest: string): Promise<string[]> =>
    [...server.storage.repository(repository).tags].flatMap(([tag, target]) => (target === digest ? [tag] : []));
  return { server, registry: { ...registry, tagsOf } };
}

/** One list of all tags with their digests. */
function listIn({ storage }: EmbeddedRegistry): (repository: string) => Promise<ReadonlyMap<string, Digest>> {
  return async (repository) => new Map(storage.repository(repository).tags as Map<string, Digest>);
}

/** A registry whose adapter compares by itself besides. */
async function withComparison(): Promise<{ server: EmbeddedRegistry; registry: Registry }> {
  const { server, registry } = await withTagsOf();
  const deleteManifest: Registry['deleteManifest'] = async (repository, digest, tags = []) => {
    const unexpected = (await registry.tagsOf!(repository, digest)).find((tag) => !tags.includes(tag));
    return unexpected === undefined
      ? registry.deleteManifest(repository, digest)
      : { outcome: 'drifted', message: `the tag ${unexpected} was set on it` };
  };
  return { server, registry: { ...registry, comparesTags: true, deleteManifest, resolveTags: listIn(server) } };
}

describe('where the registry tells what tags are on a digest', () => {
  it('the steps of a wave go side by side, and the waves one after another', async () => {
    const { server, registry } = await withTagsOf();
    for (let n = 0; n < 8; n++) await push(server, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
    await fillRepository(server);
    const plan = await planOf(registry);
    let under = 0;
    let most = 0;
    let begin: () => void = () => {};
    const three = new Promise<void>((resolve) => (begin = resolve));
    let begun = 0;
    server.onRequest(async ({ method, path }) => {
      if (method !== 'DELETE' || !plan.repositories[0]!.steps.some(({ digest }) => path.endsWith(digest))) return;
      begun += 1;
      under += 1;
      most = Math.max(most, under);
      if (most === 3) begin();
      // The first image and the first index go alone. The next wait for each other, however slow the machine is, and for one too many.
      if (begun > 2) await three;
      await new Promise((resolve) => setTimeout(resolve, 20));
      under -= 1;
    });
    const report = await apply(plan, registry, { concurrency: 3 });
    expect(report).toMatchObject({ outcome: 'done', counts: { deleted: plan.repositories[0]!.steps.length } });
    expect(most).toBe(3);
    expect(Object.keys(contents(server).tags)).toEqual(['keep-1', 'keep-2']);
  });

  it('a tag that came on a digest since the tags were listed is seen', async () => {
    const { server, registry } = await withTagsOf();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method === 'GET' && path.endsWith(lone.digest)) server.storage.repository(REPOSITORY).tags.set('keep-1', lone.digest);
    });
    const report = await apply(plan, registry);
    expect(report.repositories[0]!.notDone).toContainEqual(expect.objectContaining({ digest: lone.digest, outcome: 'drifted' }));
    expect(contents(server).tags).toMatchObject({ 'keep-1': lone.digest });
  });

  it('a child that a new index came to hold is put back at the end, after what it needs itself', async () => {
    const { server, registry } = await withTagsOf();
    const { nested, inner, amd, bill } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(async ({ method, path }) => {
      if (method === 'DELETE' && path.endsWith(nested.digest)) await push(server, REPOSITORY, index([inner]), ['next']);
    });
    const report = await apply(plan, registry);
    expect(report.counts).toMatchObject({ repaired: 3, lost: 0 });
    const { manifests } = contents(server);
    expect(manifests).toHaveProperty(inner.digest);
    expect(manifests).toHaveProperty(amd.digest);
    expect(manifests).toHaveProperty(bill.digest);
  });

  it('a run that is stopped still looks for what was pushed while it deleted, where one list tells that', async () => {
    const { server, registry } = await withTagsOf();
    const { nested, inner } = await fillRepository(server);
    const plan = await planOf(registry);
    const stop = new AbortController();
    server.onRequest(async ({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith(inner.digest)) return;
      await push(server, REPOSITORY, index([nested.children[0]!]), ['next']);
      stop.abort();
    });

    const report = await apply(plan, { ...registry, resolveTags: listIn(server) }, { signal: stop.signal });

    expect(report).toMatchObject({ outcome: 'interrupted', counts: { repaired: 1, lost: 0 } });
    expect(contents(server).manifests).toHaveProperty(inner.digest);
  });

  it('a kept tag that is gone afterwards is reported, since nobody can tell what it was on', async () => {
    const { server, registry } = await withTagsOf();
    const { lone, kept } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method === 'DELETE' && path.endsWith(lone.digest)) server.storage.repository(REPOSITORY).tags.set('keep-1', lone.digest);
    });
    const report = await apply(plan, registry);
    expect(report).toMatchObject({ outcome: 'failed', counts: { lost: 1 } });
    expect(report.repositories[0]!.repairs).toMatchObject([{ tag: 'keep-1', digest: kept.digest, restored: false }]);
  });
});

describe.each([
  ['that tells what tags are on a digest', withTagsOf],
  ['that compares by itself', withComparison],
])('in a registry %s', (_, start) => {
  it('a child that a new index holds before the run begins is never deleted', async () => {
    const { server, registry } = await start();
    const { amd, bill } = await fillRepository(server);
    const plan = await planOf(registry);
    await push(server, REPOSITORY, index([amd]), ['next']);

    const report = await apply(plan, registry);

    expect(report.repositories[0]).toMatchObject({ repairs: [], counts: { drifted: 1, held: 1 } });
    for (const { digest } of [amd, bill]) expect(changes(server)).not.toContain(`DELETE ${digest}`);
  });

  it('an image of which a tag was moved away before the run begins stays', async () => {
    const { server, registry } = await start();
    const { nested, kept } = await fillRepository(server);
    const plan = await planOf(registry);
    server.storage.repository(REPOSITORY).tags.set('old-1', kept.digest);

    const report = await apply(plan, registry);

    expect(report.repositories[0]!.notDone).toContainEqual(expect.objectContaining({ digest: nested.digest, outcome: 'drifted' }));
    expect(changes(server)).not.toContain(`DELETE ${nested.digest}`);
  });

  it('a child that a new index came to hold meanwhile is put back at the end', async () => {
    const { server, registry } = await start();
    const { nested, amd } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(async ({ method, path }) => {
      if (method === 'DELETE' && path.endsWith(nested.digest)) await push(server, REPOSITORY, index([amd]), ['next']);
    });

    const report = await apply(plan, registry);

    expect(report.counts).toMatchObject({ repaired: 2, lost: 0 });
    expect(contents(server).manifests).toHaveProperty(amd.digest);
  });

  it('nothing more is deleted after a first deletion that was answered and not done', async () => {
    const { server, registry } = await start();
    for (let number = 0; number < 5; number++) await push(server, REPOSITORY, single(`image ${number}`), [`old-${number}`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    const digests = plan.repositories[0]!.steps.map(({ digest }) => digest);
    server.requests.length = 0;
    server.onRequest(({ method, path }) =>
      method === 'DELETE' && digests.some((digest) => path.endsWith(digest)) ? { status: 202 } : undefined,
    );

    const report = await apply(plan, registry);

    expect(report.repositories[0]!.error?.message).toContain('answers that a manifest is deleted and does not delete it');
    expect(changes(server)).toHaveLength(1);
    expect(report).toMatchObject({ outcome: 'failed', counts: { deleted: 0, failed: 1, skipped: 4 } });
  });
});

describe('where the registry tells what tags are on a digest, besides', () => {
  it('an image of which a tag was moved away stays', async () => {
    const { server, registry } = await withTagsOf();
    const { nested, kept } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method === 'GET' && path.endsWith(nested.digest)) server.storage.repository(REPOSITORY).tags.set('old-1', kept.digest);
    });

    const report = await apply(plan, registry);

    expect(report.repositories[0]!.notDone).toContainEqual(expect.objectContaining({ digest: nested.digest, outcome: 'drifted' }));
    expect(contents(server).manifests).toHaveProperty(nested.digest);
  });

  it('a tag that is to be taken off and was moved stays where it is', async () => {
    const { server, registry } = await withTagsOf();
    const { lone, floating } = await fillRepository(server);
    const plan = await planOf(registry);
    server.storage.repository(REPOSITORY).tags.set('old-2', lone.digest);

    const report = await apply(plan, registry);

    expect(report.repositories[0]!.notDone).toContainEqual(
      expect.objectContaining({ op: 'delete-tag', digest: floating.digest, tag: 'old-2', outcome: 'drifted' }),
    );
    expect(contents(server).tags).toMatchObject({ 'old-2': lone.digest });
  });

  it('what is archived stays out of the archive where an image that it belongs to has a new tag, or has lost one', async () => {
    const { server, registry } = await withTagsOf();
    const { nested, amd } = await fillRepository(server);
    const plan = (await planOf(registry)).repositories[0]!;
    const step = {
      op: 'archive-manifest',
      digest: amd.digest,
      of: [nested.digest],
      expect: { 'old-1': nested.digest, 'old-1.0': nested.digest },
    } as const;
    const state = new RunState(registry, plan, {
      journal: new Journal(await temporaryFolder()),
      concurrency: 4,
      halted: () => undefined,
      signal: new AbortController().signal,
      cached: async () => undefined,
    });
    const putBack = new PutBack(state, () => {});
    const tags = new TagLookup(state, new Holds(state, putBack));
    const guard = new ToldTags({ state, tags, putBack, presence: new Presence(state), trial: new Trial() });
    const { tags: stored } = server.storage.repository(REPOSITORY);

    expect(await guard.check([step])).toEqual(new Map());
    stored.set('release', nested.digest);
    expect((await guard.check([step])).get(step)).toMatchObject({
      outcome: 'drifted',
      message: expect.stringContaining('release') as string,
    });
    stored.delete('release');
    stored.delete('old-1');
    expect((await guard.check([step])).get(step)).toMatchObject({
      outcome: 'drifted',
      message: expect.stringContaining('old-1') as string,
    });
  });
});
