import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wholeJournal } from '../../whole-journal.ts';
import { readPlanFile } from '../../../src/documents/plan-file.ts';
import { packLists } from '../../../src/run/pack-lists.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { contents, fillRepository, REPOSITORY } from '../../unit/apply/apply-fixture.ts';
import { everyday, SWEEPING } from '../../sweep.ts';
import { withRegistry } from '../../unit/demo/with-registry.ts';
import { newSession, type Session } from './in-process.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly (string | number)[];

const BOM = '\uFEFF';
const POLICY = 'version: 1\npolicies:\n  - name: old\n    rules:\n      - {name: old, tags: ["old-*"], keep: none}\n';
/** What stands in the place of a value; those of its own kind are left out, but for another text. */
const WRONG: readonly Json[] = everyday(2, [null, 'other', true, -7.5, ['other'], { other: {} }]);

interface Made {
  readonly session: Session;
  readonly server: EmbeddedRegistry;
  readonly plan: string;
  readonly journal: string;
}

/** A plan of everything that a plan of this kind holds, and the journal of the run that carried it out. */
async function made(): Promise<Made> {
  const server = await withRegistry();
  await fillRepository(server);
  const session = await newSession();
  await session.file('policy.yaml', POLICY);
  const words = ['prune', `${server.host}/${REPOSITORY}`, '-p', join(session.folder, 'policy.yaml'), '--plan-out', 'plan.json'];
  const planned = await session.run(...words);
  expect(planned.code, planned.stderr).toBe(0);
  const applied = await session.run('apply', 'plan.json', '--yes');
  expect(applied.code, applied.stderr).toBe(0);
  const [journal] = await session.journals();
  return {
    session,
    server,
    plan: await readFile(join(session.folder, 'plan.json'), 'utf8'),
    journal: await readFile(journal ?? '', 'utf8'),
  };
}

/** Every place in a value, from its fields inwards. */
function* placesIn(value: Json, at: Path = []): Generator<Path> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    yield [...at, key];
    yield* placesIn((value as Record<string | number, Json>)[key] as Json, [...at, key]);
  }
}

/** The value with one place changed; without that place where `to` is undefined. */
function changed(value: Json, [key, ...rest]: Path, to: Json | undefined): Json {
  const copy = Array.isArray(value) ? [...value] : { ...(value as Record<string, Json>) };
  const fields = copy as Record<string | number, Json>;
  if (rest.length > 0) fields[key as string] = changed(fields[key as string] as Json, rest, to);
  else if (to !== undefined) fields[key as string] = to;
  else if (Array.isArray(copy)) copy.splice(key as number, 1);
  else delete fields[key as string];
  return copy as Json;
}

function sort(value: Json): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}

/** Every way to spoil one place of a value; where there is less time, of one entry of each list. */
function* spoiled(value: Json): Generator<readonly [where: string, spoiled: Json]> {
  const isNew = once();
  for (const place of placesIn(value)) {
    if (!SWEEPING && !isNew(place.join('.'))) continue;
    const now = place.reduce<Json>((inner, key) => (inner as Record<string | number, Json>)[key] as Json, value);
    yield [`${place.join('.')} deleted`, changed(value, place, undefined)];
    for (const wrong of WRONG)
      if (sort(wrong) !== sort(now) || typeof wrong === 'string')
        yield [`${place.join('.')}: ${JSON.stringify(wrong)}`, changed(value, place, wrong)];
  }
}

/**
 * Tells once of each field, of whatever entry of a list, that a document spoiled there is to be carried out; where there is time, once of
 * each way in which it is spoiled.
 */
function once(): (where: string) => boolean {
  const told = new Set<string>();
  const fieldOf = (where: string): string => (SWEEPING ? where : where.replace(/(?: deleted|: .*)$/, ''));
  return (where) => told.size !== told.add(fieldOf(where).replaceAll(/\b\d+\b/g, '#')).size;
}

/** Whether a reader takes a document. It may refuse it by saying where it is wrong, and in no other way. */
async function isTaken(read: Promise<unknown>, code: string, where: string): Promise<boolean> {
  try {
    await read;
    return true;
  } catch (error) {
    expect(error, where).toBeInstanceOf(ToolError);
    expect((error as ToolError).code, `${where}: ${(error as ToolError).message}`).toBe(code);
    expect((error as ToolError).exitCode).toBe(3);
    return false;
  }
}

