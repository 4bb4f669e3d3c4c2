import { describe, expect, it } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, contents, type Filled, fillRepository, planOf, REPOSITORY, single } from './apply-fixture.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';

interface Scene {
  readonly server: EmbeddedRegistry;
  readonly filled: Filled;
  readonly report: ApplyReport;
  readonly outcome: (digest: string) => string | undefined;
  readonly message: (digest: string) => string;
}

/** Plans, lets somebody change something, and then carries the plan out. */
async function meanwhile(change: (server: EmbeddedRegistry, filled: Filled) => Promise<unknown>): Promise<Scene> {
  const { server, registry } = await withServer();
  const filled = await fillRepository(server);
  const plan = await planOf(registry);
  await change(server, filled);
  const report = await apply(plan, registry);
  const find = (digest: string) => report.repositories[0]!.notDone.find((one) => one.digest === digest);
  return { server, filled, report, outcome: (digest) => find(digest)?.outcome, message: (digest) => find(digest)?.message ?? '' };
}

function everythingUnder(thing: { digest: string; children: readonly { digest: string; children: readonly unknown[] }[] }): string[] {
  return [thing.digest, ...thing.children.flatMap((child) => everythingUnder(child as never))];
}

describe('what changed since the plan', () => {
  it('a tag that was moved away: its image stays, with all that it holds and all that is attached to it', async () => {
    const { server, filled, report, outcome, message } = await meanwhile((server) => push(server, REPOSITORY, single('moved'), ['old-1']));
    const { nested, inner, amd, signature, bill, lone } = filled;
    expect(report.outcome).toBe('partial');
    expect(outcome(nested.digest)).toBe('drifted');
    expect(message(nested.digest)).toMatch(/^the tag old-1 was moved to sha256:/);
    for (const held of [inner, amd, signature, bill]) expect(outcome(held.digest)).toBe('held');
    const { manifests } = contents(server);
    for (const digest of [...everythingUnder(nested), signature.digest, bill.digest]) expect(manifests).toHaveProperty(digest);
    expect(manifests).not.toHaveProperty(lone.digest);
  });

  it('a new tag on an image that is to go', async () => {
    const { server, filled, outcome, message } = await meanwhile((server, { lone }) => push(server, REPOSITORY, lone, ['release']));
    expect(outcome(filled.lone.digest)).toBe('drifted');
    expect(message(filled.lone.digest)).toContain('the tag release was set on it after the plan was made');
    expect(contents(server).tags).toMatchObject({ release: filled.lone.digest, 'old-3': filled.lone.digest });
  });

  it('a tag that stays, moved back onto an image that is to go: a rollback', async () => {
    const { server, filled, report, outcome } = await meanwhile((server, { lone }) => push(server, REPOSITORY, lone, ['keep-1']));
    expect(outcome(filled.lone.digest)).toBe('drifted');
    // It was seen beforehand: nothing had to be put back.
    expect(report.repositories[0]!.repairs).toEqual([]);
    expect(contents(server).tags).toMatchObject({ 'keep-1': filled.lone.digest });
  });

  it('a new tag on an untagged child of an index that is to go', async () => {
    const { server, filled, outcome } = await meanwhile((server, { amd }) => push(server, REPOSITORY, amd, ['amd64']));
    expect(outcome(filled.amd.digest)).toBe('drifted');
    expect(outcome(filled.bill.digest)).toBe('held');
    expect(outcome(filled.nested.digest)).toBeUndefined();
    expect(Object.keys(contents(server).manifests)).toEqual(expect.arrayContaining([filled.amd.digest, filled.bill.digest]));
  });

  it('a new index, two levels deep, that holds a child which is to go', async () => {
    const { server, filled, outcome } = await meanwhile((server, { amd }) => push(server, REPOSITORY, index([index([amd])]), ['next']));
    expect(outcome(filled.amd.digest)).toBe('drifted');
    expect(outcome(filled.nested.digest)).toBeUndefined();
    expect(contents(server).manifests).toHaveProperty(filled.amd.digest);
  });

  it('a new signature of an image that is to go', async () => {
    const { filled, outcome, message } = await meanwhile((server, { lone }) =>
      push(server, REPOSITORY, cosignSignature(lone), [attachmentTag(lone.digest, 'sig')]),
    );
    expect(outcome(filled.lone.digest)).toBe('drifted');
    expect(message(filled.lone.digest)).toContain('was attached to it after the plan was made');
  });

  it('a new attachment, under whatever suffix, of an image that is to go', async () => {
    const { filled, outcome, message } = await meanwhile((server, { lone }) =>
      push(server, REPOSITORY, cosignSignature(lone), [`${attachmentTag(lone.digest)}.vex`]),
    );
    expect(outcome(filled.lone.digest)).toBe('drifted');
    expect(message(filled.lone.digest)).toContain('was attached to it after the plan was made');
  });

  it('something that was attached, without a tag, to an image that is to go', async () => {
    const { server, filled, outcome, message } = await meanwhile((server, { lone }) =>
      push(server, REPOSITORY, sbom(lone, '2026-01-01T00:00:00Z')),
    );
    expect(outcome(filled.lone.digest)).toBe('drifted');
    expect(message(filled.lone.digest)).toContain('was attached to it after the plan was made');
    expect(contents(server).tags).toMatchObject({ 'old-3': filled.lone.digest });
  });

  it('a tag to take off that was moved stays where it is; one that is gone is gone', async () => {
    const moved = await meanwhile((server) => push(server, REPOSITORY, single('moved'), ['old-2']));
    expect(moved.outcome(moved.filled.floating.digest)).toBe('drifted');
    expect(contents(moved.server).tags).toHaveProperty('old-2');
    const gone = await meanwhile(async (server) => server.storage.repository(REPOSITORY).tags.delete('old-2'));
    expect(gone.report).toMatchObject({ outcome: 'done', counts: { gone: 1 } });
  });

  it('a tag that vanished does not keep its image', async () => {
    const { report } = await meanwhile(async (server) => server.storage.repository(REPOSITORY).tags.delete('old-3'));
    expect(report.outcome).toBe('done');
  });

  it('a manifest that is gone is gone, and what it held goes', async () => {
    const { report, server, filled } = await meanwhile(async (server, { nested }) => {
      const repository = server.storage.repository(REPOSITORY);
      repository.manifests.delete(nested.digest);
      for (const tag of ['old-1', 'old-1.0']) repository.tags.delete(tag);
    });
    expect(report).toMatchObject({ outcome: 'done', counts: { gone: 1 } });
    expect(contents(server).manifests).not.toHaveProperty(filled.amd.digest);
  });

  it('keeps an attachment by its own bytes, even if the plan does not tell what it belongs to', async () => {
    const { server, registry } = await withServer();
    const { amd, bill } = await fillRepository(server);
    const plan = await planOf(registry);
    const [repository] = plan.repositories;
    const steps = repository!.steps.map((step) =>
      step.op === 'delete-manifest' && step.digest === bill.digest ? { ...step, after: [] } : step,
    );
    await push(server, REPOSITORY, amd, ['amd64']);
    const report = await apply({ ...plan, repositories: [{ ...repository!, steps }] }, registry);
    expect(report.repositories[0]!.notDone).toContainEqual({
      op: 'delete-manifest',
      digest: bill.digest,
      outcome: 'held',
      message: `it is attached to ${amd.digest}, which stays`,
    });
    expect(contents(server).manifests).toHaveProperty(bill.digest);
  });

  it('a new tag whose manifest cannot be read: nothing at all is deleted', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const digest = await push(server, REPOSITORY, single('unreadable'), ['next']);
    server.onRequest(({ method, path }) => (method === 'GET' && path.endsWith(digest) ? { status: 500, body: '' } : undefined));
    const before = contents(server);
    const report = await apply(plan, registry);
    expect(report.outcome).toBe('failed');
    expect(report.counts.skipped).toBe(plan.repositories[0]!.steps.length);
    expect(report.repositories[0]!.error?.message).toContain(digest);
    expect(contents(server)).toEqual(before);
  });
});
