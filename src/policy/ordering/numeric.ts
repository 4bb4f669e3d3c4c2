import { byCodeUnit } from '../../domain/compare.ts';

/** A tag split into runs of digits (as numbers) and of other characters. */
export type NumericKey = readonly (bigint | string)[];

/** Splits a tag; undefined for one without digits. */
export function parseNumeric(tag: string): NumericKey | undefined {
  if (!/[0-9]/.test(tag)) return undefined;
  return (tag.match(/[0-9]+|[^0-9]+/g) ?? []).map((run) => (/^[0-9]/.test(run) ? BigInt(run) : run));
}

/** Run by run: digits as numbers, text by code unit, digits before text; of two that agree, the shorter first. */
export function compareNumeric(a: NumericKey, b: NumericKey): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [x, y] = [a[index] as bigint | string, b[index] as bigint | string];
    if (x === y) continue;
    if (typeof x === 'bigint' && typeof y === 'bigint') return x < y ? -1 : 1;
    if (typeof x === 'string' && typeof y === 'string') return byCodeUnit(x, y);
    return typeof x === 'bigint' ? -1 : 1;
  }
  return a.length - b.length;
}
