import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApplyEvent } from '../../../src/apply/execute-plan.ts';
import { executePlan } from '../../../src/apply/execute-plan.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { lockRepositories } from '../../../src/apply/lock-repositories.ts';
import { attachmentTag } from '../../../src/demo/attachments.ts';
import { push } from '../../../src/demo/push.ts';
import { ChangeGuard } from '../../../src/diagnostics/change-guard.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { failure, withServer } from '../registry/oci-fixture.ts';
import { apply, changes, contents, fillRepository, journalLines, planOf, REPOSITORY, single, temporaryFolder } from './apply-fixture.ts';
import { asDigest } from '../../digest.ts';

describe('carrying a plan out', () => {
  it('deletes just what is planned, single tags first and every manifest after what holds it', async () => {
    const { server, registry } = await withServer();
    const { nested, inner, amd, shared, kept, signature, bill, floating, lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.requests.length = 0;

    const report = await apply(plan, registry);

    expect(report).toMatchObject({ outcome: 'done', counts: { deleted: plan.repositories[0]!.steps.length, failed: 0, held: 0 } });
    const order = changes(server);
    expect(order[0]).toBe('DELETE old-2');
    const at = (digest: string): number => order.indexOf(`DELETE ${digest}`);
    expect(at(nested.digest)).toBeLessThan(at(inner.digest));
    expect(at(inner.digest)).toBeLessThan(at(amd.digest));
    expect(at(nested.digest)).toBeLessThan(at(signature.digest));
    expect(at(amd.digest)).toBeLessThan(at(bill.digest));
    const left = contents(server);
    expect(left.tags).toEqual({ 'keep-1': kept.digest, 'keep-2': floating.digest });
    expect(Object.keys(left.manifests)).toEqual([kept.digest, shared.digest, kept.children[1]!.digest, floating.digest].toSorted());
    expect(at(lone.digest)).toBeGreaterThan(0);
    expect(left.tags).not.toHaveProperty(attachmentTag(nested.digest, 'sig'));
  });

  it('does nothing more when the same plan is carried out again', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    await apply(plan, registry);
    const after = contents(server);
    const again = await apply(plan, registry);
    expect(again).toMatchObject({ outcome: 'done', counts: { deleted: 0, gone: plan.repositories[0]!.steps.length } });
    expect(contents(server)).toEqual(after);
  });

  it('writes no journal and asks for nothing where there is nothing to do', async () => {
    const { server, registry } = await withServer();
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    server.requests.length = 0;
    const folder = await temporaryFolder();
    expect(await apply(plan, registry, { journal: new Journal(folder) })).toMatchObject({ outcome: 'done', repositories: [] });
    expect(server.requests).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells of every repository and step while it goes on', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const events: ApplyEvent[] = [];
    await apply(plan, registry, { onEvent: (event) => events.push(event) });
    expect(events.map(({ kind }) => kind)).toEqual(['begin', ...plan.repositories[0]!.steps.map(() => 'step'), 'end']);
  });

  it('writes the journal so that every intent is there before its deletion is asked for', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const folder = await temporaryFolder();
    const early: string[] = [];
    server.onRequest(async ({ method, path }) => {
      const reference = path.split('/').at(-1)!;
      if (
        method !== 'DELETE' ||
        reference.startsWith('regprune-check-') ||
        plan.repositories[0]!.steps.every((step) => ![step.digest, 'tag' in step && step.tag].includes(reference))
      )
        return;
      const intents = (await journalLines(folder)).filter(({ kind }) => kind === 'intent');
      if (!intents.some(({ digest, tags }) => digest === reference || (tags as string[]).includes(reference))) early.push(reference);
    });
    const report = await apply(plan, registry, { journal: new Journal(folder) });
    expect(early).toEqual([]);
    const lines = await journalLines(folder);
    expect(lines[0]).toMatchObject({
      kind: 'Journal',
      formatVersion: '1.0',
      tool: { name: 'regprune' },
      registries: { prod: { type: 'oci', url: server.url } },
    });
    expect(lines[1]).toMatchObject({ kind: 'steps', repository: REPOSITORY, steps: plan.repositories[0]!.steps });
    expect(lines.filter(({ kind }) => kind === 'outcome')).toHaveLength(report.counts.deleted);
    expect(lines.at(-1)).toMatchObject({ kind: 'end', outcome: 'done', unfinished: false, counts: report.counts });
    expect(report.journal).toBe(
      join(
        folder,
        (await readdir(folder)).find((name) => name.endsWith('.jsonl'))!,
      ),
    );
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });
});

