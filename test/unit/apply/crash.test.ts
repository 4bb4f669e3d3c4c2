import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/apply/journal.ts';
import { undoFile } from '../../whole-journal.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { everyday } from '../../sweep.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, contents, fillRepository, planOf, REPOSITORY, temporaryFolder } from './apply-fixture.ts';

/** A moment at which the run may be killed: what the registry holds then, and how far the journal has come. */
interface Moment {
  readonly what: string;
  /** It was killed in the middle of a line. */
  readonly torn: boolean;
  readonly restore: () => void;
  readonly journal: string;
}

interface Recorded {
  readonly server: EmbeddedRegistry;
  readonly registry: Registry;
  readonly plan: Plan;
  readonly before: ReturnType<typeof contents>;
  readonly after: ReturnType<typeof contents>;
  readonly name: string;
  readonly moments: readonly Moment[];
}

function snapshot(server: EmbeddedRegistry): () => void {
  const { manifests, tags } = server.storage.repository(REPOSITORY);
  const [oldManifests, oldTags] = [new Map(manifests), new Map(tags)];
  return () => {
    manifests.clear();
    tags.clear();
    for (const [digest, manifest] of oldManifests) manifests.set(digest, manifest);
    for (const [tag, digest] of oldTags) tags.set(tag, digest);
  };
}

/** An undisturbed run, with every moment of it: before and after each deletion, and with the journal cut after each of its lines since. */
async function recorded(): Promise<Recorded> {
  const { server, registry } = await withServer();
  await fillRepository(server);
  const plan = await planOf(registry);
  const before = contents(server);
  const journal = new Journal(await temporaryFolder());
  const references = new Set(plan.repositories[0]!.steps.map((step) => (step.op === 'delete-tag' ? step.tag : step.digest)));
  const states: { readonly size: number; readonly restore: () => void }[] = [];
  server.onRequest(async ({ method, path }) => {
    if (method !== 'DELETE' || !references.has(path.split('/').at(-1)!)) return;
    const size = (await readFile(journal.path!)).length;
    states.push({ size, restore: snapshot(server) });
    return (reply) => {
      states.push({ size, restore: snapshot(server) });
      return reply;
    };
  });
  await apply(plan, registry, { journal });
  const text = await readFile(journal.path!, 'utf8');
  const ends = [...text].flatMap((letter, index) => (letter === '\n' ? [index + 1] : []));
  const moments = states.flatMap(({ size, restore }, index) => {
    // Before the answer the journal cannot have come further; afterwards, up to the next deletion.
    const limit = index % 2 === 0 ? size : (states[index + 1]?.size ?? text.length);
    const cuts = ends.filter((end) => end >= size && end <= limit).flatMap((end) => (end < limit ? [end, end + 7] : [end]));
    return cuts.map((cut) => ({
      what: `state ${index}, journal cut at ${cut}`,
      torn: !ends.includes(cut),
      restore,
      journal: text.slice(0, cut),
    }));
  });
  return { server, registry, plan, before, after: contents(server), name: journal.path!.split('/').at(-1)!, moments };
}

/** All of them where CI sweeps, elsewhere every third, whole lines and torn ones. */
function inThisRun(moments: readonly Moment[]): readonly Moment[] {
  const third = (rest: number): Moment[] => moments.filter((_, index) => index % 3 === rest);
  return everyday(Math.ceil(moments.length / 3), [0, 1, 2].flatMap(third));
}

describe('a run that is killed', () => {
  it('at any moment, can be undone byte for byte', async () => {
    const run = await recorded();
    expect(run.moments.length).toBeGreaterThan(2 * run.plan.repositories[0]!.steps.length);
    for (const moment of inThisRun(run.moments)) {
      moment.restore();
      const path = join(await temporaryFolder(), run.name);
      await writeFile(path, moment.journal);
      const report = await undoFile(path, { registries: new Map([['prod', run.registry]]), concurrency: 4 });
      expect(report.outcome, moment.what).toBe('done');
      expect(contents(run.server), moment.what).toEqual(run.before);
    }
  });

  it('at any moment, ends as an undisturbed run does when the plan is carried out again', async () => {
    const run = await recorded();
    for (const moment of inThisRun(run.moments.filter(({ torn }) => !torn))) {
      moment.restore();
      const report = await apply(run.plan, run.registry);
      expect(report.outcome, moment.what).toBe('done');
      expect(contents(run.server), moment.what).toEqual(run.after);
    }
  });

  it('at any moment, ends as an undisturbed run does when a new one is made', async () => {
    const run = await recorded();
    for (const moment of inThisRun(run.moments)) {
      moment.restore();
      const folder = await temporaryFolder();
      await writeFile(join(folder, run.name), moment.journal);
      await apply(await planOf(run.registry, undefined, {}, { folder }), run.registry, { journal: new Journal(folder) });
      expect(contents(run.server), moment.what).toEqual(run.after);
    }
  });
});
