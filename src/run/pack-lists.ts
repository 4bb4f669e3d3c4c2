import { setFlagsFromString } from 'node:v8';
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
 * A {@link Pack} that leaves lists as they are while they hold no more items together, and otherwise keeps each as compressed JSON. The
 * lists that were brought back last are kept for whoever asks next.
 */
export function packLists(unpacked = UNPACKED): Pack {
  let items = 0;
  const asTheyAre: Kept[] = [];
  const recent: Kept[] = [];
  const read = (one: Kept): readonly unknown[] => {
    if (one.list) return one.list;
    const list = (one.parts as readonly Uint8Array[]).flatMap((part) => JSON.parse(brotliDecompressSync(part).toString()) as unknown[]);
    one.list = list;
    recent.push(one);
    if (recent.length > KEPT) (recent.shift() as Kept).list = undefined;
    return list;
  };
  return <Item>(list: readonly Item[]) => {
    const kept: Kept = { list };
    items += list.length;
    asTheyAre.push(kept);
    if (items > unpacked) {
      if (asTheyAre.length > 1) collectSooner();
      for (const one of asTheyAre.splice(0)) pack(one);
    }
    return () => read(kept) as readonly Item[];
  };
}

interface Kept {
  list: readonly unknown[] | undefined;
  parts?: readonly Uint8Array[];
}

/**
 * From here on what is kept hardly grows, and nearly all that is read is soon of no use. V8 lets the heap grow to as much as four times what
 * is in use before it collects all garbage; now it does so at twice that. Below this size, the time that it takes would buy nothing.
 */
function collectSooner(): void {
  setFlagsFromString('--heap-growing-percent=100');
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
