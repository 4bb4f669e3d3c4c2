import { printable } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Report } from './fields.ts';

/** As many problems are told; the rest is counted. */
const SHOWN = 20;
const LONGEST_PROBLEM = 400;

/** Collects what is wrong with an inventory, or with one line of it, to throw it together as `INVENTORY_INVALID`. */
export function collectProblems(place: string): { readonly report: Report; readonly throwAny: () => void } {
  const shown: string[] = [];
  let count = 0;
  return {
    report: (where, what) => {
      count += 1;
      if (count <= SHOWN) shown.push(where === '' ? what : `${where}: ${what}`);
      return undefined;
    },
    throwAny: () => {
      if (count > 0) throw invalid(place, shown, count);
    },
  };
}

/** The error for an inventory with so many problems, of which some are told. */
export function invalid(
  place: string,
  problems: readonly string[],
  count: number,
  hint = 'Take the inventory again with "inventory"; nothing was planned.',
): ToolError {
  const lines = problems.map((problem) => `${place}: ${printable(problem).slice(0, LONGEST_PROBLEM)}`);
  const more = count > problems.length ? [`… and ${count - problems.length} more`] : [];
  return new ToolError('INVENTORY_INVALID', [...lines, ...more].join('\n'), { hint });
}

/** What the parsing answers. Throws `INVENTORY_INVALID` where it throws anything. */
export function jsonOr<Result>(place: string, parse: () => Result, hint?: string): Result {
  try {
    return parse();
  } catch (error) {
    throw invalid(place, [`not valid JSON: ${error instanceof Error ? error.message : String(error)}`], 1, hint);
  }
}
