import type { Policy } from '../policy/policy.ts';
import type { Doomed, PlannedRepository } from './plan-repository.ts';

/**
 * Leaves for the next run what one run may not delete: of what each policy deletes, the oldest go, as many as its `perRun` allows, and over
 * the whole run no more than `atMost`. An image goes with all that goes along with it, or not yet. What has no known time goes last. What
 * an earlier run left half-way goes first. `planned` is sorted by registry, then repository.
 */
export function leaveForNextRun(
  planned: readonly PlannedRepository[],
  policies: readonly Policy[],
  atMost: number | undefined,
): readonly PlannedRepository[] {
  const left = new Map(policies.map(({ name, perRun }) => [name, perRun.deletions ?? Infinity]));
  if (atMost === undefined && [...left.values()].every((most) => most === Infinity)) return planned;
  let leftInRun = atMost ?? Infinity;
  const most = new Map<PlannedRepository, number>();
  for (const repository of planned) {
    if (!repository.leftovers) continue;
    const { policy = '' } = repository.plan;
    const leftOfPolicy = left.get(policy) ?? Infinity;
    const mayGo = Math.min(leftOfPolicy, leftInRun);
    const taken = repository.leftovers.groups.reduce((sum, group) => (sum + group <= mayGo ? sum + group : sum), 0);
    most.set(repository, taken);
    left.set(policy, leftOfPolicy - taken);
    leftInRun -= taken;
  }
  const doomed = planned.map((repository) => repository.doomed());
  /** Of each repository, 1 in the place of what goes. */
  const going = doomed.map(({ times }) => new Uint8Array(times.length));
  for (const { number, place } of oldestFirst(doomed)) {
    const own = going[number] as Uint8Array;
    if (own[place] === 1) continue;
    const { policy = '' } = (planned[number] as PlannedRepository).plan;
    const together = ((doomed[number] as Doomed).together.get(place) ?? [place]).filter((one) => own[one] !== 1);
    const leftOfPolicy = left.get(policy) ?? Infinity;
    if (together.length > leftOfPolicy || together.length > leftInRun) continue;
    left.set(policy, leftOfPolicy - together.length);
    leftInRun -= together.length;
    for (const one of together) own[one] = 1;
  }
  return planned.map((repository, number) => {
    const waiting = [...(going[number] as Uint8Array)].flatMap((goes, place) => (goes === 1 ? [] : [place]));
    const mostLeftovers = most.get(repository) ?? 0;
    return waiting.length === 0 && mostLeftovers === (repository.leftovers?.going ?? 0)
      ? repository
      : repository.leave(waiting, mostLeftovers);
  });
}

/** The number of a repository, and the place of one of its doomed. */
interface Candidate {
  readonly number: number;
  readonly place: number;
}

/** All of the doomed, those of one time in the order of the repositories and of their digests. */
function* oldestFirst(doomed: readonly Doomed[]): Generator<Candidate> {
  const length = doomed.reduce((sum, { times }) => sum + times.length, 0);
  const all = { times: new Float64Array(length), numbers: new Uint32Array(length), places: new Uint32Array(length) };
  let filled = 0;
  for (const [number, { times }] of doomed.entries()) {
    all.times.set(times, filled);
    for (let place = 0; place < times.length; place++) {
      all.numbers[filled] = number;
      all.places[filled] = place;
      filled += 1;
    }
  }
  const { times, numbers, places } = all;
  // Not by subtraction: unknown times are infinite, and the difference of two of them is NaN.
  const byTime = (a: number, b: number): number => (times[a] === times[b] ? a - b : (times[a] as number) < (times[b] as number) ? -1 : 1);
  for (const one of Uint32Array.from(times.keys()).sort(byTime)) yield { number: numbers[one] as number, place: places[one] as number };
}
