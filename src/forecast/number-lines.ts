/**
 * The numbers of the tags of one shape, such as those of `v{n}.{n}.{n}`, and how they go on counting. What was new in the time that is
 * looked at is new again: where 1.5 was the first 1.5.x, and 1.5.0 and 1.5.1 came behind 1.4.7, there come 1.6.0 and 1.6.1 next, and then
 * 1.7.0 and 1.7.1; where only 1.4.8 came behind 1.4.7, there comes 1.4.9.
 */
export class NumberLines {
  readonly #levels = new Map<string, Level>();

  /** `isNew`: it came in the time that is looked at. The first that are added count as known before, if no others are. */
  add(numbers: readonly bigint[], isNew: boolean): void {
    numbers.forEach((number, index) => {
      const key = numbers.slice(0, index).join('.');
      const level = this.#levels.get(key) ?? { highest: -1n, known: new Set(), fresh: new Set() };
      this.#levels.set(key, level);
      if (number > level.highest) level.highest = number;
      const isLast = index === numbers.length - 1;
      if (!isNew || (!isLast && level.known.size + level.fresh.size === 0)) level.known.add(number);
      else level.fresh.add(number);
    });
  }

  /** What stands for these numbers when the same time has passed once more (`round` 1), twice (2) and so on. */
  next(numbers: readonly bigint[], round: number): readonly bigint[] {
    const next: bigint[] = [];
    numbers.forEach((number, index) => {
      const level = this.#levels.get(numbers.slice(0, index).join('.'));
      const isBelowNew = next.some((one, place) => one !== numbers[place]);
      if (!level || isBelowNew || level.known.has(number)) {
        next.push(number);
        return;
      }
      const fresh = [...level.fresh].filter((one) => !level.known.has(one)).toSorted((a, b) => (a < b ? -1 : 1));
      next.push(level.highest + BigInt(fresh.length * (round - 1) + fresh.indexOf(number) + 1));
    });
    return next;
  }
}

/** The numbers that stand behind the same others. */
interface Level {
  highest: bigint;
  readonly known: Set<bigint>;
  readonly fresh: Set<bigint>;
}
