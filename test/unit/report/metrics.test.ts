import { describe, expect, test } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import { NO_COUNTS } from '../../../src/apply/apply-report.ts';
import { lastSuccessIn, metricsText, type RunFacts } from '../../../src/report/metrics.ts';
import { digest, expired, image, plan, repository } from './plan-fixture.ts';

const RUN: RunFacts = { endedAt: 1_790_000_000, duration: 12.5, exitCode: 0, lastSuccess: 1_790_000_000, broken: false };
const doomed = [expired('a1', 'x', 4), expired('a2', 'y', 5)];

/** The report of an apply that left these of the doomed. */
function applied(repositoryName: string, left: readonly string[]): ApplyReport {
  const counts = { ...NO_COUNTS, failed: left.length };
  const notDone = left.map((start) => ({ op: 'delete-manifest', digest: digest(start), outcome: 'failed' }) as const);
  return {
    kind: 'ApplyReport',
    formatVersion: '1.0',
    outcome: 'partial',
    counts,
    repositories: [{ registry: 'prod', repository: repositoryName, counts, notDone, repairs: [] }],
  };
}

describe('metrics of a run', () => {
  test('are gauges by registry and policy, several repositories added up', () => {
    const planned = plan([
      repository(doomed),
      repository([...doomed, image('c1')], { repository: 'team/web' }),
      repository([], { policy: 'ci "x"\\y', complete: false }),
    ]);

    const text = metricsText({ ...RUN, plan: planned });

    expect(text).toContain('# TYPE regprune_planned_manifests gauge\n');
    expect(text).toContain('regprune_planned_manifests{registry="prod",policy="services"} 4\n');
    expect(text).toContain('regprune_kept_manifests{registry="prod",policy="services"} 1\n');
    expect(text).toContain('regprune_incomplete_repositories{registry="prod",policy="ci \\"x\\"\\\\y"} 1\n');
    expect(text).toContain('regprune_errors{registry="prod",policy="ci \\"x\\"\\\\y"} 1\n');
    expect(text).toContain('regprune_last_run_timestamp_seconds 1790000000\n');
    expect(text).toContain('regprune_run_duration_seconds 12.5\n');
    expect(text.split('\n').every((line) => line === '' || line.startsWith('# ') || /^\w+(\{.+\})? [\d.]+$/.test(line))).toBe(true);
  });

  test('tell what happened, not what was planned: a plan that is only shown deletes and frees nothing', () => {
    const text = metricsText({ ...RUN, plan: plan([repository(doomed)]) });

    expect(text).toContain('regprune_deleted_manifests{registry="prod",policy="services"} 0\n');
    expect(text).toContain('regprune_freed_bytes{registry="prod",policy="services"} 0\n');
  });

  test('of a run that deleted one of two count the other as skipped, and free at least what it cannot hold', () => {
    const text = metricsText({ ...RUN, exitCode: 6, plan: plan([repository(doomed)]), applied: applied('team/app', ['a2']) });

    expect(text).toContain('regprune_deleted_manifests{registry="prod",policy="services"} 1\n');
    expect(text).toContain('regprune_skipped_manifests{registry="prod",policy="services"} 1\n');
    expect(text).toContain('regprune_freed_bytes{registry="prod",policy="services"} 40000000\n');
    expect(text).toContain('regprune_errors{registry="prod",policy="services"} 1\n');
    expect(text).toContain('regprune_exit_code 6\n');
  });

  test('of a run that found one of two gone count it neither as deleted nor as skipped, and free nothing by it', () => {
    const gone = [{ op: 'delete-manifest', digest: digest('a2'), outcome: 'gone' }] as const;
    const report = applied('team/app', []);
    const [repositoryReport] = report.repositories;
    const text = metricsText({
      ...RUN,
      plan: plan([repository(doomed)]),
      applied: { ...report, repositories: repositoryReport ? [{ ...repositoryReport, gone }] : [] },
    });

    expect(text).toContain('regprune_deleted_manifests{registry="prod",policy="services"} 1\n');
    expect(text).toContain('regprune_skipped_manifests{registry="prod",policy="services"} 0\n');
    expect(text).toContain('regprune_freed_bytes{registry="prod",policy="services"} 40000000\n');
  });

  test('say that a plan may not be carried out', () => {
    const blocked = plan([repository(doomed)], { applyable: false, blockedBy: [{ code: 'maxDeletions', message: 'too many' }] });

    expect(metricsText({ ...RUN, exitCode: 5, plan: blocked })).toContain('regprune_blocked 1\n');
    expect(metricsText({ ...RUN, exitCode: 5, broken: true })).toContain('regprune_blocked 1\n');
    expect(metricsText(RUN)).toContain('regprune_blocked 0\n');
  });

  test('of a run that failed before there was a plan have every name, so that no earlier value stays beside them', () => {
    const names = (text: string): string[] => [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name as string);

    const text = metricsText({ ...RUN, lastSuccess: undefined, exitCode: 3, broken: true });

    expect(text).toContain('regprune_exit_code 3\n');
    expect(text).toContain('regprune_errors{registry="",policy=""} 1\n');
    expect(text).toContain('regprune_deleted_manifests 0\n');
    const whole = names(metricsText({ ...RUN, plan: plan([repository(doomed)]) }));
    expect(whole.filter((name) => !names(text).includes(name))).toEqual(['regprune_last_success_timestamp_seconds']);
  });

  test('hand on the time of the last success, where there was one', () => {
    expect(lastSuccessIn(metricsText(RUN))).toBe(1_790_000_000);
    expect(metricsText({ ...RUN, lastSuccess: undefined })).not.toContain('last_success');
    expect(lastSuccessIn('something else')).toBeUndefined();
  });

  test('count by registry what could not be read, and as an error what no policy counts', () => {
    const unread = [
      { registry: 'prod', repository: 'team/app', code: 'AUTH', message: 'denied' },
      { registry: 'other', code: 'UNREACHABLE', message: 'no answer' },
    ];

    const text = metricsText({ ...RUN, exitCode: 4, plan: plan([repository([], { complete: false })], { unread }) });

    expect(text).toContain('regprune_unread{registry="prod"} 1\n');
    expect(text).toContain('regprune_unread{registry="other"} 1\n');
    expect(text).toContain('regprune_errors{registry="prod",policy="services"} 1\n');
    expect(text).toContain('regprune_errors{registry="other",policy=""} 1\n');
    expect(text.match(/^regprune_errors.*$/gm)).toHaveLength(2);
  });

  test('of an undo count what was put back, and nothing that it did not plan', () => {
    const item = { registry: 'prod', repository: 'team/app', digest: digest('a1') };
    const counts = { restored: 2, present: 0, kept_newer: 0, lost: 1, failed: 0, skipped: 0 };
    const text = metricsText({
      ...RUN,
      undone: {
        kind: 'UndoReport',
        formatVersion: '1.0',
        outcome: 'partial',
        counts,
        items: [
          { ...item, outcome: 'restored' },
          { ...item, tag: 'x', outcome: 'restored' },
          { ...item, digest: digest('a2'), outcome: 'lost' },
        ],
        lostLabels: [],
      },
    });

    expect(text).toContain('regprune_restored_manifests{registry="prod"} 1\n');
    expect(text).toContain('regprune_errors{registry="prod",policy=""} 1\n');
    expect(text).not.toContain('regprune_deleted_manifests');
  });
});
