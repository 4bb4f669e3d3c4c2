import { join } from 'node:path';
import type { Chain } from './bare-loop.ts';
import { FOLDER, median, node, PROGRAM, ratio, type Row } from './measure.ts';
import { bareLoop, withRegistry } from './running-registry.ts';

const ROUNDS = 3;
const LATENCY = 20;

/** Carrying a plan out beside a bare loop of GET, HEAD and DELETE. */
export function measureApplying(): AsyncGenerator<Row> {
  return withRegistry(1, 500, async function* ({ behave, seen }) {
    const { host, tags } = await behave({ latency: 0 });
    const plan = join(FOLDER, 'plan.json');
    await node([PROGRAM, 'prune', '--registry', host, '--tags', '**', '--keep-last', '3', '-o', 'name', '-q', '--plan-out', plan]);
    const doomed = tags.slice(0, -3);
    const chains = doomed.map(([tag, digest]): Chain => [
      { method: 'GET', path: `/v2/team/app-0/manifests/${digest}` },
      { method: 'HEAD', path: `/v2/team/app-0/manifests/${tag}` },
      { method: 'DELETE', path: `/v2/team/app-0/manifests/${digest}` },
    ]);
    const [own, bare, requests]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      await behave({ latency: LATENCY });
      bare.push((await bareLoop(host, chains)).seconds);
      await behave({ latency: LATENCY });
      own.push((await node([PROGRAM, 'apply', plan, '--yes', '-q'])).seconds);
      requests.push((await seen()).requests.length);
    }
    yield {
      part: 'applying beside a bare loop',
      what: `${doomed.length} deletions, ${LATENCY} ms`,
      figures: { 'requests a deletion': median(requests) / doomed.length, s: median(own), 'times the bare loop': ratio(own, bare) },
    };
  });
}