async function carriedOut({ session, server }: Made, where: string, ...words: readonly string[]): Promise<void> {
  const { code, stderr } = await session.run(...words);
  expect([0, 1, 3, 4, 5, 6], `${where}: ${stderr}`).toContain(code);
  expect(stderr, where).not.toMatch(/bug|please report| at .*\.ts:\d/);
  expect(contents(server).tags, where).toMatchObject({ 'keep-1': expect.any(String), 'keep-2': expect.any(String) });
}

describe('a plan of which one field is missing, null or of another type', () => {
  test('is refused with its place, or carried out rightly', async () => {
    const all = await made();
    const file = join(all.session.folder, 'spoiled.json');
    const [taken, refused]: [string[], string[]] = [[], []];
    const isNew = once();
    for (const [where, value] of spoiled(JSON.parse(all.plan) as Json)) {
      await writeFile(file, JSON.stringify(value));
      const isFine = await isTaken(readPlanFile(file, packLists()), 'PLAN_INVALID', where);
      (isFine ? taken : refused).push(where);
      if (isFine && isNew(where)) await carriedOut(all, where, 'apply', file, '--yes', '-v');
    }
    expect(refused.length).toBeGreaterThan(SWEEPING ? 1000 : 100);
    expect(refused).toEqual(
      expect.arrayContaining(['diagnostics deleted', 'summary: null', 'repositories.0.summary: null', 'policies.0 deleted']),
    );
    expect(taken.length).toBeGreaterThan(SWEEPING ? 50 : 10);
  });

  test('is refused by the command with exit code 3, the file and the place', async () => {
    const { session, plan } = await made();
    for (const [where, place] of [
      [['diagnostics'], 'diagnostics'],
      [['summary'], 'summary'],
      [['repositories', 0, 'images', 0, 'size'], 'repositories[0].images[0].size'],
      [['repositories', 0, 'url'], 'repositories[0].url'],
    ] as const) {
      await session.file('spoiled.json', JSON.stringify(changed(JSON.parse(plan) as Json, where, 'other')));
      const { code, stderr } = await session.run('apply', 'spoiled.json', '--yes');
      expect(code, stderr).toBe(3);
      expect(stderr).toContain('spoiled.json');
      expect(stderr).toContain(place);
    }
  });

  test('is read behind a byte-order mark', async () => {
    const all = await made();
    await all.session.file('marked.json', BOM + all.plan);
    const { code, stderr } = await all.session.run('apply', 'marked.json', '--yes');
    expect(code, stderr).toBe(0);
  });
});

describe('a journal of which one field is missing, null or of another type', () => {
  test('is refused with its line, or undone rightly', async () => {
    const all = await made();
    const file = join(all.session.folder, 'spoiled.jsonl');
    const lines = all.journal.trimEnd().split('\n');
    const [taken, refused]: [string[], string[]] = [[], []];
    const isNew = once();
    for (const [index, line] of lines.entries()) {
      const { kind } = JSON.parse(line) as { readonly kind: string };
      for (const [where, value] of spoiled(JSON.parse(line) as Json)) {
        await writeFile(file, `${lines.with(index, JSON.stringify(value)).join('\n')}\n`);
        const isFine = await isTaken(wholeJournal(file), 'JOURNAL_INVALID', `line ${index + 1}, ${where}`);
        (isFine ? taken : refused).push(`${kind}.${where}`);
        if (isFine && isNew(`${kind}.${where}`)) await carriedOut(all, `line ${index + 1}, ${where}`, 'undo', file, '--yes');
      }
    }
    expect(refused.length).toBeGreaterThan(SWEEPING ? 300 : 50);
    const url = `Journal.registries.${all.server.host}.url: "other"`;
    expect(refused).toEqual(
      expect.arrayContaining(['Journal.registries deleted', 'intent.digest: null', 'intent.at: null', 'outcome.outcome: null', url]),
    );
    if (SWEEPING) expect(refused).toContain('outcome.outcome: true');
    expect(taken).toContain('end.counts deleted');
  });

  test('is read behind a byte-order mark', async () => {
    const all = await made();
    await all.session.file('marked.jsonl', BOM + all.journal);
    const { code, stderr } = await all.session.run('undo', 'marked.jsonl', '--yes');
    expect(code, stderr).toBe(0);
    expect(contents(all.server).tags).toHaveProperty('old-1');
  });
});