describe('before anything is deleted', () => {
  it('the time for the run ends the looking on whether another run lives, whatever is collected as garbage meanwhile', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const folder = await temporaryFolder();
    const leaseTimes = { renewal: 300_000, valid: 600_000, expiry: 900_000 };
    await lockRepositories(folder, [{ url: registry.url, repository: REPOSITORY }], { times: leaseTimes, place: 'there' });
    setFlagsFromString('--expose-gc');
    const collect = setInterval(runInNewContext('gc') as () => void, 20);
    onTestFinished(() => clearInterval(collect));
    const run = apply(plan, registry, { journal: new Journal(folder), leaseTimes, deadline: Date.now() + 500 });
    expect(await failure(run)).toMatchObject({ code: 'NOT_APPLYABLE', message: expect.stringContaining('another run has locked') });
  });

  async function refused(spoil: (plan: Plan) => Plan, options: Parameters<typeof apply>[2] = {}) {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = spoil(await planOf(registry));
    const before = contents(server);
    const error = await failure(apply(plan, registry, options));
    expect(contents(server)).toEqual(before);
    return error;
  }

  it('a blocked plan is refused with what blocks it', async () => {
    const error = await refused((plan) => ({
      ...plan,
      applyable: false,
      blockedBy: [{ code: 'maxDeletions', message: 'policy "old" would delete 9 images; its maxDeletions is 1' }],
    }));
    expect(error).toMatchObject({ code: 'NOT_APPLYABLE', message: expect.stringContaining('its maxDeletions is 1') });
  });

  it('a plan of another address is refused', async () => {
    const error = await refused((plan) => ({
      ...plan,
      repositories: plan.repositories.map((one) => ({ ...one, url: 'https://evil.example' })),
    }));
    expect(error).toMatchObject({ code: 'PLAN_INVALID', message: expect.stringContaining('evil.example') });
  });

  it('a plan with a step that it does not decide is refused', async () => {
    const keep = (plan: Plan): Plan => ({
      ...plan,
      repositories: plan.repositories.map((one) => ({
        ...one,
        images: one.images.map((image) => ({ ...image, action: 'keep' as const, untag: [] })),
      })),
    });
    expect(await refused(keep)).toMatchObject({ code: 'PLAN_INVALID' });
  });

  it('deletion that is switched off in one registry stops the deletions in all', async () => {
    const on = await withServer();
    const off = await withServer({ deleteEnabled: false });
    await fillRepository(on.server);
    await fillRepository(off.server, 'team/other');
    const other = { ...off.registry, name: 'other' };
    const [first, second] = [await planOf(on.registry), await planOf(off.registry, ['team/other'])];
    const plan: Plan = {
      ...first,
      repositories: [...first.repositories, ...second.repositories.map((one) => ({ ...one, registry: 'other' }))],
    };
    const before = contents(on.server);
    const folder = await temporaryFolder();
    const error = await failure(
      executePlan({
        plan,
        registries: new Map([
          ['prod', on.registry],
          ['other', other],
        ]),
        journal: new Journal(folder),
        concurrency: 4,
      }),
    );
    expect(error.code).toBe('DELETE_DISABLED');
    expect(contents(on.server)).toEqual(before);
    expect(await readdir(folder)).toEqual(['locks']);
  });

  it('a second run on the same repository is refused, and says who has it', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const folder = await temporaryFolder();
    const unlock = await lockRepositories(folder, [{ url: server.url, repository: REPOSITORY }]);
    const before = contents(server);
    const error = await failure(apply(plan, registry, { journal: new Journal(folder) }));
    expect(error).toMatchObject({
      code: 'NOT_APPLYABLE',
      message: expect.stringContaining(`process ${process.pid}`),
      hint: expect.stringContaining(join(folder, 'locks')),
    });
    expect(contents(server)).toEqual(before);
    await unlock.free();
    expect(await apply(plan, registry, { journal: new Journal(folder) })).toMatchObject({ outcome: 'done' });
  });

  it('nothing more is deleted once the lock is lost, and the report says so', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const folder = await temporaryFolder();
    server.requests.length = 0;
    const guard = new ChangeGuard();
    const told: unknown[] = [];
    server.onRequest(async ({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith('/old-2')) return undefined;
      told.push(guard.objection?.code);
      const names = await readdir(join(folder, 'locks'));
      for (const name of names) if (name.startsWith('lease.')) await rm(join(folder, 'locks', name));
      while (!guard.objection) await new Promise((resolve) => setTimeout(resolve, 1));
      told.push(guard.objection.code);
      return undefined;
    });
    const leaseTimes = { renewal: 1, valid: 60_000, expiry: 90_000 };
    const report = await apply(plan, registry, { journal: new Journal(folder), concurrency: 1, leaseTimes, changes: guard });
    expect(changes(server)).toHaveLength(1);
    // Its clients send no change any more that waits for its turn. What collects the garbage afterwards needs no lock.
    expect([...told, guard.objection]).toEqual([undefined, 'NOT_APPLYABLE', undefined]);
    expect(report).toMatchObject({ outcome: 'failed', counts: { deleted: 1 }, error: { code: 'NOT_APPLYABLE' } });
    expect(report.repositories[0]!.notDone.every(({ message }) => message?.includes('another run may have locked'))).toBe(true);
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('a journal folder that cannot be written is found out', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    expect(await refused((plan) => plan, { journal: new Journal(join(file, 'journals')) })).toMatchObject({ code: 'JOURNAL_WRITE' });
  });
});

