import { describe, expect, it } from 'vitest';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, contents, fillRepository, planOf, REPOSITORY, single } from './apply-fixture.ts';

/** A registry that can tell what tags are on a digest. */
async function withTagsOf(): Promise<{ server: EmbeddedRegistry; registry: Registry }> {
  const { server, registry } = await withServer();
  const tagsOf = async (repository: string, digest: string): Promise<string[]> =>
    [...server.storage.repository(repository).tags].flatMap(([tag, target]) => (target === digest ? [tag] : []));
  return { server, registry: { ...registry, tagsOf } };
}

describe('where the registry tells what tags are on a digest', () => {
  it('the steps of a wave go side by side, and the waves one after another', async () => {
    const { server, registry } = await withTagsOf();
    for (let n = 0; n < 8; n++) await push(server.url, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
    await fillRepository(server);
    const plan = await planOf(registry);
    let under = 0;
    let most = 0;
    server.onRequest(async ({ method }) => {
      if (method !== 'DELETE') return;
      under += 1;
      most = Math.max(most, under);
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
      if (method === 'DELETE' && path.endsWith(nested.digest)) await push(server.url, REPOSITORY, index([inner]), ['next']);
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
    const resolveTags = async (repository: string): Promise<ReadonlyMap<string, Digest>> =>
      new Map(server.storage.repository(repository).tags as Map<string, Digest>);
    server.onRequest(async ({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith(inner.digest)) return;
      await push(server.url, REPOSITORY, index([nested.children[0]!]), ['next']);
      stop.abort();
    });

    const report = await apply(plan, { ...registry, resolveTags }, { signal: stop.signal });

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
