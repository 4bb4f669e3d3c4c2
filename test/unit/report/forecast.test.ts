import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Forecast, ForecastDay } from '../../../src/forecast/forecast.ts';
import { bar, columns } from '../../../src/report/chart.ts';
import { forecastHtml } from '../../../src/report/forecast-html.ts';
import { forecastMarkdown } from '../../../src/report/forecast-markdown.ts';
import { forecastText } from '../../../src/report/forecast-text.ts';

const EVIL = '<img src=x onerror=alert(1)>`@all` \u001b[31m\u202e';

function forecast(days: number, more: Partial<Forecast> = {}): Forecast {
  const daily = Array.from({ length: days }, (_, day): ForecastDay => ({
    at: new Date(Date.UTC(2026, 11, 1 + day)).toISOString(),
    pushed: 10,
    deleted: day === 0 ? 500 : 8,
    tagsRemoved: 1,
    bytesFreed: 1e9,
    images: 1000 + 2 * day,
    bytes: 20e9,
  }));
  return {
    kind: 'Forecast',
    formatVersion: '1.0',
    tool: { name: 'regprune', version: '1.0.0' },
    createdAt: '2026-11-30T00:00:00.000Z',
    now: '2026-11-30T00:00:00.000Z',
    days,
    policies: [],
    start: { images: 1500, bytes: 30e9 },
    daily,
    summary: {
      pushed: 10 * days,
      deleted: 492 + 8 * days,
      tagsRemoved: days,
      bytesFreed: days * 1e9,
      end: { images: 998 + 2 * days, bytes: 20e9 },
      exact: true,
    },
    repositories: [
      { registry: 'prod', repository: EVIL, policy: EVIL, complete: true, pushed: 10, deleted: 5, images: { start: 1500, end: 1060 } },
    ],
    growth: { imagesPerDay: 2, causes: [{ registry: 'prod', repository: EVIL, policy: EVIL, code: 'no_rule', imagesPerDay: 2 }] },
    assumptions: ['pushes go on'],
    notes: [EVIL],
    ...more,
  };
}

test('a bar ends between two columns where it can be shown, and a value above nothing is seen', () => {
  expect([bar(3, 8, 4, true), bar(8, 8, 4, true), bar(0, 8, 4, true), bar(4, 8, 4, false)]).toEqual(['█▌', '████', '', '##']);
  expect([columns([0, 1, 800], true), columns([0, 1, 800], false)]).toEqual([' ▁█', ' _#']);
});

describe('for people', () => {
  test('it says what will be there, what grows for good and why, and each day with its bar', () => {
    const text = forecastText(forecast(3));
    expect(text).toContain('1,500 images now, 1,004 in 3 days: 30 come, 516 go\n');
    expect(text).toMatch(
      /It grows for good, by 2 images a day that no rule ever takes:\n {2}2 images a day in prod\/.*: no rule selects it\n/,
    );
    expect(text).toMatch(/\n {2}2026-12-01 {4}10 +500 +1\.0 GB +1,000 +20\.0 GB {2}█+/);
    expect([text.includes('\u001b'), text.includes('\u202e')]).toEqual([false, false]);
  });

  test('it says one day, and what rounds to no image a day is not none', () => {
    const little = { registry: 'prod', repository: 'team/app', policy: 'a', code: 'no_rule' as const, imagesPerDay: 0 };
    const text = forecastText(forecast(1, { growth: { imagesPerDay: 0.1, causes: [little] } }));
    expect(text).toContain('Forecast of 1 day from ');
    expect(text).toContain('\n  less than 0.1 images a day in prod/team/app: no rule selects it\n');
  });

  test('a terminal that takes ASCII alone gets bars of it', () => {
    const text = forecastText(forecast(3), { unicode: false, columns: 80 });
    expect(text).toMatch(/2026-12-01 .*#{8}/);
    expect(text).not.toMatch(/[▁-█]/);
  });

  test('more than a month is summed up in rows of several days, each day with -v', () => {
    const rows = (text: string): string[] => text.match(/^ {2}20\d\d-.*$/gm) ?? [];
    const [first, ...others] = rows(forecastText(forecast(90)));
    expect(others).toHaveLength(29);
    expect(first).toMatch(/^ {2}2026-12-03 +30 +516 /);
    expect(rows(forecastText(forecast(90), { verbose: true }))).toHaveLength(90);
  });

  test('a day on which a limit keeps the run from doing anything is told first', () => {
    const [day] = forecast(1).daily as [ForecastDay];
    const text = forecastText(forecast(1, { daily: [{ ...day, deleted: 0, blockedBy: ['policy "a" would delete 500 images'] }] }));
    expect(text).toContain('1 run of 1 would do nothing, the first on 2026-12-01: policy "a" would delete 500 images\n');
    expect(text).toMatch(/2026-12-01 +10 +blocked/);
  });
});

test('the page runs nothing, loads nothing, and shows text from elsewhere as text', () => {
  const page = forecastHtml(forecast(40), (text) => createHash('sha256').update(text).digest('base64'));
  expect(page).toContain(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-`);
  expect(page).not.toMatch(/<script|<img/);
  expect([page.includes('\u001b'), page.includes('\u202e')]).toEqual([false, false]);
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(page.match(/<svg [^>]*role="img" aria-label="[^"]+/g)).toHaveLength(3);
  expect(page.match(/<tbody>(<tr>.*?<\/tr>){40}<\/tbody>/)).not.toBeNull();
});

test('Markdown has text from elsewhere in code spans alone', () => {
  const markdown = forecastMarkdown(forecast(3));
  expect(markdown).toContain('| 2026-12-01 | 10 | 500 | 1.0 GB | 1,000 | 20.0 GB |');
  expect(markdown.replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/g, '')).not.toMatch(/onerror|@all/);
});
