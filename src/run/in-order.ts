import { setImmediate } from 'node:timers/promises';

/** How many results may wait for an earlier one, for each item that may be worked on. */
const AHEAD = 4;

/** How many items are worked on side by side. */
export interface SideBySide {
  /** Where nobody can tell whether there is room for another one. */
  readonly few: number;
  /** However much room there is. */
  readonly most: number;
  /** Resolves when there is room for another item; undefined where nobody can tell. */
  readonly room: () => Promise<void> | undefined;
}

/**
 * Works on several items at a time and yields the results in the order of the items, holding only some of them. The next item is begun as
 * soon as there is room, also while nobody takes a result. Throws the first failure in that order; work that is under way then ends by
 * itself.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  { few, most, room }: SideBySide,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = [];
  const turn = new Turn();
  const state = { running: 0, isOver: false };
  const end = (): void => {
    state.running -= 1;
    turn.next();
  };
  const begin = async (): Promise<void> => {
    for (const item of items) {
      const isFull = (limit: number): boolean => state.running >= limit || waiting.length >= AHEAD * limit;
      const limit = room() ? most : few;
      while (!state.isOver && isFull(limit)) await turn.wait();
      while (!state.isOver && state.running > 0 && !(await Promise.race([hasRoom(room()), turn.wait()])));
      if (state.isOver) return;
      state.running += 1;
      const result = work(item);
      result.then(end, end);
      waiting.push(result);
      turn.next();
      // Its first request is to be under way before it is asked whether there is room for another one.
      await setImmediate();
    }
    state.isOver = true;
    turn.next();
  };
  void begin();
  try {
    for (;;) {
      const result = waiting.shift();
      turn.next();
      if (result) yield await result;
      else if (state.isOver) return;
      else await turn.wait();
    }
  } finally {
    state.isOver = true;
    turn.next();
  }
}

/** True as soon as there is room. */
async function hasRoom(room: Promise<void> | undefined): Promise<true> {
  await room;
  return true;
}

/** Wakes those who wait for something to change. */
class Turn {
  #wake: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  next(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
