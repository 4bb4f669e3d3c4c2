import pLimit from 'p-limit';
import { baseNode } from './history/base-node.ts';
import type { Build } from './history/build.ts';
import { chartsApp } from './history/charts-app.ts';
import { teamApi } from './history/team-api.ts';
import { longRunningTag, teamWeb } from './history/team-web.ts';
import { teamWorker } from './history/team-worker.ts';
import { toolsCli } from './history/tools-cli.ts';
import { newPushSession, push, type PushOptions, type PushTarget } from './push.ts';

/** Where a history goes: an embedded registry, or any other by its URL. */
export interface HistoryTarget extends PushTarget {
  readonly auth?: PushOptions['auth'];
}

/** What was pushed. */
export interface FilledHistory {
  readonly repositories: readonly string[];
  readonly tags: number;
  /** References without host of images that a made-up cluster runs: one is old, and nothing else keeps it. */
  readonly running: readonly string[];
}

const CONCURRENCY = 16;

/**
 * Fills a registry with the pushes of a good year, as seen from `now`: the same instant gives the same digests. Throws what `push` throws.
 */
export async function fillHistory(target: HistoryTarget, now: Date): Promise<FilledHistory> {
  const history: Readonly<Record<string, readonly Build[]>> = {
    'base/node': baseNode(now),
    'charts/app': chartsApp(now),
    'team/api': teamApi(now),
    'team/web': teamWeb(now),
    'team/worker': teamWorker(now),
    'tools/cli': toolsCli(),
  };
  const options = { session: newPushSession(), ...(target.auth && { auth: target.auth }) };
  const limit = pLimit(CONCURRENCY);
  const builds = Object.entries(history).flatMap(([repository, all]) => all.map((build) => ({ repository, ...build })));
  await Promise.all(builds.map(({ repository, thing, tags }) => limit(() => push(target, repository, thing, tags, options))));
  return {
    repositories: Object.keys(history),
    tags: builds.reduce((sum, { tags }) => sum + tags.length, 0),
    running: [`team/web:${longRunningTag()}`, 'team/web:prod', 'team/api:latest'],
  };
}
