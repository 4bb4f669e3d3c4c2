const EIGHTHS = '▏▎▍▌▋▊▉█';
const HEIGHTS = '▁▂▃▄▅▆▇█';
/** As many steps, for a terminal that shows ASCII alone. */
const ASCII_HEIGHTS = '_.-:=+*#';

/** A bar of at most so many columns, for a value of which `most` fills them. */
export function bar(value: number, most: number, columns: number, unicode: boolean): string {
  const length = most <= 0 ? 0 : Math.min(1, value / most) * columns;
  if (!unicode) return '#'.repeat(Math.round(length));
  const eighths = Math.round(length * 8);
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : EIGHTHS.charAt(rest - 1));
}

/** A column for each value, as high as its share of the largest. What is above nothing is seen, however little it is. */
export function columns(values: readonly number[], unicode: boolean): string {
  const most = Math.max(1, ...values);
  const heights = unicode ? HEIGHTS : ASCII_HEIGHTS;
  return values.map((value) => (value <= 0 ? ' ' : heights.charAt(Math.max(0, Math.ceil((value / most) * 8) - 1)))).join('');
}
