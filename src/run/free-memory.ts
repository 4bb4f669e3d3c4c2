import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * For a moment after which there is more garbage than anything else, and what is kept hardly grows any more: all garbage is collected. V8
 * lets the heap grow to as much as four times what was in use before it collects all garbage; from now on it does so at twice that.
 */
export function freeMemory(): void {
  setFlagsFromString('--heap-growing-percent=100');
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** So many changes have left much garbage behind when it is known what they are. */
const MANY_CHANGES = 10_000;

/** Does so before many changes are made, whose requests take far longer than that. */
export function freeMemoryBefore(changes: number): void {
  if (changes > MANY_CHANGES) freeMemory();
}
