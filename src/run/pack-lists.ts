import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Pack } from '../plan/pack.ts';

/** So many images and steps of a plan stay as they are, which costs no time. A plan of a million would need two gigabytes. */
const UNPACKED = 200_000;
/** Lists are packed in parts of so many items, since the text of a whole one may be longer than Node.js allows. */
const PART = 10_000;
/** A quality of 1 takes a third of the time that zlib takes, for no more room. */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
/** Whoever reads the images of a repository reads its steps in turn. */
const KEPT = 2;

/**
 * A {@link Pack} that leaves everything as it is while its lists hold no more items together. From then on it keeps each list as compressed
 * JSON, and no other thing. The lists that were brought back last are kept for whoever asks next.
 */
export function packLists(unpacked = UNPACKED): Pack {
  let items = 0;
  const asTheyAre: Kept[] = [];
  const recent: Kept[] = [];
  const things = new Set<{ thing: unknown }>();
  const read = (one: Kept): readonly unknown[] => {
    if (one.list) return one.list;
    const list = (one.parts as readonly Uint8Array[]).flatMap((part) => JSON.parse(brotliDecompressSync(part).toString()) as unknown[]);
    one.list = list;
    recent.push(one);
    if (recent.length > KEPT) (recent.shift() as Kept).list = undefined;
    return list;
  };
  return {
    list: <Item>(list: readonly Item[]) => {
      const kept: Kept = { list };
      items += list.length;
      asTheyAre.push(kept);
      if (items > unpacked) {
        const isFirst = asTheyAre.length > 1;
        for (const one of asTheyAre.splice(0)) pack(one);
        for (const one of things) one.thing = undefined;
        things.clear();
        if (isFirst) collectGarbage();
      }
      return () => read(kept) as readonly Item[];
    },
    thing: <Thing>(thing: Thing, again: () => Thing) => {
      const kept: { thing: Thing | undefined } = { thing: items > unpacked ? undefined : thing };
      if (kept.thing !== undefined) things.add(kept);
      return () => kept.thing ?? again();
    },
  };
}

interface Kept {
  list: readonly unknown[] | undefined;
  parts?: readonly Uint8Array[];
}

/**
 * Once the first lists are packed, there is more garbage than anything else, and from here on what is kept hardly grows. V8 lets the heap
 * grow to as much as four times what was in use before it collects all garbage; from now on it does so at twice that. In smaller plans, the
 * time that it takes would buy nothing.
 */
function collectGarbage(): void {
  setFlagsFromString('--heap-growing-percent=100');
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

function pack(kept: Kept): void {
  const { list = [] } = kept;
  if (list.length === 0) return;
  const parts: Uint8Array[] = [];
  for (let at = 0; at < list.length; at += PART) {
    // A copy, because what the library answers is the beginning of a larger buffer.
    parts.push(new Uint8Array(brotliCompressSync(JSON.stringify(list.slice(at, at + PART)), FAST)));
  }
  kept.parts = parts;
  kept.list = undefined;
}
