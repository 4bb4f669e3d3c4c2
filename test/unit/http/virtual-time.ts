import type { Clock } from '../../../src/http/clock.ts';

/** Time that goes on to what is next as soon as everybody waits. */
export class VirtualTime implements Clock {
  #now = 0;
  readonly #events: { readonly at: number; readonly happen: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  sleep(ms: number): Promise<void> {
    return this.at(this.#now + ms);
  }

  at(time: number): Promise<void> {
    return new Promise((happen) => {
      const at = Math.max(this.#now, time);
      // The next one stands at the end; of those at the same time, the first that came.
      let place = this.#events.length;
      while (place > 0 && (this.#events[place - 1] as { at: number }).at <= at) place -= 1;
      this.#events.splice(place, 0, { at, happen });
    });
  }

  /** Lets time go on until the work is done. Throws what the work throws. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const end = (): void => void (isOver = true);
    void work.then(end, end);
    for (;;) {
      await new Promise(setImmediate);
      if (isOver) return work;
      const next = this.#events.pop();
      if (!next) throw new Error('nobody waits for a time, and the work does not end');
      this.#now = next.at;
      next.happen();
    }
  }
}
