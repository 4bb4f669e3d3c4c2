import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApplyReport } from '../../src/apply/apply-report.ts';
import { startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { image, layer, type Pushable } from '../../src/demo/image.ts';
import { newPushSession, push } from '../../src/demo/push.ts';
import type { Digest } from '../../src/domain/digest.ts';
import { newSession } from './cli/in-process.ts';
import { startDistribution } from './servers/distribution.ts';
import { readStorage } from './servers/distribution-storage.ts';
import { type Recorded, type RecordingProxy, startRecordingProxy } from './servers/recording-proxy.ts';
import { skipWithout } from './servers/server-binaries.ts';
import { everyday } from '../sweep.ts';

/** What a repository looks like, and how far away it is. */
interface Shape {
  /** Tags that stay, besides those that go. */
  readonly tags: number;
  /** Tags of each image that goes. */
  readonly perDigest: number;
  /** Milliseconds by which each request of the program is held up. */
  readonly latency: number;
}

/** All of them are walked through where REGPRUNE_RACES is set, as .ci/run does. */
const SWEEP: readonly Shape[] = [
  { tags: 10, perDigest: 1, latency: 0 },
  { tags: 10, perDigest: 40, latency: 40 },
  { tags: 2500, perDigest: 40, latency: 0 },
  { tags: 10_000, perDigest: 1, latency: 40 },
];
const SHORT: readonly Shape[] = [{ tags: 100, perDigest: 4, latency: 10 }];
const SHAPES = process.env['REGPRUNE_RACES'] === '1' ? SWEEP : SHORT;
const DOOMED = 24;
/** Distribution opens the file of every tag for each deletion: with more tags than this on a disk, its own work takes minutes. */
const MOST_STORED = 2500;
const REPOSITORY = 'race/app';

/** A registry that can be filled without a request for each tag, and be looked into. */
interface Arena {
  readonly url: string;
  /** Sets tags on a manifest that is there. */
  setTags(tags: readonly string[], digest: Digest): Promise<void>;
  /** Where each tag points to; none for a tag whose manifest is not there. */
  tags(): Promise<Readonly<Record<string, string>>>;
}

const ARENAS = everyday<readonly [name: string, needs: 'docker-registry' | 'registry3' | undefined, start: () => Promise<Arena>]>(1, [
  ['the embedded registry', undefined, startEmbedded],
  ['distribution 2', 'docker-registry', () => startStored(2)],
  ['distribution 3', 'registry3', () => startStored(3)],
]);

describe.each(ARENAS)('pushes while images are deleted in %s', (name, needs, start) => {
  it
    .skipIf(needs !== undefined && skipWithout(needs))
    .each(needs === undefined ? SHAPES : SHAPES.filter(({ tags }) => tags <= MOST_STORED))(
    'are lost in silence between the last list and the deletion alone: $tags tags, $perDigest a digest, $latency ms',
    async (shape) => {
      const arena = await start();
      const { puts, report, proxy } = await race(arena, shape);

      const now = await arena.tags();
      // Of several that were set on one tag only the last can be there.
      const last = [...new Map(puts.map((put) => [put.tag, put])).values()];
      const lost = last.filter(({ tag, digest }) => now[tag] !== digest);
      const outside = lost.filter((put) => !isTold(report, put) && wasListed(proxy, put));
      process.stderr.write(`${name}, ${JSON.stringify(shape)}: ${summaryOf(proxy, puts.length, lost.length)}\n`);
      expect(outside).toEqual([]);
      expect(lost.filter((put) => put.tag.startsWith('keep-') && !isTold(report, put))).toEqual([]);
    },
  );
});

interface Put {
  readonly tag: string;
  readonly digest: string;
  /** When it was asked for, and when its answer was read, which on a busy machine is long after it was given. */
  readonly begunAt: number;
  readonly doneAt: number;
}

/** Prunes while new tags are set on what goes, and tags that stay are moved onto it, at random moments. */
async function race(arena: Arena, { tags, perDigest, latency }: Shape) {
  const doomed = Array.from({ length: DOOMED }, (_, number) => build(`doomed ${number}`));
  const kept = build('kept');
  const session = newPushSession();
  for (const [number, thing] of [...doomed, kept].entries())
    await push(arena.url, REPOSITORY, thing, [thing === kept ? 'keep-0' : `doomed-${number}`], { session });
  for (const [number, { digest }] of doomed.entries())
    await arena.setTags(
      Array.from({ length: perDigest - 1 }, (_, more) => `doomed-${number}-${more}`),
      digest,
    );
  await arena.setTags(
    Array.from({ length: tags - 1 }, (_, number) => `keep-${number + 1}`),
    kept.digest,
  );
  let begin: () => void = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  // From the check before the first deletion on: what is pushed before is planned like everything else.
  const proxy = await startRecordingProxy(arena.url, async ({ method }) => {
    if (method === 'DELETE') begin();
    if (latency > 0) await sleep(latency);
  });
  onTestFinished(() => proxy.stop());

  const puts: Put[] = [];
  const over = new AbortController();
  const pusher = (async () => {
    await begun;
    while (!over.signal.aborted) {
      const thing = doomed[Math.floor(Math.random() * DOOMED)]!;
      const tag = puts.length % 4 === 3 ? `keep-${1 + Math.floor(Math.random() * Math.min(8, tags - 1))}` : `late-${puts.length}`;
      const put = await set(arena, tag, thing);
      if (put) puts.push(put);
      await sleep(20 + latency + Math.random() * 60);
    }
  })();
  const user = await newSession();
  const words = [`${new URL(proxy.url).host}/${REPOSITORY}`, '--tags', 'doomed-*', '--keep-last', '0', '--apply', '--yes', '-o', 'json'];
  const { stdout, stderr, code } = await user.run('prune', ...words).finally(() => over.abort());
  await pusher;
  expect([0, 1, 6], stderr).toContain(code);
  return { puts, report: (JSON.parse(stdout) as { applied: ApplyReport }).applied, proxy };
}

/** They share config and layer, so that a push is one request. */
function build(name: string): Pushable {
  return image({ layers: [layer('race', 100)], created: '2025-01-01T00:00:00Z', annotations: { name } });
}

/** Undefined where the registry did not take it: 2.8 answers 500 where a tag is set and taken off at the same moment. */
async function set({ url }: Arena, tag: string, { digest, mediaType, bytes }: Pushable): Promise<Put | undefined> {
  const begunAt = Date.now();
  const { status } = await fetch(`${url}/v2/${REPOSITORY}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: bytes,
  });
  return status === 201 ? { tag, digest, begunAt, doneAt: Date.now() } : undefined;
}

/** True if the report speaks of a tag. */
function isTold({ repositories }: ApplyReport, { tag }: Put): boolean {
  return repositories.some(({ repairs, notDone }) =>
    [...repairs, ...notDone].some((one) => one.tag === tag || one.message?.includes(`the tag ${tag} `)),
  );
}

/** True if the list before the deletion that can have taken a tag along was asked for after the tag was set. */
function wasListed(proxy: RecordingProxy, { digest, begunAt, doneAt }: Put): boolean {
  const fatal = proxy.requests.find(
    ({ method, path, answeredAt }) => method === 'DELETE' && path.endsWith(digest) && answeredAt >= begunAt,
  );
  const list = fatal && listBefore(proxy, fatal);
  return !list || list.arrivedAt > doneAt;
}

/** The last list of tags whose answer was there when a request came. */
function listBefore({ requests }: RecordingProxy, { arrivedAt }: Recorded): Recorded | undefined {
  return requests.findLast((one) => one.path.includes('/tags/list') && one.answeredAt > 0 && one.answeredAt <= arrivedAt);
}

function summaryOf(proxy: RecordingProxy, puts: number, lost: number): string {
  const windows = proxy.requests
    .filter(({ method, status }) => method === 'DELETE' && status === 202)
    .flatMap((request) => {
      const list = listBefore(proxy, request);
      return list ? [request.arrivedAt - list.arrivedAt] : [];
    })
    .toSorted((a, b) => a - b);
  const median = windows[Math.floor(windows.length / 2)] ?? 0;
  return (
    `${puts} pushes, ${windows.length} deletions, ${lost} pushes lost; window ${median} ms (median), ` +
    `${windows.at(-1) ?? 0} ms (longest)`
  );
}

async function startEmbedded(): Promise<Arena> {
  const server = await startEmbeddedRegistry({ ignorePaging: true });
  onTestFinished(() => server.close());
  const repository = () => server.storage.repository(REPOSITORY);
  return {
    url: server.url,
    async setTags(tags, digest) {
      for (const tag of tags) repository().tags.set(tag, digest);
    },
    async tags() {
      const { tags, manifests } = repository();
      return Object.fromEntries([...tags].filter(([, digest]) => manifests.has(digest)));
    },
  };
}

async function startStored(version: 2 | 3): Promise<Arena> {
  const root = await mkdtemp(join(tmpdir(), 'regprune-window-'));
  const registry = await startDistribution({ version, root });
  onTestFinished(async () => {
    await registry.stop();
    await rm(root, { recursive: true });
  });
  const folder = join(root, 'docker/registry/v2/repositories', REPOSITORY, '_manifests/tags');
  return {
    url: registry.url,
    async setTags(tags, digest) {
      for (const tag of tags) {
        const index = join(folder, tag, 'index/sha256', digest.slice('sha256:'.length));
        await mkdir(index, { recursive: true });
        await writeFile(join(index, 'link'), digest);
        await mkdir(join(folder, tag, 'current'), { recursive: true });
        await writeFile(join(folder, tag, 'current/link'), digest);
      }
    },
    async tags() {
      const { tags, manifests } = (await readStorage(root))[REPOSITORY]!;
      const there = new Set(manifests);
      return Object.fromEntries(Object.entries(tags).filter(([, digest]) => there.has(digest)));
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
