import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Chain } from './bare-loop.ts';
import { median, ratio, type Row } from './measure.ts';
import { bareLoop, cacheOf, prune, type RunningRegistry, withRegistry } from './running-registry.ts';

const ROUNDS = 3;

/** One repository, from a registry without latency to one that is far away. */
export function measureDryRuns(): AsyncGenerator<Row> {
  return withRegistry(1, 500, async function* (registry) {
    for (const latency of [0, 10, 50]) yield* dryRuns(registry, '500 tags', latency);
  });
}

export function measureManyRepositories(): AsyncGenerator<Row> {
  return withRegistry(400, 5, (registry) => dryRuns(registry, '400 repositories of 5 tags', 30));
}

export function measureLargeRepository(): AsyncGenerator<Row> {
  return withRegistry(1, 3000, (registry) => dryRuns(registry, '3,000 tags', 20));
}

/** What a run takes of its own, and what the cache holds afterwards: so many requests that start-up is little of it. */
export function measureCache(): AsyncGenerator<Row> {
  return withRegistry(1, 50_000, async function* (registry) {
    yield* dryRuns(registry, '50,000 tags', 0, 1);
    const folder = cacheOf((await registry.seen()).host);
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    yield { part: 'cache', what: '50,000 tags', figures: { files: sizes.length, 'MB on disk': bytes / 1e6 } };
  });
}

/** Cold, and with what the run before has left in the cache; beside a bare loop of the same requests, in turns. */
async function* dryRuns({ behave, seen }: RunningRegistry, what: string, latency: number, rounds = ROUNDS): AsyncGenerator<Row> {
  const { host } = await behave({ latency });
  for (const cache of ['cold', 'warm'] as const) {
    await behave({ latency });
    const own = [await prune(host, cache)];
    const { requests } = await seen();
    const chains = requests.map((request): Chain => [request]);
    const bare = [await bareLoop(host, chains)];
    for (let round = 1; round < rounds; round++) {
      own.push(await prune(host, cache));
      bare.push(await bareLoop(host, chains));
    }
    const seconds = own.map((cost) => cost.seconds);
    yield {
      part: 'dry run beside a bare loop',
      what: `${what}, ${latency} ms, ${cache}`,
      figures: {
        requests: requests.length,
        s: median(seconds),
        'times the bare loop': ratio(
          seconds,
          bare.map((cost) => cost.seconds),
        ),
        'ms of processor time a request': (1000 * median(own.map((cost) => cost.processor))) / requests.length,
        'ms of the bare loop': (1000 * median(bare.map((cost) => cost.processor))) / requests.length,
        MB: median(own.map((cost) => cost.megabytes)),
      },
    };
  }
}
