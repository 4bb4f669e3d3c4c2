import { describe, expect, it } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, contents, planOf, REPOSITORY, single } from './apply-fixture.ts';
import { applyText } from '../../../src/report/apply-text.ts';

interface Scene {
  readonly plan: Plan;
  readonly server: EmbeddedRegistry;
  readonly report: ApplyReport;
  readonly before: ReturnType<typeof contents>;
  readonly deletions: readonly string[];
}

/** Two repositories with eight doomed images each, in a registry that handles the deletion of a manifest in its own way. */
async function carriedOut(deletion: (server: EmbeddedRegistry, repository: string, digest: string) => void): Promise<Scene> {
  const { server, registry } = await withServer();
  const repositories = [REPOSITORY, 'team/other'];
  for (const repository of repositories) {
    for (let n = 0; n < 8; n++) await push(server, repository, single(`${repository} ${n}`), [`old-${n}`]);
    await push(server, repository, single(`${repository} kept`), ['keep-1']);
  }
  const plan = await planOf(registry, repositories);
  const before = contents(server);
  const deletions: string[] = [];
  const doomed = new Set<string>(plan.repositories.flatMap(({ steps }) => steps.map(({ digest }) => digest)));
  server.onRequest(({ method, path }) => {
    const [, repository = '', digest = ''] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(path) ?? [];
    if (method !== 'DELETE' || !doomed.has(digest)) return undefined;
    deletions.push(digest);
    deletion(server, repository, digest);
    return { status: 202 };
  });
  const report = await apply(plan, registry);
  return { plan, server, report, before, deletions };
}

