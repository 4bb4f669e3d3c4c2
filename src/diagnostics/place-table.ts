/** Places by numbers, several of one number where need be: plain arrays of numbers, because a run may know a million. */
export class PlaceTable {
  #size = 0;
  #numbers = new Int32Array(2 ** 12);
  /** 0 where nothing is; else the place and one more. */
  #places = new Int32Array(2 ** 12);

  /** `number` and `place` are integers of 32 bits, the place not negative. */
  add(number: number, place: number): void {
    if (2 * this.#size >= this.#places.length) this.#grow();
    this.#size++;
    let slot = this.#slotOf(number);
    while (this.#places[slot] !== 0) slot = this.#after(slot);
    this.#numbers[slot] = number;
    this.#places[slot] = place + 1;
  }

  /** Calls `visit` with each place of the number, until it answers true: then true. */
  some(number: number, visit: (place: number) => boolean): boolean {
    for (let slot = this.#slotOf(number), place; (place = this.#places[slot] as number) !== 0; slot = this.#after(slot)) {
      if (this.#numbers[slot] === number && visit(place - 1)) return true;
    }
    return false;
  }

  #slotOf(number: number): number {
    return (number ^ (number >>> 15)) & (this.#places.length - 1);
  }

  #after(slot: number): number {
    return (slot + 1) & (this.#places.length - 1);
  }

  #grow(): void {
    const [numbers, places] = [this.#numbers, this.#places];
    this.#numbers = new Int32Array(2 * numbers.length);
    this.#places = new Int32Array(2 * places.length);
    this.#size = 0;
    places.forEach((place, slot) => {
      if (place !== 0) this.add(numbers[slot] as number, place - 1);
    });
  }
}
