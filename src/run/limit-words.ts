import type { Policy } from '../policy/policy.ts';
import { bytes, count, number } from '../report/text.ts';

/** The limits of a run and of its policies, a few words for each that has any: `policy "services": 500 deletions, 80 %`. */
export function limitWords(policies: readonly Policy[], maxDeletions: number | undefined): string[] {
  const ofPolicies = policies.flatMap(({ name, limits: { maxDeletions: most, maxDeletePercent, maxDeleteBytes } }) => {
    const words = [
      ...(most === undefined ? [] : [count(most, 'deletion')]),
      ...(maxDeletePercent === undefined ? [] : [`${maxDeletePercent} % of what its rules could delete`]),
      ...(maxDeleteBytes === undefined ? [] : [bytes(maxDeleteBytes)]),
    ];
    return words.length === 0 ? [] : [`policy "${name}": ${words.join(', ')}`];
  });
  return [...(maxDeletions === undefined ? [] : [`the whole run: ${number(maxDeletions)} deletions`]), ...ofPolicies];
}
