import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Entries of a repository of which what is read takes most of the memory. */
const MANY_ENTRIES = 20_000;
let isReadingMany = false;

/**
 * For a moment after which there is more garbage than anything else, and what is kept hardly grows any more: all garbage is collected. V8
 * lets the heap grow to as much as four times what was in use before it collects all garbage; from now on it does so at twice that.
 */
export function freeMemory(): void {
  isReadingMany = false;
  setFlagsFromString('--heap-growing-percent=100');
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/**
 * While a repository of so many entries is read: V8 would let the heap grow to more than twice of what it takes, a gigabyte for 200,000
 * tags, before it collects all garbage. From now on it does so once the heap has grown by a half.
 */
export function freeMemoryOften(entries: number): void {
  if (isReadingMany || entries <= MANY_ENTRIES) return;
  isReadingMany = true;
  setFlagsFromString('--heap-growing-percent=50');
}

/** So many changes have left much garbage behind when it is known what they are. */
const MANY_CHANGES = 10_000;

/**
 * Does so before many changes are made, whose requests take far longer than that. Their plan stays in memory then, and the rest is soon
 * garbage, so from now on all of it is collected once the heap has grown by a quarter: with a plan of 200,000 deletions in one repository,
 * the heap would else grow to more than a gigabyte.
 */
export function freeMemoryBefore(changes: number): void {
  if (changes <= MANY_CHANGES) return;
  freeMemory();
  setFlagsFromString('--heap-growing-percent=25');
}
