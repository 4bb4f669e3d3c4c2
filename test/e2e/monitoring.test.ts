import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { metricsText } from '../../src/report/metrics.ts';
import { folderWith } from '../unit/config/temporary-folder.ts';
import { expired, image, plan, repository } from '../unit/report/plan-fixture.ts';
import { newUser } from './program.ts';
import { runProcess } from './servers/run-process.ts';
import { binaryPath, skipWithout } from './servers/server-binaries.ts';

const NOW = 1_790_000_000;
const RUN = { endedAt: NOW, duration: 12.5, exitCode: 0, lastSuccess: NOW, broken: false };
const SHOWN = plan([repository([expired('a1', 'x', 4), image('c1')])]);

describe.skipIf(skipWithout('promtool'))('what Prometheus takes (needs promtool)', () => {
  test('finds nothing wrong with the metrics of any run', async () => {
    for (const run of [
      { ...RUN, plan: SHOWN },
      { ...RUN, exitCode: 3, broken: true, lastSuccess: undefined },
    ]) {
      const folder = await folderWith({ 'm.prom': metricsText(run) });
      const checked = await runProcess('sh', ['-c', `"$0" check metrics < "$1"`, binaryPath('promtool'), join(folder, 'm.prom')]);
      expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
    }
  });

  test('alerts when nothing succeeds, a run fails, a plan is blocked or a registry is not read, and not otherwise', async () => {
    const user = await newUser();
    await writeFile(join(user.home, 'alerts.yaml'), await user.succeed('generate', 'alerts'));
    const series = (values: Readonly<Record<string, string>>): object[] =>
      Object.entries({
        last_run_timestamp_seconds: '0x3000',
        last_success_timestamp_seconds: '0x3000',
        exit_code: '0x3000',
        blocked: '0x3000',
        ...values,
      }).flatMap(([name, samples]) => (samples === '' ? [] : [{ series: `regprune_${name}`, values: samples }]));
    const cases: readonly (readonly [at: string, values: Readonly<Record<string, string>>, alerts: readonly string[]])[] = [
      ['25h', {}, []],
      ['27h', {}, ['RegpruneNoSuccess']],
      ['1h', { last_success_timestamp_seconds: '' }, ['RegpruneNoSuccess']],
      [
        '25h',
        Object.fromEntries(['last_run_timestamp_seconds', 'last_success_timestamp_seconds', 'exit_code', 'blocked'].map((n) => [n, ''])),
        ['RegpruneNoMetrics'],
      ],
      ['1h', { exit_code: '2x3000' }, []],
      ['1h', { exit_code: '6x3000' }, ['RegpruneFailed']],
      ['1h', { exit_code: '5x3000', blocked: '1x3000' }, ['RegpruneBlocked', 'RegpruneFailed']],
      [
        '1h',
        { 'unread{registry="prod"}': '2x3000', 'errors{registry="prod",policy="ci"}': '1x3000' },
        ['RegpruneErrors', 'RegpruneRegistryUnread'],
      ],
    ];
    const names = [
      'RegpruneNoSuccess',
      'RegpruneNoMetrics',
      'RegpruneFailed',
      'RegpruneBlocked',
      'RegpruneRegistryUnread',
      'RegpruneErrors',
    ];
    // Whether an alert fires, not how: its labels and texts are of the rule.
    const tests = cases.map(([at, values, alerts]) => ({
      interval: '1m',
      input_series: series(values),
      promql_expr_test: names.map((name) => ({
        expr: `count(ALERTS{alertname="${name}",alertstate="firing"}) > 0 or vector(0)`,
        eval_time: at,
        exp_samples: [{ labels: '{}', value: alerts.includes(name) ? 1 : 0 }],
      })),
    }));
    await writeFile(join(user.home, 'tests.yaml'), JSON.stringify({ rule_files: ['alerts.yaml'], evaluation_interval: '1m', tests }));

    const checked = await runProcess(binaryPath('promtool'), ['check', 'rules', 'alerts.yaml'], { cwd: user.home });
    expect(checked.code, checked.stderr).toBe(0);
    const tested = await runProcess(binaryPath('promtool'), ['test', 'rules', 'tests.yaml'], { cwd: user.home });
    expect(tested.code, tested.stdout + tested.stderr).toBe(0);
  });

  test('understands every query of the dashboard, which asks only for metrics that there are', async () => {
    const user = await newUser();
    const dashboard = JSON.parse(await user.succeed('generate', 'dashboard')) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll(/\$\w+/g, '.*')));
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    await writeFile(join(user.home, 'queries.yaml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));

    const checked = await runProcess(binaryPath('promtool'), ['check', 'rules', 'queries.yaml'], { cwd: user.home });

    expect(checked.code, checked.stderr).toBe(0);
    const known = metricsText({ ...RUN, plan: SHOWN });
    for (const [name] of queries.join('\n').matchAll(/regprune_\w+/g)) expect(known).toContain(`# TYPE ${name} gauge`);
  });
});
