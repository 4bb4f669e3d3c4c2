import { setMaxListeners } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Pool } from 'undici';
import { bench, describe } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { DEFAULT_CONCURRENCY } from '../../src/config/settings.ts';
import { startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { image, layer } from '../../src/demo/image.ts';
import { newPushSession, push } from '../../src/demo/push.ts';
import { MANIFEST_TYPES } from '../../src/domain/media-types.ts';

const TAGS = 2000;

/** Registry and client share this process, and so the processor: only the difference between the two says something. */
const registry = await startEmbeddedRegistry();
const session = newPushSession();
const base = layer('base', 2000);
for (let number = 0; number < TAGS; number += 1) {
  const thing = image({
    layers: [base, layer(`build ${number}`, 500)],
    created: new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString(),
  });
  await push(registry.url, 'team/app', thing, [`build-${number}`], { session });
}
/** Stays empty. */
const folder = mkdtempSync(join(tmpdir(), 'regprune-bench-'));
const { signal } = new AbortController();
setMaxListeners(0, signal);

async function dryRun(): Promise<void> {
  const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  const code = await runProgram(['prune', `${registry.host}/team/app`, '--keep-last', '10', '-o', 'name'], {
    stdout: nowhere(),
    stderr: process.stderr,
    stdin: Readable.from([]),
    cwd: folder,
    now: Date.now,
    program: 'regctl',
    signal,
    // A cache that is never there: each run is a cold one.
    env: { HOME: folder, REGCTL_CACHE_DIR: '/dev/null/cache' },
  });
  if (code !== 0) throw new Error(`prune ended with ${code}`);
}

registry.requests.length = 0;
await dryRun();
const recorded = registry.requests.map(({ method, path }) => ({ method: method as 'GET' | 'HEAD', path }));

async function bareLoop(): Promise<void> {
  const pool = new Pool(registry.url, { connections: DEFAULT_CONCURRENCY });
  const queue = recorded.toReversed();
  const headers = { accept: MANIFEST_TYPES.join(', ') };
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) await (await pool.request({ ...next, headers })).body.arrayBuffer();
  };
  await Promise.all(Array.from({ length: DEFAULT_CONCURRENCY }, worker));
  await pool.close();
}

describe(`a cold dry run of ${TAGS} tags: ${recorded.length} requests`, () => {
  const few = { time: 0, iterations: 5, warmupTime: 0, warmupIterations: 1 };
  const measured = (name: string, work: () => Promise<void>): void => {
    let best = Infinity;
    const timed = async (): Promise<void> => {
      const begin = performance.now();
      await work();
      best = Math.min(best, performance.now() - begin);
    };
    const teardown = (_task: unknown, mode: 'warmup' | 'run'): void => {
      if (mode === 'run') process.stdout.write(`${name}: ${Math.round((recorded.length * 1000) / best)} requests/s at best\n`);
    };
    bench(name, timed, { ...few, teardown });
  };
  measured('bare undici loop with the same requests', bareLoop);
  measured('prune', dryRun);
});
