import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { bench, describe } from 'vitest';
import { executePlan } from '../../src/apply/execute-plan.ts';
import { Journal } from '../../src/apply/journal.ts';
import { startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { image, layer } from '../../src/demo/image.ts';
import { newPushSession, push } from '../../src/demo/push.ts';
import type { Digest } from '../../src/domain/digest.ts';
import { MANIFEST_TYPES } from '../../src/domain/media-types.ts';
import { createHttpClient } from '../../src/http/create-http-client.ts';
import { openRegistry } from '../../src/registry/open.ts';
import { planOf } from '../unit/apply/apply-fixture.ts';

const DELETIONS = 998;
const CONCURRENCY = 16;
/** Milliseconds that each request takes. */
const LATENCY = 20;
const REPOSITORY = 'team/app';

/** Registry and client share this process, and so the processor: only the difference between the two says something. */
const server = await startEmbeddedRegistry({ referrersApi: false });
const session = newPushSession();
const base = layer('base', 200);
for (let number = 0; number < DELETIONS + 2; number += 1) {
  const thing = image({ layers: [base], created: '2025-01-01T00:00:00Z', annotations: { number: `${number}` } });
  await push(server.url, REPOSITORY, thing, [`${number < DELETIONS ? 'old' : 'keep'}-${number}`], { session });
}
const { manifests, tags } = server.storage.repository(REPOSITORY);
const [allManifests, allTags] = [new Map(manifests), new Map(tags)];
const { signal } = new AbortController();
const http = createHttpClient({ userAgent: 'bench/1', env: {}, concurrency: CONCURRENCY, signal });
const registry = await openRegistry(
  { name: 'bench', url: server.url, type: 'oci', concurrency: CONCURRENCY },
  { http, credentials: async () => undefined, env: {}, signal },
);
const plan = await planOf(registry, [REPOSITORY], { keepAtLeast: 0 });
server.onRequest(() => new Promise((resolve) => setTimeout(resolve, LATENCY)));

/** Everything is there again, and the log of requests is empty. */
function refill(): void {
  for (const [digest, manifest] of allManifests) manifests.set(digest, manifest);
  for (const [tag, digest] of allTags) tags.set(tag, digest);
  server.requests.length = 0;
}

async function apply(): Promise<void> {
  refill();
  const { counts } = await executePlan({
    plan,
    registries: new Map([[registry.name, registry]]),
    journal: new Journal(mkdtempSync(join(tmpdir(), 'regprune-bench-'))),
    concurrency: CONCURRENCY,
    justRead: () => true,
    cached: async (digest: Digest) => allManifests.get(digest)?.bytes,
  });
  if (counts.deleted !== DELETIONS) throw new Error(`${counts.deleted} were deleted`);
}

/** What somebody would write who looks at a manifest and its tag before deleting it. */
async function bareLoop(): Promise<void> {
  refill();
  const pool = new Pool(server.url, { connections: CONCURRENCY });
  const queue = [...allTags].filter(([tag]) => tag.startsWith('old-'));
  const headers = { accept: MANIFEST_TYPES.join(', ') };
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const path = (reference: string): string => `/v2/${REPOSITORY}/manifests/${reference}`;
      for (const [method, reference] of [
        ['GET', next[1]],
        ['HEAD', next[0]],
        ['DELETE', next[1]],
      ] as const)
        await (await pool.request({ method, path: path(reference), headers })).body.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  await pool.close();
}

describe(`${DELETIONS} deletions at ${LATENCY} ms a request, ${CONCURRENCY} side by side`, () => {
  const few = { time: 0, iterations: 5, warmupTime: 0, warmupIterations: 1 };
  const measured = (name: string, work: () => Promise<void>): void => {
    const took: number[] = [];
    const timed = async (): Promise<void> => {
      const begin = performance.now();
      await work();
      took.push(performance.now() - begin);
    };
    const teardown = (_task: unknown, mode: 'warmup' | 'run'): void => {
      const median = took.toSorted((a, b) => a - b)[took.length >> 1] ?? 0;
      const each = (server.requests.length / DELETIONS).toFixed(2);
      if (mode === 'run') process.stdout.write(`${name}: ${each} requests a deletion, ${(median / 1000).toFixed(2)} s (median)\n`);
    };
    bench(name, timed, { ...few, teardown });
  };
  measured('bare loop of GET, HEAD and DELETE', bareLoop);
  measured('apply', apply);
});
