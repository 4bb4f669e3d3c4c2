/**
 * A list whose items are made each time that it is gone through, so that they need not be in memory together. In a document it is a list
 * like any other.
 */
export class MadeList<Item> implements Iterable<Item> {
  readonly #make: () => Iterable<Item>;

  constructor(make: () => Iterable<Item>) {
    this.#make = make;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#make()[Symbol.iterator]();
  }

  /** All of them, for what needs them together. */
  toJSON(): Item[] {
    return [...this];
  }
}
