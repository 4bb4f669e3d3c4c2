import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { expect, it, onTestFinished } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import { image, layer, type Pushable } from '../../../src/demo/image.ts';
import { newPushSession, push } from '../../../src/demo/push.ts';
import { SWEEPING } from '../../sweep.ts';
import { newUser } from '../program.ts';
import { type Distribution, startDistribution } from '../servers/distribution.ts';
import { brokenParts, readStorage } from '../servers/distribution-storage.ts';
import { type Recorded, type RecordingProxy, startRecordingProxy } from '../servers/recording-proxy.ts';

const SOAK = process.env['REGPRUNE_SOAK'] === '1';
const IS_FULL = SOAK || SWEEPING;
const PER_REPOSITORY = IS_FULL ? 75 : 25;
/**
 * Distribution 2.8 takes the tags of a deleted manifest off in the way that is more easily disturbed. As many as are pruned side by side:
 * each then is pushed to while it is.
 */
const REPOSITORIES = SOAK ? { 2: 8, 3: 8 } : { 2: 2, 3: 1 };
/** Of 600 steps in each a good half come to be deletions, the others having met a push: over ten thousand deletions in all. */
const ROUNDS = SOAK ? 32 : 1;
/** Between two pushes, so that they do not keep the machine from deleting. */
const PAUSE_MS = 4;
const POLICY = `version: 1
policies:
  - name: race
    rules:
      - {name: doomed, tags: ["doomed-*"], keep: none}
`;

/** A tag that was set while the program was deleting. */
interface Put {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly begunAt: number;
  readonly doneAt: number;
}

/** Somebody pushes while the program deletes. */
export function testRacing(version: 2 | 3): void {
  const repositories = REPOSITORIES[version];

  it('puts back a tag that is moved between its last look and the deletion', async () => {
    const doomed = DOOMED.slice(0, 18);
    const registry = await startRacecourse(version, 1, doomed.length);
    const puts: Put[] = [];
    const repository = repositoryName(0);
    const proxy = await startProxy(registry, async ({ method, path }) => {
      const number = doomed.findIndex(({ digest }) => path.endsWith(digest));
      if (method !== 'DELETE' || number < 0) return;
      const [tag, thing] = number % 2 === 0 ? [`kept-${number}`, doomed[number]!] : [`doomed-${number}`, fresh(`late ${number}`)];
      puts.push(await put(registry, repository, tag, thing));
    });

    // One after another, so that there is no doubt what a tag was moved onto.
    const { code, text } = await prune(proxy, '--concurrency', '1');

    expect(puts.length).toBe(doomed.length);
    expect(await lostOf(registry, puts)).toEqual([]);
    expect(await brokenParts(registry.root)).toEqual([]);
    expect(code, text).toBe(6);
    for (const { tag } of puts.filter((one) => one.tag.startsWith('kept'))) expect(text).toContain(tag);
  });

  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
    `loses no tag that somebody sets or moves meanwhile, in ${repositories * PER_REPOSITORY} deletions (round %i)`,
    async () => {
      const registry = await startRacecourse(version, repositories, PER_REPOSITORY);
      let begin: () => void = () => {};
      const begun = new Promise<void>((resolve) => (begin = resolve));
      // What is pushed before the plan is made is planned like everything else.
      const proxy = await startProxy(registry, ({ method }) => void (method === 'DELETE' && begin()));
      const puts: Put[] = [];
      const over = new AbortController();
      const pusher = (async () => {
        await begun;
        while (!over.signal.aborted) {
          puts.push(await pushSomething(registry, repositories, puts.length));
          await sleep(PAUSE_MS);
        }
      })();

      const [{ code, text, applied }] = await Promise.all([prune(proxy).finally(() => over.abort()), pusher]);

      const notBack = applied?.repositories.flatMap(({ repairs }) => repairs.filter(({ restored }) => !restored));
      expect([0, 1, 6], text.slice(-2000)).toContain(code);
      expect(code === 1, JSON.stringify(notBack)).toBe((notBack ?? []).length > 0);
      // How many depends on how fast the machine is.
      expect(puts.length).toBeGreaterThan(0);
      const last = new Map(puts.map((one) => [placeOf(one), one]));
      const astray = await lostOf(registry, [...last.values()]);
      const untold = astray.filter((one) => !isTold(applied!, one));
      const lost = untold.filter((one) => {
        // Pushed again to where it was: nothing was different before the deletion.
        if (one.digest === ORIGINAL.get(one.tag)) return false;
        const earlier = puts.filter((other) => placeOf(other) === placeOf(one)).map(({ digest }) => digest);
        return couldBeSeen(proxy, one, [...earlier, ORIGINAL.get(one.tag) ?? one.digest]);
      });
      if (SOAK)
        process.stderr.write(
          `${puts.length} pushes; ${JSON.stringify(applied!.counts)}; astray ${astray.length}, untold ${untold.length}, ` +
            `of which could be seen ${lost.length}\n`,
        );
      expect(lost).toEqual([]);
      expect(await brokenParts(registry.root)).toEqual([]);
      const stored = await readStorage(registry.root);
      for (let number = 0; number < repositories; number += 1) {
        const repository = repositoryName(number);
        for (const [tag, thing] of KEPT)
          if (!last.has(placeOf({ repository, tag }))) expect(stored[repository]!.tags[tag], tag).toBe(thing.digest);
      }
    },
  );
}

const DOOMED = Array.from({ length: PER_REPOSITORY }, (_, number) => fresh(`doomed ${number}`));
const KEPT = DOOMED.map((_, number) => [`kept-${number}`, fresh(`kept ${number}`)] as const);
const THINGS = [...DOOMED.map((thing, number) => [`doomed-${number}`, thing] as const), ...KEPT];