describe('what the registry refuses', () => {
  it('a locked image stays with what it holds, and the rest goes', async () => {
    const { server, registry } = await withServer();
    const { nested, inner, signature, lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) =>
      method === 'DELETE' && path.endsWith(nested.digest)
        ? { status: 409, body: '{"errors":[{"code":"DENIED","message":"immutable"}]}' }
        : undefined,
    );
    const report = await apply(plan, registry);
    expect(report).toMatchObject({ outcome: 'partial', counts: { locked: 1, failed: 0 } });
    expect(report.repositories[0]!.notDone).toContainEqual(
      expect.objectContaining({ digest: nested.digest, outcome: 'locked', message: expect.stringContaining('immutable') }),
    );
    const { manifests } = contents(server);
    for (const one of [nested, inner, signature]) expect(manifests).toHaveProperty(one.digest);
    expect(manifests).not.toHaveProperty(lone.digest);
  });

  it('an error in the middle fails that step, keeps what it holds, and lets the rest go on', async () => {
    const { server, registry } = await withServer();
    const { nested, inner, lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => (method === 'DELETE' && path.endsWith(nested.digest) ? { status: 500, body: '' } : undefined));
    const report = await apply(plan, registry, { pause: async () => {} });
    expect(report).toMatchObject({ outcome: 'partial', counts: { failed: 1 } });
    const { manifests } = contents(server);
    expect(manifests).toHaveProperty(inner.digest);
    expect(manifests).not.toHaveProperty(lone.digest);
  });

  it('a deletion whose answer got lost is a deletion', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => (method === 'DELETE' && path.endsWith(lone.digest) ? 'lost' : undefined));
    const report = await apply(plan, registry);
    expect(report).toMatchObject({ outcome: 'done', counts: { failed: 0 } });
    expect(contents(server).manifests).not.toHaveProperty(lone.digest);
  });

  it('a deletion is not asked for again where nobody can tell whether it was done: the image may have been pushed anew', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    const folder = await temporaryFolder();
    let asked = 0;
    server.onRequest(({ method, path }) => {
      if (!path.endsWith(lone.digest) || path.includes('/referrers/')) return undefined;
      if (method === 'DELETE') asked += 1;
      return asked > 0 ? { status: 503, body: '' } : undefined;
    });
    const report = await apply(plan, registry, { journal: new Journal(folder) });
    expect(asked).toBe(1);
    expect(report.counts).toMatchObject({ failed: 1 });
    const lines = await journalLines(folder);
    const intent = lines.find(({ kind, digest }) => kind === 'intent' && digest === lone.digest);
    expect(lines.filter(({ kind, id }) => kind === 'outcome' && id === intent?.['id'])).toEqual([]);
  });

  it('a deletion that was begun and that nobody waits for has no outcome in the journal, since it may still be done', async () => {
    const { server, registry } = await withServer();
    await push(server, REPOSITORY, single('doomed'), ['old-1']);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    const folder = await temporaryFolder();
    const deleteManifest = (): Promise<never> =>
      Promise.reject(new ToolError('REGISTRY_ERROR', 'the operation had not ended', { hint: '', underWay: true }));

    const report = await apply(plan, { ...registry, deleteManifest }, { journal: new Journal(folder) });

    expect(report).toMatchObject({ outcome: 'failed', counts: { failed: 1, deleted: 0 } });
    expect((await journalLines(folder)).map(({ kind }) => kind)).toEqual(['Journal', 'steps', 'intent', 'end']);
  });

  it('a registry that fails again and again is left alone', async () => {
    const { server, registry } = await withServer();
    for (let n = 0; n < 12; n++) await push(server, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
    await push(server, REPOSITORY, single('kept'), ['keep']);
    const plan = await planOf(registry);
    const digests = new Set(plan.repositories[0]!.steps.map(({ digest }) => digest));
    server.onRequest(({ method, path }) =>
      method === 'DELETE' && digests.has(asDigest(path.split('/').at(-1)!)) ? { status: 500, body: '' } : undefined,
    );
    const report = await apply(plan, registry, { pause: async () => {} });
    expect(report).toMatchObject({ outcome: 'failed', counts: { failed: 5, skipped: 7 } });
    expect(report.repositories[0]!.error?.code).toBe('REGISTRY_ERROR');
  });

  it('a permission that is missing from the beginning holds up one repository and no other', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    await fillRepository(server, 'team/other');
    const plan = await planOf(registry, [REPOSITORY, 'team/other']);
    server.onRequest(({ method, path }) =>
      method === 'DELETE' && path.includes(`/${REPOSITORY}/`) ? { status: 403, body: '' } : undefined,
    );
    const before = contents(server);
    const report = await apply(plan, registry);
    const [refused, other] = report.repositories;
    const { steps } = plan.repositories[0]!;
    expect(report.outcome).toBe('partial');
    expect(refused).toMatchObject({ counts: { deleted: 0, failed: 0, skipped: steps.length }, error: { code: 'AUTH' } });
    expect(refused!.notDone).toHaveLength(steps.length);
    expect(other).toMatchObject({ counts: { deleted: plan.repositories[1]!.steps.length, skipped: 0 } });
    expect(contents(server)).toEqual(before);
  });

  it('a permission that is missing in every repository ends the run before anything is tried', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    await fillRepository(server, 'team/other');
    const plan = await planOf(registry, [REPOSITORY, 'team/other']);
    server.onRequest(({ method }) => (method === 'DELETE' ? { status: 403, body: '' } : undefined));
    const folder = await temporaryFolder();
    expect((await failure(apply(plan, registry, { journal: new Journal(folder) }))).code).toBe('AUTH');
    expect((await readdir(folder)).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
  });

  it('a permission that is missing stops one repository and no other', async () => {
    const { server, registry } = await withServer();
    const filled = await fillRepository(server);
    await fillRepository(server, 'team/other');
    const plan = await planOf(registry, [REPOSITORY, 'team/other']);
    let asked = 0;
    server.onRequest(({ method, path }) =>
      method === 'DELETE' && path.includes(`/${REPOSITORY}/`) && asked++ > 1 ? { status: 401, body: '' } : undefined,
    );
    const before = contents(server);
    const report = await apply(plan, registry);
    expect(report.repositories[0]!.error?.code).toBe('AUTH');
    expect(report.repositories[0]!.counts).toMatchObject({ deleted: 0, failed: 1 });
    expect(report.repositories[1]!.counts).toMatchObject({ deleted: plan.repositories[1]!.steps.length });
    expect(contents(server)).toEqual(before);
    expect(contents(server, REPOSITORY).tags['old-3']).toBe(filled.lone.digest);
  });
});

