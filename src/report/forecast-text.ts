import { printable } from '../diagnostics/redact.ts';
import type { Forecast } from '../forecast/forecast.ts';
import { bar, columns as chart } from './chart.ts';
import { alarmsOf, dayOf, headline, periodsOf } from './forecast-view.ts';
import { PLAIN, type Style } from './style.ts';
import { bytes, count, moreLine, number, time } from './text.ts';
import { padEnd, padStart, width } from './width.ts';

export interface ForecastTextOptions {
  /** Width of the terminal; undefined: a file or a pipe. */
  readonly columns?: number | undefined;
  readonly style?: Style | undefined;
  /** A row for every day, and every repository. */
  readonly verbose?: boolean | undefined;
  /** False where only ASCII can be shown. */
  readonly unicode?: boolean | undefined;
}

/** Repositories that are shown, those first to which most comes and goes. */
const LISTED = 10;
/** Columns of the longest bar, where there is room for it. */
const BAR = 24;

/** A forecast as people read it in a terminal: what there will be, a small chart, each day, and what was taken for granted. */
export function forecastText(forecast: Forecast, options: ForecastTextOptions = {}): string {
  const { style = PLAIN, unicode = true, verbose = false } = options;
  const { start, summary, daily, days, now, policies } = forecast;
  const periods = periodsOf(forecast, verbose ? daily.length : undefined);
  const least = summary.exact ? '' : ', at most, since not all blobs are known';
  const names = policies.map(({ name }) => printable(name)).join(', ');
  const alarms = alarmsOf(forecast).map(style.change);
  return `${[
    `${style.bold(`Forecast of ${count(days, 'day')} from ${time(now)}`)}  policy ${names}`,
    '',
    `  ${headline(forecast)}`,
    `  ${bytes(start.bytes)} now, ${bytes(summary.end.bytes)} then: ${bytes(summary.bytesFreed)} freed${least}`,
    '',
    ...(alarms.length > 0 ? [...alarms, ''] : []),
    `  images   ${chart(
      [start, ...periods].map(({ images }) => images),
      unicode,
    )}`,
    `  bytes    ${chart(
      [start, ...periods].map((one) => one.bytes),
      unicode,
    )}`,
    `  deleted   ${style.remove(
      chart(
        periods.map(({ deleted }) => deleted),
        unicode,
      ),
    )}`,
    '',
    ...dayRows(forecast, periods, options),
    '',
    ...repositoryRows(forecast, style, verbose),
    style.dim('taken for granted:'),
    ...forecast.assumptions.map((line) => style.dim(`  ${line}`)),
    ...forecast.notes.map((line) => style.dim(`note: ${printable(line)}`)),
  ].join('\n')}\n`;
}

function dayRows({ start }: Forecast, periods: ReturnType<typeof periodsOf>, options: ForecastTextOptions): string[] {
  const { style = PLAIN, columns = 100, unicode = true } = options;
  const most = Math.max(start.images, ...periods.map(({ images }) => images));
  const rows = periods.map((day) => [
    dayOf(day),
    number(day.pushed),
    day.blockedBy ? 'blocked' : number(day.deleted),
    bytes(day.bytesFreed),
    number(day.images),
    bytes(day.bytes),
  ]);
  const lines = aligned([['until', 'come', 'go', 'freed', 'images', 'bytes'], ...rows]);
  const room = Math.min(BAR, columns - width(lines[0] as string) - 2);
  return lines.map((line, index) => {
    if (index === 0) return style.dim(line);
    const images = periods[index - 1]?.images ?? 0;
    return room < 4 ? line : `${line}  ${style.stay(bar(images, most, room, unicode))}`.trimEnd();
  });
}

function repositoryRows({ repositories }: Forecast, style: Style, verbose: boolean): string[] {
  if (repositories.length === 0) return [];
  const sorted = repositories.toSorted((a, b) => b.pushed + b.deleted - a.pushed - a.deleted);
  const shown = verbose ? sorted : sorted.slice(0, LISTED);
  const rows = shown.map(({ registry, repository, pushed, deleted, images, complete }) => [
    printable(`${registry}/${repository}`) + (complete ? '' : ' (incomplete)'),
    number(pushed),
    number(deleted),
    number(images.start),
    number(images.end),
  ]);
  const [head = '', ...lines] = aligned([['repository', 'come', 'go', 'now', 'then'], ...rows]);
  const left = sorted.length - shown.length;
  return [style.dim(head), ...lines, ...(left > 0 ? [`  ${moreLine(left)}`] : []), ''];
}

/** Rows in columns, the first to the left and the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  return rows.map((row) => `  ${row.map((cell, column) => (column === 0 ? padEnd : padStart)(cell, widths[column] as number)).join('  ')}`);
}
