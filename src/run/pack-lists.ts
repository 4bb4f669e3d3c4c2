import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Pack } from '../plan/pack.ts';
import { freeMemory } from './free-memory.ts';

/** So many images and steps of a plan stay as they are, which costs no time. A plan of a million would need two gigabytes. */
const UNPACKED = 200_000;
/** Longer lists are packed in parts of so many items, since the text of a whole one may be longer than Node.js allows. */
const PART = 10_000;
/** A quality of 1 takes a third of the time that zlib takes, for no more room. */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
/** Of how many repositories the lists that were brought back are kept. */
const KEPT = 2;

/**
 * A {@link Pack} that leaves everything as it is while its lists hold no more items together. From then on it keeps each list as compressed
 * JSON, and no other thing. The lists that were brought back last are kept for whoever asks next.
 */
export function packLists(room = UNPACKED): Pack {
  let items = 0;
  const asTheyAre: Kept[] = [];
  const recent: Kept[] = [];
  const things = new Set<{ thing: unknown }>();
  const read = (one: Kept): Lists => {
    if (one.lists) return one.lists;
    const lists = one.together ? (unpacked(one.together) as Lists) : (one.parts ?? []).map((parts) => parts.flatMap(unpacked));
    one.lists = lists;
    recent.push(one);
    if (recent.length > KEPT) (recent.shift() as Kept).lists = undefined;
    return lists;
  };
  return {
    lists: <Given extends Lists>(...lists: Given) => {
      const kept: Kept = { lists };
      items += lengthOf(lists);
      asTheyAre.push(kept);
      if (items > room) {
        const isFirst = asTheyAre.length > 1;
        for (const one of asTheyAre.splice(0)) pack(one);
        for (const one of things) one.thing = undefined;
        things.clear();
        // In smaller plans, the time that it takes would buy nothing.
        if (isFirst) freeMemory();
      }
      return () => read(kept) as Given;
    },
    thing: <Thing>(thing: Thing, again: () => Thing) => {
      const kept: { thing: Thing | undefined } = { thing: items > room ? undefined : thing };
      if (kept.thing !== undefined) things.add(kept);
      return () => kept.thing ?? again();
    },
  };
}

type Lists = readonly (readonly unknown[])[];

interface Kept {
  /** As they were, or as they were brought back. */
  lists: Lists | undefined;
  /** All of them in one text, in which what they share stands once. */
  together?: Uint8Array;
  /** Of each of them, its parts. */
  parts?: readonly (readonly Uint8Array[])[];
}

function pack(kept: Kept): void {
  const { lists = [] } = kept;
  if (lengthOf(lists) === 0) return;
  if (lengthOf(lists) <= PART) kept.together = packed(lists);
  else kept.parts = lists.map(partsOf);
  kept.lists = undefined;
}

function partsOf(list: readonly unknown[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < list.length; at += PART) parts.push(packed(list.slice(at, at + PART)));
  return parts;
}

function packed(list: readonly unknown[]): Uint8Array {
  // A copy, because what the library answers is the beginning of a larger buffer.
  return new Uint8Array(brotliCompressSync(JSON.stringify(list), FAST));
}

function unpacked(bytes: Uint8Array): unknown[] {
  return JSON.parse(brotliDecompressSync(bytes).toString()) as unknown[];
}

function lengthOf(lists: Lists): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
}
