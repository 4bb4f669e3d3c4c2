import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CONCURRENCY } from '../../src/config/settings.ts';
import type { Chain } from './bare-loop.ts';
import { type Cost, file, FOLDER, median, node, PROGRAM, ratio, type Row } from './measure.ts';
import { measurePeers } from './peers.ts';
import type { Behaviour, Seen } from './registry-process.ts';

const ROUNDS = 3;
const RATE = 100;
const DELETION_LATENCY = 20;
const CACHE = join(FOLDER, 'cache');
const BARE_LOOP = join(import.meta.dirname, 'bare-loop.js');

/** The dry run beside a bare loop of the same requests, a rate limit, applying, and the peers that are here. */
export async function* measureNetwork(): AsyncGenerator<Row> {
  yield* withRegistry(1, 500, async function* (registry) {
    for (const latency of [0, 10, 50]) yield* await measureDryRuns(registry, '500 tags', latency);
    yield await measureRate(registry);
    yield await measureApplying(registry);
  });
  yield* withRegistry(100, 5, async function* (registry) {
    yield* await measureDryRuns(registry, '100 repositories of 5 tags', 10);
  });
  yield* withRegistry(1, 100, async function* (registry) {
    const { host } = await registry.behave({ latency: 10 });
    yield* await measurePeers(host, 100, () => prune(host, 'cold'));
  });
}

interface RunningRegistry {
  readonly behave: (behaviour: Behaviour) => Promise<Seen>;
  readonly seen: () => Promise<Seen>;
}

async function* withRegistry(
  repositories: number,
  tags: number,
  use: (registry: RunningRegistry) => AsyncGenerator<Row>,
): AsyncGenerator<Row> {
  const child = fork(join(import.meta.dirname, 'registry-process.js'), [`${repositories}`, `${tags}`]);
  try {
    await once(child, 'message');
    yield* use({ behave: (behaviour) => ask(child, behaviour), seen: () => ask(child, 'seen') });
  } finally {
    child.disconnect();
  }
}

async function ask(child: ChildProcess, message: Behaviour | 'seen'): Promise<Seen> {
  child.send(message);
  const [answer] = (await once(child, 'message')) as [Seen];
  return answer;
}

function prune(host: string, cache: 'cold' | 'warm'): Cost {
  if (cache === 'cold') rmSync(CACHE, { recursive: true, force: true });
  return node([PROGRAM, 'prune', '--registry', host, '--tags', '**', '--keep-last', '3', '-o', 'name', '-q', '--cache-dir', CACHE]);
}

function bareLoop(host: string, chains: readonly Chain[]): Cost {
  return node([BARE_LOOP, `http://${host}`, `${DEFAULT_CONCURRENCY}`, file('chains.json', JSON.stringify(chains))]);
}

/** Cold, and with what the run before has left in the cache. */
async function measureDryRuns({ behave, seen }: RunningRegistry, what: string, latency: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const cache of ['cold', 'warm'] as const) {
    const { host } = await behave({ latency });
    prune(host, cache);
    const { requests } = await seen();
    const chains = requests.map((request): Chain => [request]);
    const costs = Array.from({ length: ROUNDS }, () => ({ bare: bareLoop(host, chains), own: prune(host, cache) }));
    const [own, bare] = [costs.map((cost) => cost.own.seconds), costs.map((cost) => cost.bare.seconds)];
    rows.push({
      part: 'dry run beside a bare loop',
      what: `${what}, ${latency} ms, ${cache}`,
      figures: {
        requests: requests.length,
        s: median(own),
        'times the bare loop': ratio(own, bare),
        'ms of processor time a request': (1000 * median(costs.map((cost) => cost.own.processor))) / requests.length,
      },
    });
  }
  return rows;
}

/** At a limit: how much of it is used, and how many requests are refused. */
async function measureRate({ behave, seen }: RunningRegistry): Promise<Row> {
  const { host } = await behave({ latency: 10, rate: RATE });
  const { seconds } = prune(host, 'cold');
  const { requests } = await seen();
  const refused = requests.filter(({ status }) => status === 429).length;
  return {
    part: 'rate limit',
    what: `${RATE} requests a second, 10 ms`,
    figures: {
      requests: requests.length,
      s: seconds,
      'share of the limit': (requests.length - refused) / seconds / RATE,
      'share refused': refused / requests.length,
    },
  };
}

/** Carrying a plan out beside a bare loop of GET, HEAD and DELETE. */
async function measureApplying({ behave, seen }: RunningRegistry): Promise<Row> {
  const { host, tags } = await behave({ latency: 0 });
  const plan = join(FOLDER, 'plan.json');
  node([PROGRAM, 'prune', '--registry', host, '--tags', '**', '--keep-last', '3', '-o', 'name', '-q', '--plan-out', plan]);
  const doomed = tags.slice(0, -3);
  const chains = doomed.map(([tag, digest]): Chain => [
    { method: 'GET', path: `/v2/team/app-0/manifests/${digest}` },
    { method: 'HEAD', path: `/v2/team/app-0/manifests/${tag}` },
    { method: 'DELETE', path: `/v2/team/app-0/manifests/${digest}` },
  ]);
  const rounds: { readonly own: number; readonly bare: number; readonly requests: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await behave({ latency: DELETION_LATENCY });
    const bare = bareLoop(host, chains).seconds;
    await behave({ latency: DELETION_LATENCY });
    const own = node([PROGRAM, 'apply', plan, '--yes', '-q']).seconds;
    rounds.push({ own, bare, requests: (await seen()).requests.length });
  }
  const own = rounds.map((one) => one.own);
  return {
    part: 'applying beside a bare loop',
    what: `${doomed.length} deletions, ${DELETION_LATENCY} ms`,
    figures: {
      'requests a deletion': median(rounds.map(({ requests }) => requests)) / doomed.length,
      s: median(own),
      'times the bare loop': ratio(
        own,
        rounds.map(({ bare }) => bare),
      ),
    },
  };
}
