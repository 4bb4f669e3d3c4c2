import type { LimitName, Policy } from '../policy/policy.ts';
import { bytes, count, number } from '../report/text.ts';

const WORDS: Readonly<Record<LimitName, (limit: number) => string>> = {
  maxDeletions: (limit) => count(limit, 'deletion'),
  maxDeletePercent: (limit) => `${limit} % of what its rules could delete`,
  maxDeleteBytes: bytes,
};

/** The limits of a run and of its policies, a few words for each that has any: `policy "services": 500 deletions, 80 %`. */
export function limitWords(policies: readonly Policy[], maxDeletions: number | undefined): string[] {
  const ofPolicies = policies.flatMap(({ name, limits }) => {
    const words = (Object.keys(WORDS) as LimitName[]).flatMap((limit) => {
      const given = limits[limit];
      return given === undefined ? [] : [WORDS[limit](given)];
    });
    return words.length === 0 ? [] : [`policy "${name}": ${words.join(', ')}`];
  });
  return [...(maxDeletions === undefined ? [] : [`the whole run: ${number(maxDeletions)} deletions`]), ...ofPolicies];
}
