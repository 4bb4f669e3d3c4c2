import { printable } from '../diagnostics/redact.ts';
import type { Forecast, ForecastDay, GrowthCause } from '../forecast/forecast.ts';
import { reasonWords } from './reason-text.ts';
import { count, firstOf, number } from './text.ts';
import { unreadLines } from './unread-lines.ts';

/** Rows of a table of days that can be looked over: a month. */
const MOST = 31;

/** The days of a forecast, several of them in one row where there are more than a month. What comes and goes is summed up. */
export function periodsOf({ daily }: Pick<Forecast, 'daily'>, most = MOST): readonly ForecastDay[] {
  const each = Math.ceil(daily.length / most);
  const periods: ForecastDay[] = [];
  for (let start = 0; start < daily.length; start += each) {
    const days = daily.slice(start, start + each);
    const sum = (pick: (day: ForecastDay) => number): number => days.reduce((total, day) => total + pick(day), 0);
    const last = days.at(-1) as ForecastDay;
    periods.push({
      ...last,
      pushed: sum((day) => day.pushed),
      deleted: sum((day) => day.deleted),
      tagsRemoved: sum((day) => day.tagsRemoved),
      bytesFreed: sum((day) => day.bytesFreed),
    });
  }
  return periods;
}

/** `1,814 images now, 193 in 30 days: 650 come, 2,271 go`. */
export function headline({ start, summary, days }: Forecast): string {
  const { end, pushed, deleted } = summary;
  return (
    `${count(start.images, 'image')} now, ${number(end.images)} in ${count(days, 'day')}: ` +
    `${number(pushed)} come, ${number(deleted)} go`
  );
}

/** What its reader has to know first, a line each. */
export function alarmsOf(forecast: Forecast): string[] {
  const { growth, daily, days } = forecast;
  const blocked = daily.filter(({ blockedBy }) => blockedBy !== undefined);
  const left = daily.at(-1)?.leftForNextRun ?? 0;
  const [first] = blocked;
  return [
    ...unreadLines(forecast),
    ...(first
      ? [
          `${count(blocked.length, 'run')} of ${number(days)} would do nothing, the first on ${dayOf(first)}: ` +
            firstOf(first.blockedBy ?? [], 3)
              .map(printable)
              .join('; '),
        ]
      : []),
    ...(left > 0 ? [`${count(left, 'image')} still wait for a next run at the end, since one run deletes no more than it may`] : []),
    ...(growth.imagesPerDay > 0 ? [`It grows for good, by ${rate(growth.imagesPerDay)} a day that no rule ever takes:`] : []),
    ...growth.causes.map((cause) => `  ${causeLine(cause)}`),
  ];
}

/** `100 images a day in prod/team/app: no rule selects it`. */
function causeLine({ registry, repository, code, rule, imagesPerDay }: GrowthCause): string {
  const by = rule === undefined ? '' : ` (rule ${printable(rule)})`;
  return `${rate(imagesPerDay)} a day in ${printable(`${registry}/${repository}`)}: ${reasonWords(code)}${by}`;
}

/** The day of a run: `2026-11-30`. */
export function dayOf({ at }: ForecastDay): string {
  return at.slice(0, 10);
}

function rate(images: number): string {
  if (images === 0) return 'less than 0.1 images';
  return `${images < 10 ? images : number(Math.round(images))} ${images === 1 ? 'image' : 'images'}`;
}
