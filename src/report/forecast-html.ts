import type { Forecast, ForecastDay } from '../forecast/forecast.ts';
import { alarmsOf, dayOf, headline } from './forecast-view.ts';
import { htmlPage } from './html-page.ts';
import { bytes, count, number, time } from './text.ts';
import { xmlText } from './xml.ts';

/** Where the charts begin and end, in the units of their view boxes. */
const LEFT = 90;
const RIGHT = 990;
const TOP = 14;
const BOTTOM = 150;

/** A forecast as one page that needs nothing else, with a chart of what is there and one of what comes and goes. See {@link htmlPage}. */
export function forecastHtml(forecast: Forecast, hash: (text: string) => string): string {
  const { daily, start, summary, days, now, repositories } = forecast;
  const title = `Forecast: ${headline(forecast)}`;
  const alarms = alarmsOf(forecast);
  const sorted = repositories.toSorted((a, b) => b.pushed + b.deleted - a.pushed - a.deleted);
  const state = `${count(days, 'day')} from ${time(now)}. Nothing has been changed.`;
  const main = [
    `<h1>${xmlText(title)}</h1>`,
    `<p>${xmlText(state)}</p>`,
    ...(alarms.length > 0 ? [`<section class="alarm"><h2>To be looked at</h2><ul>${items(alarms)}</ul></section>`] : []),
    `<ul class="tiles">${tile('', number(start.images), 'images now')}${tile('', number(summary.end.images), 'then')}${tile(
      'stay',
      number(summary.pushed),
      'come',
    )}${tile('go', number(summary.deleted), 'go')}${tile('', bytes(summary.end.bytes), `then, ${bytes(start.bytes)} now`)}</ul>`,
    '<h2>What there is</h2>',
    stockChart([start.images, ...daily.map(({ images }) => images)], daily, 'Images', number),
    stockChart([start.bytes, ...daily.map((day) => day.bytes)], daily, 'Bytes', bytes),
    '<h2>What goes each day</h2>',
    deletionChart(daily),
    '<h2>Days</h2>',
    table(
      'Days',
      ['Until', 'Come', 'Go', 'Left for the next run', 'Freed', 'Images', 'Bytes'],
      daily.map((day) => [
        dayOf(day),
        number(day.pushed),
        day.blockedBy ? 'blocked' : number(day.deleted),
        number(day.leftForNextRun ?? 0),
        bytes(day.bytesFreed),
        number(day.images),
        bytes(day.bytes),
      ]),
    ),
    '<h2>Repositories</h2>',
    table(
      'Repositories',
      ['Repository', 'Come', 'Go', 'Now', 'Then'],
      sorted.map((one) => [
        `${one.registry}/${one.repository}`,
        ...[one.pushed, one.deleted, one.images.start, one.images.end].map(number),
      ]),
    ),
    `<h2>Taken for granted</h2><ul>${items([...forecast.assumptions, ...forecast.notes])}</ul>`,
    '',
  ].join('\n');
  return htmlPage({ title, main }, hash);
}

function items(lines: readonly string[]): string {
  return lines.map((line) => `<li>${xmlText(line)}</li>`).join('');
}

function tile(kind: string, value: string, what: string): string {
  return `<li><b class="${kind}">${xmlText(value)}</b> ${xmlText(what)}</li>`;
}

/** What is there, as a line over the days. A table says the same to those who do not see it. */
function stockChart(values: readonly number[], daily: readonly ForecastDay[], what: string, shown: (value: number) => string): string {
  const most = Math.max(1, ...values);
  const points = values.map((value, index) => `${x(index / daily.length)},${y(value / most)}`).join(' ');
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const label = `${what}: ${shown(first)} at first, ${shown(last)} at the end, ${shown(Math.max(...values))} at most.`;
  return svg(label, daily, shown(most), [
    `<polygon class="area" points="${x(0)},${BOTTOM} ${points} ${x(1)},${BOTTOM}"/>`,
    `<polyline class="line" points="${points}"/>`,
  ]);
}

/** What goes each day, as bars. */
function deletionChart(daily: readonly ForecastDay[]): string {
  const most = Math.max(1, ...daily.map(({ deleted }) => deleted));
  const room = (RIGHT - LEFT) / daily.length;
  const bars = daily.map(({ deleted }, index) => {
    const top = y(deleted / most);
    return (
      `<rect class="bar" x="${round(LEFT + index * room + room * 0.1)}" y="${top}" ` +
      `width="${round(room * 0.8)}" height="${round(BOTTOM - top)}"/>`
    );
  });
  const label = `Images that go each day: ${number(most)} at most, ${number(daily.at(-1)?.deleted ?? 0)} on the last.`;
  return svg(label, daily, number(most), bars);
}

function svg(label: string, daily: readonly ForecastDay[], most: string, parts: readonly string[]): string {
  const [first, last] = [daily[0], daily.at(-1)].map((day) => (day ? dayOf(day) : ''));
  return [
    `<svg viewBox="0 0 1000 174" role="img" aria-label="${xmlText(label)}">`,
    ...parts,
    `<line class="axis" x1="${LEFT}" x2="${RIGHT}" y1="${BOTTOM}" y2="${BOTTOM}"/>`,
    `<text x="0" y="${TOP + 4}">${xmlText(most)}</text><text x="0" y="${BOTTOM}">0</text>`,
    `<text x="${LEFT}" y="168">${first}</text><text x="${RIGHT}" y="168" text-anchor="end">${last}</text>`,
    '</svg>',
  ].join('');
}

function x(share: number): number {
  return round(LEFT + share * (RIGHT - LEFT));
}

function y(share: number): number {
  return round(BOTTOM - share * (BOTTOM - TOP));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function table(name: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headers = head.map((text, index) => `<th scope="col"${index > 0 ? ' class="n"' : ''}>${text}</th>`).join('');
  const body = rows.map(([first = '', ...others]) => {
    const cells = others.map((text) => `<td class="n">${xmlText(text)}</td>`).join('');
    return `<tr><th scope="row">${xmlText(first)}</th>${cells}</tr>`;
  });
  return [
    `<div class="scroll" tabindex="0" role="region" aria-label="${name}">`,
    `<table><thead><tr>${headers}</tr></thead><tbody>${body.join('')}</tbody></table></div>`,
  ].join('');
}
