import type { Forecast } from '../forecast/forecast.ts';
import { columns } from './chart.ts';
import { codeSpan } from './code-span.ts';
import { alarmsOf, dayOf, headline, periodsOf } from './forecast-view.ts';
import { bytes, count, number, time } from './text.ts';

/** Repositories in the table. */
const LISTED = 50;

/** A forecast for a comment or a step summary. Text from elsewhere stands in code spans only. */
export function forecastMarkdown(forecast: Forecast): string {
  const { start, summary, days, now } = forecast;
  const periods = periodsOf(forecast);
  const sorted = forecast.repositories.toSorted((a, b) => b.pushed + b.deleted - a.pushed - a.deleted);
  const lines = (texts: readonly string[]): string[] => texts.map((text) => `- ${codeSpan(text.trim())}`);
  return `${[
    `### Forecast: ${headline(forecast)}`,
    '',
    `${count(days, 'day')} from ${time(now)}; ${bytes(start.bytes)} now, ${bytes(summary.end.bytes)} then, ` +
      `${bytes(summary.bytesFreed)} freed.`,
    '',
    ...withSpace(lines(alarmsOf(forecast))),
    `Images ${codeSpan(
      columns(
        [start, ...periods].map(({ images }) => images),
        true,
      ),
    )}`,
    '',
    '| Until | Come | Go | Freed | Images | Bytes |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...periods.map(
      (day) =>
        `| ${dayOf(day)} | ${number(day.pushed)} | ${day.blockedBy ? '**blocked**' : number(day.deleted)} | ${bytes(day.bytesFreed)} | ` +
        `${number(day.images)} | ${bytes(day.bytes)} |`,
    ),
    '',
    '| Repository | Come | Go | Now | Then |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...sorted
      .slice(0, LISTED)
      .map(
        ({ registry, repository, pushed, deleted, images }) =>
          `| ${codeSpan(`${registry}/${repository}`)} | ${number(pushed)} | ${number(deleted)} | ` +
          `${number(images.start)} | ${number(images.end)} |`,
      ),
    ...(sorted.length > LISTED ? [`| … and ${number(sorted.length - LISTED)} more; see the JSON document | | | | |`] : []),
    '',
    '<details><summary>Taken for granted</summary>',
    '',
    ...lines(forecast.assumptions),
    ...lines(forecast.notes.slice(0, LISTED)),
    '',
    '</details>',
  ].join('\n')}\n`;
}

function withSpace(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [...lines, ''];
}
