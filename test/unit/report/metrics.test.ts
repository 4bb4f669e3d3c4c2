import { describe, expect, test } from 'vitest';
import { lastSuccessIn, metricsText, plannedFacts } from '../../../src/report/metrics.ts';
import { expired, image, plan, repository } from './plan-fixture.ts';

const facts = { registry: 'prod', policy: 'services', planned: 3, deleted: 2, freed: 500, errors: 1 };

describe('metrics of a run', () => {
  test('are gauges by registry and policy, several repositories added up', () => {
    const text = metricsText({
      endedAt: 1_790_000_000,
      duration: 12.5,
      succeeded: true,
      repositories: [facts, facts, { ...facts, policy: 'ci "x"\\y' }],
      unread: [],
    });

    expect(text).toContain('# TYPE regprune_deleted_manifests gauge\n');
    expect(text).toContain('regprune_deleted_manifests{registry="prod",policy="services"} 4\n');
    expect(text).toContain('regprune_freed_bytes{registry="prod",policy="services"} 1000\n');
    expect(text).toContain('regprune_errors{registry="prod",policy="ci \\"x\\"\\\\y"} 1\n');
    expect(text).toContain('regprune_last_run_timestamp_seconds 1790000000\n');
    expect(text).toContain('regprune_run_duration_seconds 12.5\n');
    expect(text.split('\n').every((line) => line === '' || line.startsWith('# ') || /^\w+(\{.+\})? [\d.]+$/.test(line))).toBe(true);
  });

  test('keep the time of the last success through a run that fails', () => {
    const success = metricsText({ endedAt: 1_790_000_000, duration: 1, succeeded: true, repositories: [], unread: [] });
    expect(lastSuccessIn(success)).toBe(1_790_000_000);

    const failure = metricsText({
      endedAt: 1_790_003_600,
      duration: 1,
      succeeded: false,
      lastSuccess: lastSuccessIn(success),
      repositories: [],
      unread: [],
    });
    expect(lastSuccessIn(failure)).toBe(1_790_000_000);
    expect(failure).toContain('regprune_last_run_timestamp_seconds 1790003600\n');
  });

  test('tell of no success where there never was one', () => {
    expect(metricsText({ endedAt: 1, duration: 1, succeeded: false, repositories: [], unread: [] })).not.toContain('last_success');
    expect(lastSuccessIn('something else')).toBeUndefined();
  });

  test('count by registry what could not be read', () => {
    const unread = ['team/app', 'team/web'].map((repository) => ({ registry: 'prod', repository, code: 'AUTH', message: 'denied' }));
    const run = { endedAt: 1, duration: 1, succeeded: false, repositories: [] };

    const text = metricsText({ ...run, unread: [...unread, { registry: 'other', code: 'UNREACHABLE', message: 'no answer' }] });

    expect(text).toContain('regprune_unread{registry="prod"} 2\n');
    expect(text).toContain('regprune_unread{registry="other"} 1\n');
    expect(metricsText({ ...run, unread: [] })).not.toContain('regprune_unread');
  });

  test('count what a plan asks of each governed repository, and one that could not be read whole as an error', () => {
    const { policy: _policy, ...ungoverned } = repository([image('c1')]);
    const planned = plannedFacts(plan([repository([expired('a1', 'x', 4), image('c1')]), repository([], { complete: false }), ungoverned]));

    expect(planned).toEqual([
      { registry: 'prod', policy: 'services', planned: 1, deleted: 0, freed: 0, errors: 0 },
      { registry: 'prod', policy: 'services', planned: 0, deleted: 0, freed: 0, errors: 1 },
    ]);
  });
});
