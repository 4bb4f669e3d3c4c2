import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import { Journal } from '../../../src/apply/journal.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { ChangeGuard } from '../../../src/diagnostics/change-guard.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Step } from '../../../src/plan/plan.ts';
import { withServer } from '../registry/oci-fixture.ts';
import {
  apply,
  changes,
  contents,
  type Filled,
  fillRepository,
  journalLines,
  planOf,
  REPOSITORY,
  single,
  temporaryFolder,
} from './apply-fixture.ts';

interface Race {
  readonly server: EmbeddedRegistry;
  readonly filled: Filled;
  readonly report: ApplyReport;
  readonly folder: string;
}

/** Carries a plan out, and at the moment the registry is to delete `victim` something happens in its repository. */
async function whileDeleting(
  victim: (filled: Filled) => string,
  happens: (server: EmbeddedRegistry, filled: Filled) => void | Promise<void>,
): Promise<Race> {
  const { server, registry } = await withServer();
  const filled = await fillRepository(server);
  const plan = await planOf(registry);
  let done = false;
  server.onRequest(async ({ method, path }) => {
    if (done || method !== 'DELETE' || !path.endsWith(`/${victim(filled)}`)) return;
    done = true;
    await happens(server, filled);
  });
  const folder = await temporaryFolder();
  const report = await apply(plan, registry, { journal: new Journal(folder) });
  expect(done).toBe(true);
  return { server, filled, report, folder };
}

function tagsIn(server: EmbeddedRegistry): Map<string, string> {
  return server.storage.repository(REPOSITORY).tags;
}

