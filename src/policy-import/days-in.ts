/** Days of the units that settings of registries are written in. A month and a year are those of Rust's humantime, in days. */
const DAYS: Readonly<Record<string, number>> = {
  s: 1 / 86_400,
  sec: 1 / 86_400,
  second: 1 / 86_400,
  m: 1 / 1440,
  min: 1 / 1440,
  minute: 1 / 1440,
  h: 1 / 24,
  hr: 1 / 24,
  hour: 1 / 24,
  d: 1,
  day: 1,
  w: 7,
  wk: 7,
  week: 7,
  M: 30.44,
  month: 30.44,
  y: 365.25,
  yr: 365.25,
  year: 365.25,
};
const PART = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)/;

/**
 * The days of a duration such as `30d`, `2592000s`, `2d3h6m` or `2w 3d`, never fewer than it says: what does not come out even is rounded
 * up in the fourth place. Undefined for anything else.
 */
export function daysIn(text: string): number | undefined {
  let rest = text;
  let sum = 0;
  do {
    const [part = '', count = '', unit = ''] = PART.exec(rest) ?? [];
    const days = DAYS[unit] ?? DAYS[unit.replace(/s$/, '')];
    if (part === '' || days === undefined) return undefined;
    sum += Number(count) * days;
    rest = rest.slice(part.length);
  } while (rest.trim() !== '');
  return Math.max(0, Math.ceil(sum * 10_000 - 1e-6) / 10_000);
}