describe('being stopped', () => {
  it('by a signal: the deletion under way finishes, no other begins, and the journal has its end', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const stop = new AbortController();
    const folder = await temporaryFolder();
    const deletions: string[] = [];
    server.onRequest(({ method, path }) => {
      const reference = path.split('/').at(-1)!;
      if (method !== 'DELETE' || plan.repositories[0]!.steps.every((step) => step.digest !== reference)) return;
      deletions.push(reference);
      stop.abort();
    });
    const report = await apply(plan, registry, { journal: new Journal(folder), signal: stop.signal });
    expect(deletions).toHaveLength(1);
    expect(report).toMatchObject({
      outcome: 'interrupted',
      stoppedBy: 'signal',
      counts: { failed: 0, held: 0, skipped: plan.repositories[0]!.steps.length - 2 },
    });
    expect((await journalLines(folder)).at(-1)).toMatchObject({ kind: 'end', outcome: 'interrupted' });
  });

  it('by a signal that comes with the last check: not even that deletion begins', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const before = contents(server);
    const stop = new AbortController();
    const folder = await temporaryFolder();
    server.onRequest(({ method, path }) => {
      if (method === 'HEAD' && path.endsWith('/old-2')) stop.abort();
    });
    const report = await apply(plan, registry, { journal: new Journal(folder), signal: stop.signal });
    expect(stop.signal.aborted).toBe(true);
    expect(contents(server)).toEqual(before);
    expect(report).toMatchObject({ outcome: 'interrupted', counts: { skipped: plan.repositories[0]!.steps.length } });
    expect(await journalLines(folder)).toContainEqual(expect.objectContaining({ kind: 'outcome', id: 1, outcome: 'skipped' }));
  });

  it('by the deadline: nothing begins afterwards', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const before = contents(server);
    expect(await apply(plan, registry, { deadline: Date.now() })).toMatchObject({
      outcome: 'interrupted',
      stoppedBy: 'deadline',
      counts: { deleted: 0 },
    });
    expect(contents(server)).toEqual(before);
  });
});