describe('a push between the last look and the deletion', () => {
  it('a kept tag that was moved onto the doomed image and went along is put back, and the image with all that it holds', async () => {
    const { server, filled, report, folder } = await whileDeleting(
      ({ nested }) => nested.digest,
      (server, { nested }) => void tagsIn(server).set('keep-1', nested.digest),
    );
    const { nested, inner, amd, signature, bill } = filled;
    const { tags, manifests } = contents(server);
    expect(tags['keep-1']).toBe(nested.digest);
    for (const one of [nested, inner, amd, signature, bill]) expect(manifests).toHaveProperty(one.digest);
    expect(Buffer.from(manifests[nested.digest]!.split(' ')[1]!, 'base64')).toEqual(nested.bytes);
    expect(report).toMatchObject({ outcome: 'partial', counts: { repaired: 1, lost: 0 } });
    expect(report.repositories[0]!.repairs).toEqual([
      { digest: nested.digest, tag: 'keep-1', restored: true, message: expect.stringContaining('the tag keep-1 was moved from') },
    ]);
    expect(report.repositories[0]!.notDone).toContainEqual(expect.objectContaining({ digest: nested.digest, outcome: 'drifted' }));
    expect(await journalLines(folder)).toContainEqual(
      expect.objectContaining({ kind: 'repair', digest: nested.digest, tag: 'keep-1', restored: true }),
    );
  });

  it('what went along is put back although the lock is lost by then, and nothing more is deleted', async () => {
    const changes = new ChangeGuard();
    const { server, registry } = await withServer({}, { changes });
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    const folder = await temporaryFolder();
    let deletions = 0;
    server.onRequest(async ({ method, path }) => {
      if (method !== 'DELETE') return;
      deletions += 1;
      if (!path.endsWith(`/${lone.digest}`)) return;
      tagsIn(server).set('keep-1', lone.digest);
      for (const name of await readdir(join(folder, 'locks'))) if (name.startsWith('lease.')) await rm(join(folder, 'locks', name));
      while (!changes.objection) await new Promise((resolve) => setTimeout(resolve, 1));
      deletions = 0;
    });
    const leaseTimes = { renewal: 1, valid: 60_000, expiry: 90_000 };

    const report = await apply(plan, registry, { journal: new Journal(folder), concurrency: 1, leaseTimes, changes });

    expect(report).toMatchObject({ error: { code: 'NOT_APPLYABLE' }, counts: { repaired: 1, lost: 0 } });
    expect(contents(server)).toMatchObject({ tags: { 'keep-1': lone.digest }, manifests: { [lone.digest]: expect.anything() as unknown } });
    expect(deletions).toBe(0);
  });

  it('a kept tag that was set on the doomed image when that was gone already, and points to nothing, is put back with it', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    let done = false;
    server.onRequest(({ method }) => {
      if (done || method === 'DELETE' || contents(server).manifests[lone.digest] !== undefined) return;
      done = true;
      tagsIn(server).set('keep-1', lone.digest);
    });
    const report = await apply(plan, registry);
    expect(done).toBe(true);
    expect(contents(server)).toMatchObject({ tags: { 'keep-1': lone.digest }, manifests: { [lone.digest]: expect.anything() as unknown } });
    expect(report).toMatchObject({ outcome: 'partial', counts: { repaired: 1, lost: 0 } });
  });

  it('once a kept tag was moved onto a doomed image, deletions go one after another, so that it can be told what a tag was on', async () => {
    const { server, registry } = await withServer();
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const doomed = Array.from({ length: 8 }, (_, number) => single(`doomed ${number}`));
    for (const [number, one] of doomed.entries()) await push(server, REPOSITORY, one, [`old-${number}`]);
    const plan = await planOf(registry);
    let [deletions, under, most] = [0, 0, 0];
    server.onRequest(async ({ method, path }) => {
      if (method !== 'DELETE' || !doomed.some(({ digest }) => path.endsWith(digest))) return;
      if (++deletions === 1) tagsIn(server).set('keep-1', path.split('/').at(-1)!);
      most = Math.max(most, (under += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      under -= 1;
    });
    const report = await apply(plan, registry, { concurrency: 4 });
    expect(report.counts).toMatchObject({ deleted: 7, repaired: 1, lost: 0 });
    expect(most).toBe(1);
  });

  it('a tag that was to go, of an image that was left alone, brings nothing back where somebody takes it off between two deletions', async () => {
    const { server, registry } = await withServer();
    const doomed = Array.from({ length: 3 }, (_, number) => single(`doomed ${number}`)).toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    for (const [number, one] of doomed.entries()) await push(server, REPOSITORY, one, [`old-${number}`, `old-${number}.0`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    await push(server, REPOSITORY, single('new'), ['old-0']);
    server.onRequest(({ method, path }) => {
      if (method === 'DELETE' && path.endsWith(doomed[1]!.digest)) tagsIn(server).delete('old-0.0');
    });
    const report = await apply(plan, registry, { concurrency: 1 });
    expect(report.counts).toMatchObject({ drifted: 1, deleted: 2, repaired: 0 });
    expect(report.repositories[0]!.repairs).toEqual([]);
  });

  it('a kept tag that went along with a deletion whose answer was lost is put back too', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith(lone.digest)) return undefined;
      tagsIn(server).set('keep-1', lone.digest);
      return 'lost';
    });
    const report = await apply(plan, registry);
    expect(contents(server)).toMatchObject({ tags: { 'keep-1': lone.digest }, manifests: { [lone.digest]: expect.anything() as unknown } });
    expect(report.counts).toMatchObject({ repaired: 1, lost: 0 });
  });

  it('two kept tags that were moved onto one doomed image are both put back, although the first has brought the image back', async () => {
    const { server, filled, report } = await whileDeleting(
      ({ lone }) => lone.digest,
      (server, { lone }) => {
        for (const tag of ['keep-1', 'keep-2']) tagsIn(server).set(tag, lone.digest);
      },
    );
    expect(contents(server).tags).toMatchObject({ 'keep-1': filled.lone.digest, 'keep-2': filled.lone.digest });
    expect(report.counts).toMatchObject({ repaired: 2, lost: 0 });
  });

  it('a kept tag that was moved onto a doomed image is put back, although somebody has pushed the image again by then', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith(lone.digest)) return undefined;
      const { manifests, tags } = server.storage.repository(REPOSITORY);
      const pushed = manifests.get(lone.digest)!;
      tags.set('keep-1', lone.digest);
      return (reply) => {
        manifests.set(lone.digest, pushed);
        return reply;
      };
    });

    const report = await apply(plan, registry);

    expect(contents(server).tags).toMatchObject({ 'keep-1': lone.digest });
    expect(report.repositories[0]!.repairs).toMatchObject([{ digest: lone.digest, tag: 'keep-1', restored: true }]);
  });

  it('a new tag that is set while the tags of the doomed image are looked at is seen, since the list comes last', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method === 'HEAD' && path.endsWith('/old-3')) tagsIn(server).set('release', lone.digest);
    });
    const report = await apply(plan, registry);
    expect(contents(server)).toMatchObject({ tags: { release: lone.digest }, manifests: { [lone.digest]: expect.anything() as unknown } });
    expect(report.repositories[0]!.notDone).toContainEqual(
      expect.objectContaining({
        digest: lone.digest,
        outcome: 'drifted',
        message: expect.stringContaining('the tag release was set on it'),
      }),
    );
  });

  it('a tag in one list that leads to what the same wave is to delete holds that wave back until a list shows nothing new', async () => {
    const { server, registry } = await withServer();
    for (let n = 0; n < 6; n++) await push(server, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    // The first goes alone, and then three at a time.
    const [, , one, other] = plan.repositories[0]!.steps;
    const tagOf = ({ digest }: Step): string => plan.repositories[0]!.images.find((image) => image.digest === digest)!.tags[0]!;
    server.onRequest(({ method, path }) => {
      if (method === 'HEAD' && path.endsWith(`/${tagOf(one!)}`)) tagsIn(server).set('release', one!.digest);
      if (method === 'HEAD' && path.endsWith('/release')) tagsIn(server).set('release-2', other!.digest);
    });

    const report = await apply(plan, registry, { concurrency: 4 });

    expect(report).toMatchObject({ counts: { deleted: 4, drifted: 2, repaired: 0, lost: 0 } });
    for (const { digest } of [one!, other!]) expect(changes(server)).not.toContain(`DELETE ${digest}`);
  });

  it('a new tag that was set when the image and its tags were gone, and so points to nothing, gets its image back', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith(lone.digest)) return;
      return (reply) => {
        tagsIn(server).set('release', lone.digest);
        return reply;
      };
    });
    const report = await apply(plan, registry);
    const { tags, manifests } = contents(server);
    expect(tags).toMatchObject({ release: lone.digest });
    expect(manifests).toHaveProperty(lone.digest);
    expect(report.repositories[0]!.repairs).toMatchObject([{ tag: 'release', digest: lone.digest, restored: true }]);
  });

  it('a tag that pointed to nothing and was put back is put back once more where it is set on what is deleted later', async () => {
    const { server, registry } = await withServer();
    for (let number = 0; number < 5; number++) await push(server.url, REPOSITORY, single(`image ${number}`), [`old-${number}`]);
    await push(server.url, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    const [first, , , last] = plan.repositories[0]!.steps.map(({ digest }) => digest);
    server.onRequest(({ method, path }) => {
      const digest = [first, last].find((one) => method === 'DELETE' && path.endsWith(one!));
      if (digest === undefined) return undefined;
      return (reply) => {
        tagsIn(server).set('release', digest);
        return reply;
      };
    });

    const report = await apply(plan, registry, { concurrency: 1 });

    expect(contents(server)).toMatchObject({ tags: { release: last }, manifests: { [last!]: expect.anything() as unknown } });
    expect(report.repositories[0]!.repairs).toMatchObject([
      { tag: 'release', digest: first, restored: true },
      { tag: 'release', digest: last, restored: true },
    ]);
  });

  it.each(['goes along', 'points to it'] as const)(
    'a tag that pointed to nothing and was set on the doomed image %s, and is back',
    async (how) => {
      const { server, registry } = await withServer();
      const { lone } = await fillRepository(server);
      tagsIn(server).set('dangling', single('deleted long ago').digest);
      const plan = await planOf(registry, [REPOSITORY], { danglingTags: 'ignore' });
      server.onRequest(({ method, path }) => {
        if (method !== 'DELETE' || !path.endsWith(lone.digest)) return undefined;
        if (how === 'goes along') return void tagsIn(server).set('dangling', lone.digest);
        return (reply) => {
          tagsIn(server).set('dangling', lone.digest);
          return reply;
        };
      });

      const report = await apply(plan, registry);

      expect(contents(server)).toMatchObject({
        tags: { dangling: lone.digest },
        manifests: { [lone.digest]: expect.anything() as unknown },
      });
      expect(report.repositories[0]!.repairs).toMatchObject([{ digest: lone.digest, tag: 'dangling', restored: true }]);
    },
  );

  it('a tag that pointed to nothing and is gone after several deletions brings all of them back: it may have been set on any', async () => {
    const { server, registry } = await withServer();
    for (let number = 0; number < 5; number++) await push(server, REPOSITORY, single(`image ${number}`), [`old-${number}`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    tagsIn(server).set('dangling', single('deleted long ago').digest);
    const plan = await planOf(registry, [REPOSITORY], { danglingTags: 'ignore' });
    const digests = plan.repositories[0]!.steps.map(({ digest }) => digest);
    server.onRequest(({ method, path }) => {
      if (method === 'DELETE' && path.endsWith(digests[2]!)) tagsIn(server).set('dangling', digests[2]!);
    });

    const report = await apply(plan, registry);

    expect(report).toMatchObject({ outcome: 'failed', counts: { deleted: 2, drifted: 3, lost: 1 } });
    expect(report.repositories[0]!.repairs.at(-1)).toMatchObject({
      tag: 'dangling',
      restored: false,
      message: expect.stringContaining('may have been set on it before it was deleted: or on one of 2 others') as string,
    });
    for (const digest of digests.slice(2)) expect(contents(server).manifests).toHaveProperty(digest);
  });

  it('what cannot be put back is lost, and said so', async () => {
    const { filled, report, folder } = await whileDeleting(
      ({ lone }) => lone.digest,
      (server, { lone }) => {
        tagsIn(server).set('keep-1', lone.digest);
        server.onRequest(({ method }) => (method === 'PUT' ? { status: 507, body: 'no space' } : undefined));
      },
    );
    expect(report).toMatchObject({ outcome: 'failed', counts: { repaired: 0, lost: 1 } });
    const lost = { digest: filled.lone.digest, tag: 'keep-1', restored: false, message: expect.stringContaining('no space') };
    expect(report.repositories[0]!.repairs).toEqual([lost]);
    expect(await journalLines(folder)).toContainEqual(expect.objectContaining({ kind: 'repair', ...lost }));
  });

  it('a new index that came to hold a child just when it was deleted gets its child back', async () => {
    const { server, filled, report } = await whileDeleting(
      ({ amd }) => amd.digest,
      async (server, { amd }) => void (await push(server, REPOSITORY, index([amd]), ['next'])),
    );
    expect(contents(server).manifests).toHaveProperty(filled.amd.digest);
    expect(report.repositories[0]!.repairs).toMatchObject([{ digest: filled.amd.digest, restored: true }]);
    expect(report.repositories[0]!.notDone).toContainEqual(expect.objectContaining({ digest: filled.bill.digest, outcome: 'held' }));
  });

  it('a known tag that came to point to an index with a doomed child gets that child back at the end', async () => {
    const { server, filled, report } = await whileDeleting(
      ({ nested }) => nested.digest,
      async (server, { amd }) => void (await push(server, REPOSITORY, index([amd]), ['keep-2'])),
    );
    const { manifests } = contents(server);
    expect(manifests).toHaveProperty(filled.amd.digest);
    expect(manifests).toHaveProperty(filled.bill.digest);
    expect(report.counts.repaired).toBe(2);
  });

  it('a new index that cannot be read ends the deletions in its repository', async () => {
    const { server, filled, report } = await whileDeleting(
      ({ nested }) => nested.digest,
      async (server, { amd }) => {
        const next = await push(server, REPOSITORY, index([amd]), ['next']);
        server.onRequest(({ method, path }) => (method === 'GET' && path.endsWith(next) ? { status: 500, body: '' } : undefined));
      },
    );
    expect(report.repositories[0]!.error?.code).toBe('REGISTRY_ERROR');
    expect(report.counts).toMatchObject({ deleted: 2 });
    expect(contents(server).manifests).toHaveProperty(filled.amd.digest);
  });

  it('a tag that is set anew before it could be put back is left where it is', async () => {
    const { server, filled, report } = await whileDeleting(
      ({ nested }) => nested.digest,
      (server, { nested, kept }) => {
        tagsIn(server).set('keep-1', nested.digest);
        server.onRequest(({ method, path }) => {
          if (method === 'PUT' && path.endsWith(nested.digest)) tagsIn(server).set('keep-1', kept.digest);
        });
      },
    );
    expect(contents(server).tags).toMatchObject({ 'keep-1': filled.kept.digest });
    expect(report.counts.lost).toBe(0);
  });

  it('a kept tag that is gone with its image is an error: both come back where the reading for the plan has kept them', async () => {
    for (const isCached of [false, true]) {
      // Somebody deletes it, or moves its tag where the registry drops what has no tag any more: these look the same.
      const { server, registry } = await withServer({ dropsOverwritten: true });
      const { lone, kept } = await fillRepository(server);
      const plan = await planOf(registry);
      server.onRequest(async ({ method, path }) => {
        if (method === 'DELETE' && path.endsWith(lone.digest)) await push(server, REPOSITORY, lone, ['keep-1']);
      });

      const report = await apply(plan, registry, {
        cached: async (digest) => (isCached && digest === kept.digest ? kept.bytes : undefined),
      });

      expect(report).toMatchObject({ outcome: 'failed', counts: { lost: isCached ? 1 : 2 } });
      const { repairs } = report.repositories[0]!;
      expect(repairs[0]).toMatchObject({ digest: kept.digest, tag: 'keep-1', restored: isCached });
      expect(repairs).toContainEqual(expect.objectContaining({ digest: lone.digest, restored: true }));
      expect(repairs.at(-1)).toMatchObject({ tag: 'keep-1', restored: false, message: expect.stringContaining('look where it should') });
      expect(contents(server).manifests).toHaveProperty(lone.digest);
      expect(contents(server).tags['keep-1']).toBe(isCached ? kept.digest : undefined);
    }
  });

  it('a child of a kept index that is gone is an error, and put back where the reading for the plan has kept it', async () => {
    for (const isCached of [false, true]) {
      const { server, registry } = await withServer();
      const { lone, kept } = await fillRepository(server);
      const child = kept.children[1]!;
      const plan = await planOf(registry);
      server.onRequest(({ method, path }) => {
        if (method === 'DELETE' && path.endsWith(lone.digest)) server.storage.repository(REPOSITORY).manifests.delete(child.digest);
      });

      const report = await apply(plan, registry, {
        cached: async (digest) => (isCached && digest === child.digest ? child.bytes : undefined),
      });

      expect(report).toMatchObject({ outcome: isCached ? 'partial' : 'failed', counts: { lost: isCached ? 0 : 1 } });
      expect(report.repositories[0]!.repairs).toMatchObject([{ digest: child.digest, restored: isCached }]);
      expect(child.digest in contents(server).manifests).toBe(isCached);
    }
  });

  it('a kept tag that vanishes while several are deleted brings all of them back, with all tags: it may have been on any', async () => {
    const { server, registry } = await withServer();
    const images = Array.from({ length: 5 }, (_, number) => single(`image ${number}`));
    for (const [number, one] of images.entries()) await push(server, REPOSITORY, one, [`old-${number}`, `old-${number}-too`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    const digests = plan.repositories[0]!.steps.map(({ digest }) => digest);
    server.onRequest(({ method, path }) => {
      if (method === 'DELETE' && path.endsWith(digests[2]!)) tagsIn(server).set('keep-1', digests[2]!);
    });
    const report = await apply(plan, registry);
    expect(report).toMatchObject({ outcome: 'failed', counts: { deleted: 2, drifted: 3, lost: 1 } });
    expect(report.repositories[0]!.repairs.at(-1)).toMatchObject({ tag: 'keep-1', restored: false });
    const { tags, manifests } = contents(server);
    for (const digest of digests.slice(2)) {
      expect(manifests).toHaveProperty(digest);
      expect(Object.values(tags).filter((one) => one === digest)).toHaveLength(2);
    }
  });

  it('what is pushed again while it is deleted stays, and its children', async () => {
    const { server, registry } = await withServer();
    const filled = await fillRepository(server);
    const plan = await planOf(registry);
    let done = false;
    server.onRequest(({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith(`/${filled.nested.digest}`)) return;
      return (reply) => {
        const { manifests, tags } = server.storage.repository(REPOSITORY);
        if (!done) {
          manifests.set(filled.nested.digest, {
            mediaType: filled.nested.mediaType,
            bytes: filled.nested.bytes,
            fields: { children: [], blobs: [] } as never,
          });
          tags.set('old-1', filled.nested.digest);
        }
        done = true;
        return reply;
      };
    });
    const report = await apply(plan, registry);
    const { manifests } = contents(server);
    for (const one of [filled.nested, filled.inner, filled.amd, filled.signature, filled.bill])
      expect(manifests).toHaveProperty(one.digest);
    expect(report.counts.lost).toBe(0);
  });
});

describe('a registry that takes more than one tag off', () => {
  it('gets the other tags back, and is asked for nothing more', async () => {
    const { server, registry } = await withServer();
    const filled = await fillRepository(server);
    const plan = await planOf(registry);
    server.onRequest(({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith('/old-2')) return;
      const { tags, manifests } = server.storage.repository(REPOSITORY);
      manifests.delete(filled.floating.digest);
      tags.delete('keep-2');
      tags.delete('old-2');
      return { status: 202 };
    });
    const report = await apply(plan, registry);
    expect(contents(server).tags).toMatchObject({ 'keep-2': filled.floating.digest, 'old-1': filled.nested.digest });
    expect(report.repositories[0]!.repairs).toMatchObject([{ tag: 'keep-2', restored: true }]);
    expect(report.repositories[0]!.error?.message).toContain('other tags of its image went along');
    expect(report.counts).toMatchObject({ deleted: 1 });
  });
});
