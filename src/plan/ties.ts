import type { Rule } from '../policy/policy.ts';

/** Rules by which a digest may have decided, since nothing else says which of two images is newer. */
export class Ties {
  /** Rules that kept one image and expired another, although nothing but their digests says which is newer. */
  readonly tied = new Set<Rule>();
  /** These, and rules that would keep another one if the digests were others. */
  readonly open = new Set<Rule>();

  /**
   * Looks whether bounds on the rank end between two images that are equally new, and what comes of those that are. `stays` tells of each
   * place in the group whether the image stays, `ends` are the last places of the bounds, `areEqual` compares two places.
   */
  note(rule: Rule, stays: readonly boolean[], ends: readonly number[], areEqual: (place: number, other: number) => boolean): void {
    for (const end of ends) {
      const isEqual = (place: number): boolean => place >= 0 && place < stays.length && (place === end || areEqual(place, end));
      if (isEqual(end) && isEqual(end + 1))
        this.#note(
          rule,
          placesAround(end, isEqual).map((place) => stays[place] === true),
        );
    }
  }

  #note(rule: Rule, stay: readonly boolean[]): void {
    const { keep } = rule;
    const isTied = new Set(stay).size > 1;
    if (isTied) this.tied.add(rule);
    // By its pulls or its label one of them may stay at a rank at which another would not.
    const areAlike = typeof keep === 'object' && keep.pulledDays === undefined && keep.label === undefined;
    if (isTied || !areAlike) this.open.add(rule);
  }
}

/** The places before and behind one, and that itself, for which the question is answered with true without a gap. */
function placesAround(start: number, isOne: (place: number) => boolean): number[] {
  const places = [start];
  for (let place = start - 1; isOne(place); place -= 1) places.push(place);
  for (let place = start + 1; isOne(place); place += 1) places.push(place);
  return places;
}
