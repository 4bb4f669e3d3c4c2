import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { expect, it, onTestFinished } from 'vitest';
import { wholeJournal, type WholeJournal } from '../whole-journal.ts';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { MANIFEST_TYPES } from '../../src/domain/media-types.ts';
import { contents, fillRepository } from '../unit/apply/apply-fixture.ts';
import { succeedHere } from './cli/in-process.ts';
import { newUser, type User } from './program.ts';

/** A hundred in CI: see .ci/run. */
const MOMENTS = Number(process.env['REGPRUNE_KILLS'] ?? 3);
const SEED = Number(process.env['SEED'] ?? 20_261_124);
const AT_ONCE = 3;
const REPOSITORIES = ['team/app', 'team/web'];
const POLICY = `version: 1
policies:
  - name: old
    rules:
      - {name: old, tags: ["old-*"], keep: none}
`;
/** Milliseconds between a request and the kill at most: longer than what lies between two requests. */
const LONGEST_DELAY = 12;

type Contents = Readonly<Record<string, ReturnType<typeof contents>>>;

it(
  `ends as an undisturbed run does and is undone byte for byte, whenever it was killed (${MOMENTS} moments, SEED=${SEED})`,
  { timeout: 900_000 + MOMENTS * 60_000 },
  async () => {
    const registry = await filled();
    const before = contentsOf(registry);
    const user = await newUser({ files: { 'policy.yaml': POLICY } });
    const applying = await requestsOf(registry, () => succeedHere(user, ...prune(registry, user.home)));
    const after = contentsOf(registry);
    expect(after).not.toEqual(before);
    const [journal] = await user.journals();
    const undoing = await requestsOf(registry, () => succeedHere(user, 'undo', journal!));
    expect(contentsOf(registry)).toEqual(before);

    const random = randomNumbers(SEED);
    // All chosen before the first, so that a seed means the same however fast the machine is.
    const moments = Array.from({ length: MOMENTS }, () => ({
      kills: Array.from({ length: 1 + Math.floor(random() * 2) }, () => momentIn(applying, random)),
      undoKill: random() < 0.5 ? momentIn(undoing, random) : undefined,
    }));
    let killed = 0;
    await pLimit(AT_ONCE).map(moments, async ({ kills, undoKill }, index) => {
      const story = `SEED=${SEED}, moment ${index}: ${JSON.stringify({ kills, undoKill })}`;
      const own = await filled();
      const victim = await newUser({ files: { 'policy.yaml': POLICY } });
      for (const kill of kills) {
        if (await runAndKill(own, victim, kill, prune(own))) killed += 1;
        await expectJournalled(own, victim, story);
      }
      await succeedHere(victim, ...prune(own, victim.home));
      expect(contentsOf(own), story).toEqual(after);
      await expectJournalled(own, victim, story);

      const journals = (await victim.journals()).reverse();
      if (undoKill && journals[0]) await runAndKill(own, victim, undoKill, ['undo', journals[0]]);
      for (const path of journals) if (await readBack(path)) await succeedHere(victim, 'undo', path);
      expect(contentsOf(own), story).toEqual(before);
      await expectServed(own, before, story);
    });
    expect(killed).toBeGreaterThan(MOMENTS / 3);
  },
);

/** When to kill: at the n-th request, and so many milliseconds later. */
interface Moment {
  readonly request: number;
  readonly delay: number;
}

/** Somewhere among the requests from shortly before the first change on. */
function momentIn(requests: readonly { readonly method: string }[], random: () => number): Moment {
  const first = Math.max(0, requests.findIndex(({ method }) => method === 'DELETE' || method === 'PUT') - 5);
  return { request: first + Math.floor(random() * (requests.length - first)), delay: Math.floor(random() * LONGEST_DELAY) };
}

async function filled(): Promise<EmbeddedRegistry> {
  const registry = await startEmbeddedRegistry();
  onTestFinished(() => registry.close());
  for (const repository of REPOSITORIES) await fillRepository(registry, repository);
  registry.requests.length = 0;
  return registry;
}

/** `folder`: where the policy is, if not in the working directory. */
function prune({ host }: EmbeddedRegistry, folder = ''): string[] {
  return ['prune', '--registry', host, '-p', join(folder, 'policy.yaml'), '--apply'];
}

function contentsOf(registry: EmbeddedRegistry): Contents {
  return Object.fromEntries(REPOSITORIES.map((repository) => [repository, contents(registry, repository)]));
}

async function requestsOf(registry: EmbeddedRegistry, work: () => Promise<unknown>): Promise<{ readonly method: string }[]> {
  registry.requests.length = 0;
  await work();
  return registry.requests.slice();
}

/** True if it was killed before it ended by itself. */
async function runAndKill(registry: EmbeddedRegistry, user: User, { request, delay }: Moment, words: readonly string[]): Promise<boolean> {
  const { child, ended } = user.start(...words);
  let seen = 0;
  const off = registry.onRequest(() => {
    if (seen++ === request) setTimeout(() => child.kill('SIGKILL'), delay);
    return undefined;
  });
  const { code } = await ended;
  off();
  return code === undefined;
}

/** A journal as read back; undefined for one that was killed before its first line was whole. */
async function readBack(path: string): Promise<WholeJournal | undefined> {
  return (await readFile(path, 'utf8')).includes('\n') ? wholeJournal(path) : undefined;
}

/** Every deletion that the registry has carried out has its line, with the bytes that were deleted. */
async function expectJournalled(registry: EmbeddedRegistry, user: User, story: string): Promise<void> {
  const documents = await Promise.all((await user.journals()).map(readBack));
  const lines = documents
    .flatMap((document) => document?.intents ?? [])
    .map(({ repository, op, digest, tags }) => `/v2/${repository}/manifests/${op === 'delete-tag' ? tags[0] : digest}`);
  const done = registry.requests.filter(({ method, status }) => method === 'DELETE' && status === 202);
  for (const { path } of done) expect(lines, story).toContain(path);
}

/** What the registry serves is what it served before. */
async function expectServed({ url }: EmbeddedRegistry, before: Contents, story: string): Promise<void> {
  for (const [repository, { tags, manifests }] of Object.entries(before)) {
    for (const reference of [...Object.keys(tags), ...Object.keys(manifests)]) {
      const answer = await fetch(`${url}/v2/${repository}/manifests/${reference}`, { headers: { accept: MANIFEST_TYPES.join(', ') } });
      const text = `${answer.headers.get('content-type')} ${Buffer.from(await answer.arrayBuffer()).toString('base64')}`;
      expect(text, `${story}: ${reference}`).toBe(manifests[tags[reference] ?? reference]);
    }
  }
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
