import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CONCURRENCY } from '../../src/config/settings.ts';
import type { Chain } from './bare-loop.ts';
import { type Cost, file, FOLDER, node, PROGRAM, type Row } from './measure.ts';
import type { Behaviour, Seen } from './registry-process.ts';

/** The embedded registry in a process of its own. */
export interface RunningRegistry {
  /** Tells it how to behave from now on, and to forget what it has seen. */
  readonly behave: (behaviour: Behaviour) => Promise<Seen>;
  readonly seen: () => Promise<Seen>;
}

/** Has one with so many repositories of so many tags each as long as it is made use of. */
export async function* withRegistry(
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

/** The folder of the cache that `prune` uses for this host. */
export function cacheOf(host: string): string {
  return join(FOLDER, `cache-${host.replace(':', '-')}`);
}

/** A dry run that keeps the newest three of each repository: without what earlier ones left in the cache, or with it. */
export function prune(host: string, cache: 'cold' | 'warm'): Promise<Cost> {
  if (cache === 'cold') rmSync(cacheOf(host), { recursive: true, force: true });
  return node([PROGRAM, 'prune', '--registry', host, '--tags', '**', '--keep-last', '3', '-o', 'name', '-q', '--cache-dir', cacheOf(host)]);
}

/** The bare loop: the same requests, and nothing else. */
export function bareLoop(host: string, chains: readonly Chain[]): Promise<Cost> {
  return node([
    join(import.meta.dirname, 'bare-loop.js'),
    `http://${host}`,
    `${DEFAULT_CONCURRENCY}`,
    file('chains.json', [JSON.stringify(chains)]),
  ]);
}
