import type { Digest } from '../domain/digest.ts';
import type { ChangeStep } from '../plan/plan.ts';

/**
 * Groups a repository's steps so that the steps of one wave may go side by side: single tags first, then manifests, each in a later wave
 * than all that it goes after. Takes the order of a valid plan: what a step goes after stands before it. In a wave, what shows more of what
 * a registry does goes first: manifests with tags before those without.
 */
export function waves(steps: readonly ChangeStep[]): ChangeStep[][] {
  const found: ChangeStep[][] = [[]];
  const waveOf = new Map<Digest, number>();
  for (const step of steps) {
    let wave = 0;
    if (step.op === 'delete-manifest') {
      wave = step.after.reduce((latest, holder) => Math.max(latest, (waveOf.get(holder) ?? 0) + 1), 1);
      waveOf.set(step.digest, wave);
    }
    while (found.length <= wave) found.push([]);
    found[wave]?.push(step);
  }
  return found.filter((wave) => wave.length > 0).map((wave) => wave.toSorted((a, b) => turnOf(a) - turnOf(b)));
}

function turnOf(step: ChangeStep): number {
  if (step.op === 'delete-tag') return 0;
  if (step.op === 'archive-manifest') return 3;
  return Object.keys(step.expect).length > 0 ? 1 : 2;
}