describe('a registry that does not do what it answers is recognised by its first deletion, and left alone in every repository', () => {
  it('where it deletes nothing', async () => {
    const { server, report, before, deletions } = await carriedOut(() => {});
    expect(deletions).toHaveLength(1);
    expect(contents(server)).toEqual(before);
    expect(report).toMatchObject({ outcome: 'failed', counts: { deleted: 0, failed: 1, skipped: 15 } });
    for (const { error } of report.repositories)
      expect(error?.message).toContain('answers that a manifest is deleted and does not delete it');
  });

  it('where the tags of a manifest stay when it is deleted: the manifest is put back, and its tag resolves again', async () => {
    const { server, report, before, deletions } = await carriedOut(
      (registry, repository, digest) => void registry.storage.repository(repository).manifests.delete(digest as never),
    );
    expect(deletions).toHaveLength(1);
    expect(contents(server)).toEqual(before);
    expect(report.counts).toMatchObject({ deleted: 0, failed: 1, repaired: 1, lost: 0 });
    for (const { error } of report.repositories) expect(error?.message).toContain('keeps the tags of a manifest that is deleted');
  });

  it('where its first manifests have no tags, too: the first one with a tag goes alone', async () => {
    const { server, registry } = await withServer();
    const untagged = Array.from({ length: 4 }, (_, n) => single(`untagged ${n}`));
    for (const one of untagged) await push(server, REPOSITORY, one, ['for-now']);
    for (let n = 0; n < 4; n++) await push(server, REPOSITORY, single(`other ${n}`), [`old-${n}`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    const [repository] = plan.repositories;
    const steps = untagged.map(({ digest }) => ({ op: 'delete-manifest' as const, digest, expect: {}, after: [] }));
    const images = untagged.map(({ digest, mediaType }) => ({
      ...repository!.images[0]!,
      digest,
      mediaType,
      tags: [],
      action: 'delete' as const,
    }));
    const known = repository!.images.filter(({ digest }) => !untagged.some((one) => one.digest === digest));
    server.onRequest(({ method, path }) => {
      const digest = path.split('/').at(-1);
      if (method !== 'DELETE' || !steps.concat(repository!.steps as never).some((step) => step.digest === digest)) return undefined;
      server.storage.repository(REPOSITORY).manifests.delete(digest as never);
      return { status: 202 };
    });
    const both = {
      ...repository!,
      images: [...known, ...images].toSorted((a, b) => (a.digest < b.digest ? -1 : 1)),
      steps: [...steps, ...repository!.steps],
    };

    const report = await apply({ ...plan, repositories: [both] }, registry);

    expect(report.repositories[0]!.error?.message).toContain('keeps the tags of a manifest that is deleted');
    expect(report.repositories[0]!.repairs).toHaveLength(1);
  });

  it('where a tag is not taken off: the first one shows it', async () => {
    const { server, registry } = await withServer();
    const old = Array.from({ length: 20 }, (_, n) => `old-${n}`);
    await push(server, REPOSITORY, single('kept'), ['keep-1', ...old]);
    const plan = await planOf(registry);
    const deletions: string[] = [];
    server.onRequest(({ method, path }) => {
      const tag = path.split('/').at(-1) ?? '';
      if (method !== 'DELETE' || !old.includes(tag)) return undefined;
      deletions.push(tag);
      return { status: 202 };
    });

    const report = await apply(plan, registry);

    expect(deletions).toHaveLength(1);
    expect(report).toMatchObject({ outcome: 'failed', counts: { deleted: 0, failed: 1, skipped: 19 } });
    expect(report.repositories[0]!.error?.message).toContain('answers that a tag is taken off and does not take it off');
  });

  it('where blobs go at once, by the first image that has any: an index that goes before it does not show that', async () => {
    const { server, registry } = await withServer();
    // Steps go in the order of digests.
    const old = single('old');
    const before = Array.from({ length: 20 }, (_, n) => index([single(`child ${n}`)])).find(({ digest }) => digest < old.digest)!;
    await push(server, REPOSITORY, before, ['old-index']);
    await push(server, REPOSITORY, old, ['old-image']);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    expect(plan.repositories[0]!.steps.map(({ digest }) => digest)).toEqual([before.digest, old.digest, before.children[0]!.digest]);
    let blobs = 0;
    server.onRequest(({ method, path }) => {
      const repository = server.storage.repository(REPOSITORY);
      const manifest = repository.manifests.get(path.split('/').at(-1) as never);
      if (method !== 'DELETE' || !manifest) return undefined;
      for (const { digest } of manifest.fields.blobs) blobs += Number(repository.blobs.delete(digest));
      return undefined;
    });

    const report = await apply(plan, registry);

    expect(report.counts).toMatchObject({ deleted: 2, skipped: 1 });
    expect(report.repositories[0]!.error?.message).toContain('deletes the blobs of a manifest at once');
    expect(blobs).toBe(2);

    // Where the plan says that nothing can be put back, the reader knows it, and it is no reason to stop.
    const known = { ...plan, repositories: plan.repositories.map((one) => ({ ...one, undo: false as const })) };
    expect((await apply(known, registry)).repositories[0]!.error).toBeUndefined();
    expect([...server.storage.repository(REPOSITORY).manifests]).toHaveLength(1);
  });

  it('where blobs go at once, although the first image was moved meanwhile and stays: the next one shows it', async () => {
    const { server, registry } = await withServer();
    for (let n = 0; n < 3; n++) await push(server, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    const { manifests, tags } = server.storage.repository(REPOSITORY);
    const [first] = plan.repositories[0]!.steps;
    const moved = [...tags].find(([, digest]) => digest === first!.digest)![0];
    await push(server, REPOSITORY, single('new'), [moved]);
    server.onRequest(({ method, path }) => {
      const manifest = manifests.get(path.split('/').at(-1) as never);
      if (method === 'DELETE')
        for (const { digest } of manifest?.fields.blobs ?? []) server.storage.repository(REPOSITORY).blobs.delete(digest);
      return undefined;
    });

    const report = await apply(plan, registry);

    expect(report.counts).toMatchObject({ drifted: 1, deleted: 1, skipped: 1 });
    expect(report.repositories[0]!.error?.message).toContain('deletes the blobs of a manifest at once');
  });

  it('where the blobs of a manifest go at once, so that nothing could be put back', async () => {
    const { plan, report, deletions } = await carriedOut((registry, name, digest) => {
      const repository = registry.storage.repository(name);
      for (const { digest: blob } of repository.manifests.get(digest as never)!.fields.blobs) repository.blobs.delete(blob);
      repository.manifests.delete(digest as never);
      for (const [tag, on] of repository.tags) if (on === digest) repository.tags.delete(tag);
    });
    expect(deletions).toHaveLength(1);
    expect(report.counts).toMatchObject({ deleted: 1, skipped: 15 });
    for (const { error } of report.repositories) expect(error?.message).toContain('deletes the blobs of a manifest at once');
    expect(applyText(plan, report, { undoCommand: 'regctl undo journal' })).not.toContain('regctl undo');
  });
});

it('an image that somebody pushes again, right after it was deleted, does not speak against the registry', async () => {
  const { server, registry } = await withServer();
  for (let n = 0; n < 4; n++) await push(server, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
  await push(server, REPOSITORY, single('kept'), ['keep-1']);
  const plan = await planOf(registry);
  const [first] = plan.repositories[0]!.steps;
  server.onRequest(({ method, path }) => {
    if (method !== 'DELETE' || !path.endsWith(first!.digest)) return undefined;
    const { manifests, tags } = server.storage.repository(REPOSITORY);
    const pushed = manifests.get(first!.digest)!;
    return (reply) => {
      manifests.set(first!.digest, pushed);
      tags.set('again', first!.digest);
      return reply;
    };
  });

  const report = await apply(plan, registry);

  expect(report.repositories[0]!.error).toBeUndefined();
  expect(report.counts).toMatchObject({ deleted: 3, drifted: 1, failed: 0, lost: 0 });
  expect(contents(server).tags).toEqual({ again: first!.digest, 'keep-1': expect.anything() as unknown });
});
