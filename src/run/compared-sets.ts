import { resolve } from 'node:path';
import type { Source } from '../diagnostics/source.ts';

/**
 * The policy files that decide on each side of a comparison. Where the config names one of the two files, the others of the config decide
 * on both sides too, each in its place: a repository that they govern is not changed by this one.
 */
export function comparedSets(
  [before, after]: readonly [before: string | Source, after: string | Source],
  ofConfig: readonly string[],
  cwd: string,
): readonly (string | Source)[][] {
  const isIn = (file: string | Source, one: string): boolean => typeof file === 'string' && resolve(cwd, file) === resolve(cwd, one);
  const named = [before, after].filter((file) => ofConfig.some((one) => isIn(file, one)));
  const [own] = named;
  if (own === undefined || named.length > 1) return [[before], [after]];
  return [before, after].map((file) => ofConfig.map((one) => (isIn(own, one) ? file : one)));
}