const ORIGINAL: ReadonlyMap<string, string> = new Map(THINGS.map(([tag, { digest }]) => [tag, digest]));

/** All of them share config and layer, so that a push is one request. */
function fresh(name: string): Pushable {
  return image({ layers: [layer('race', 100)], created: '2025-01-01T00:00:00Z', annotations: { name } });
}

function placeOf({ repository, tag }: Pick<Put, 'repository' | 'tag'>): string {
  return `${repository}:${tag}`;
}

function repositoryName(number: number): string {
  return `race/number-${number}`;
}

/** Each repository has as many doomed images as kept ones. */
async function startRacecourse(version: 2 | 3, repositories: number, size: number): Promise<Distribution> {
  const root = await mkdtemp(join(tmpdir(), 'regprune-race-'));
  const registry = await startDistribution({ version, root });
  onTestFinished(async () => {
    await registry.stop();
    await rm(root, { recursive: true });
  });
  const session = newPushSession();
  const things = [...THINGS.slice(0, size), ...KEPT.slice(0, size)];
  const pushes = Array.from({ length: repositories }, (_, number) =>
    things.map(([tag, thing]) => ({ repository: repositoryName(number), tag, thing })),
  ).flat();
  await pLimit(16).map(pushes, ({ repository, tag, thing }) => push(registry.url, repository, thing, [tag], { session }));
  return registry;
}

async function startProxy(registry: Distribution, before: (request: Recorded) => unknown): Promise<RecordingProxy> {
  const proxy = await startRecordingProxy(registry.url, before);
  onTestFinished(() => proxy.stop());
  return proxy;
}

interface Pruned {
  readonly code: number | undefined;
  /** All that it wrote. */
  readonly text: string;
  readonly applied?: ApplyReport;
}

async function prune(proxy: RecordingProxy, ...more: readonly string[]): Promise<Pruned> {
  const user = await newUser({ files: { 'policy.yaml': POLICY } });
  const { code, stdout, stderr } = await user.run('prune', '--registry', proxy.url, '-p', 'policy.yaml', '--apply', '-o', 'json', ...more);
  return { code, text: stdout + stderr, ...(JSON.parse(stdout) as { readonly applied?: ApplyReport }) };
}

/** True if the report of a run speaks of a tag: that it was hit, or what was left alone because of it. */
function isTold({ repositories }: ApplyReport, { repository, tag }: Put): boolean {
  const report = repositories.find((one) => one.repository === repository);
  return [...(report?.repairs ?? []), ...(report?.notDone ?? [])].some(
    (one) => one.tag === tag || one.message?.includes(`the tag ${tag} `),
  );
}

/** Sets a new tag on a doomed image, moves a kept one there, or moves a doomed one to a new or to another doomed image. */
function pushSomething(registry: Distribution, repositories: number, number: number): Promise<Put> {
  const pick = (): number => Math.floor(Math.random() * PER_REPOSITORY);
  const repository = repositoryName(Math.floor(Math.random() * repositories));
  const ways: readonly (() => Promise<Put>)[] = [
    () => put(registry, repository, `new-${number}`, DOOMED[pick()]!),
    () => put(registry, repository, `kept-${pick()}`, DOOMED[pick()]!),
    () => put(registry, repository, `doomed-${pick()}`, fresh(`new ${number}`)),
    () => put(registry, repository, `doomed-${pick()}`, DOOMED[pick()]!),
  ];
  return ways[number % ways.length]!();
}

/** As clients do, it tries again after a 500: 2.8 answers so where a tag is set and taken off at the same moment. */
async function put({ url }: Distribution, repository: string, tag: string, { digest, mediaType, bytes }: Pushable): Promise<Put> {
  const begunAt = Date.now();
  for (let attempt = 1; ; attempt += 1) {
    const { status } = await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: bytes,
    });
    if (status === 201) return { repository, tag, digest, begunAt, doneAt: Date.now() };
    if (status !== 500 || attempt === 5) throw new Error(`the push of ${tag} was answered with ${status}`);
  }
}

/** Those whose tag does not point any more to where it was last set, or to nothing that is there. */
async function lostOf({ root }: Distribution, puts: readonly Put[]): Promise<Put[]> {
  const stored = await readStorage(root);
  return puts.filter(
    ({ repository, tag, digest }) => stored[repository]!.tags[tag] !== digest || !stored[repository]!.manifests.includes(digest),
  );
}

/**
 * True if, after a tag was set, the program could learn of it before the deletion began that can have taken it along: that of the manifest
 * it was set on, or was on before. Of a new tag the list of tags tells; of one that goes by the plan, and was moved onto something else
 * that goes, only looking at it. A deletion that was answered while the tag was being set may have come between the two as well.
 */
function couldBeSeen({ requests }: RecordingProxy, { repository, tag, digest, begunAt, doneAt }: Put, former: readonly string[]): boolean {
  const own = requests.filter(({ path }) => path.startsWith(`/v2/${repository}/`));
  const tells = tag.startsWith('doomed-') ? new RegExp(`/manifests/${tag}$`) : /\/tags\/list/;
  const fatal = own.find(
    ({ method, path, answeredAt }) => method === 'DELETE' && answeredAt >= begunAt && [digest, ...former].some((one) => path.endsWith(one)),
  );
  return (
    !fatal ||
    own.some(({ path, arrivedAt, answeredAt }) => tells.test(path) && arrivedAt > doneAt && answeredAt > 0 && answeredAt < fatal.arrivedAt)
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
