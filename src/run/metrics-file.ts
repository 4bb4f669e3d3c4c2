import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ApplyReport } from '../apply/apply-report.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { lastSuccessIn, metricsText, plannedFacts, type RepositoryFacts } from '../report/metrics.ts';
import type { Io } from './io.ts';
import { writeWhole } from './write-file.ts';

/** What the metrics tell about a run. Without a plan, it failed before there was one. */
export interface Run {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly succeeded: boolean;
  readonly plan?: Plan;
  readonly applied?: ApplyReport;
}

/** Writes the metrics of a run in place of those of the last run, but keeps the time of the last success. Throws `FILE`. */
export async function writeMetrics(io: Io, file: string, { startedAt, succeeded, plan, applied }: Run): Promise<void> {
  const path = resolve(io.cwd, file);
  const endedAt = io.now();
  const before = await readFile(path, 'utf8').catch(() => '');
  const planned = plan ? plannedFacts(plan) : [];
  const governed = plan?.repositories.filter(({ policy }) => policy !== undefined) ?? [];
  const repositories = applied ? planned.map((facts, index) => withApplied(facts, governed[index] as RepositoryPlan, applied)) : planned;
  await writeWhole(
    path,
    metricsText({
      endedAt: endedAt / 1000,
      duration: (endedAt - startedAt) / 1000,
      succeeded,
      lastSuccess: lastSuccessIn(before),
      repositories,
      unread: plan?.unread ?? [],
    }),
  );
}

function withApplied(facts: RepositoryFacts, plan: RepositoryPlan, { repositories }: ApplyReport): RepositoryFacts {
  const report = repositories.find(({ registry, repository }) => registry === plan.registry && repository === plan.repository);
  if (!report) return facts;
  const left = new Set(report.notDone.filter(({ op }) => op === 'delete-manifest').map(({ digest }) => digest));
  const gone = plan.images.filter(({ action, digest }) => action === 'delete' && !left.has(digest));
  const size = gone.reduce((sum, image) => sum + image.size, 0);
  // What stayed may hold some of the blobs; then less is freed than was planned.
  const freed = left.size === 0 ? plan.summary.bytes.freed : Math.min(plan.summary.bytes.freed, size);
  return {
    ...facts,
    deleted: gone.length,
    freed,
    errors: facts.errors + report.counts.failed + report.counts.lost + (report.error ? 1 : 0),
  };
}
