import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';

/**
 * Keeps the process from standing still, signals and timers included, while a terminal takes nothing (its window hangs, or somebody has
 * pressed Ctrl-S): that is how Node.js writes to one. Where standard error is the same terminal as the answer, it goes through the same
 * queue, so that all stays in order.
 */
export function unblockTerminals(answer: Writable): void {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr] as readonly (NodeJS.WriteStream & { readonly _handle?: TerminalHandle })[])
    if (stream.isTTY) stream._handle?.setBlocking?.(false);
  if (stdout.isTTY && stderr.isTTY && fstatSync(1).rdev === fstatSync(2).rdev) stderr.write = answer.write.bind(answer);
}

/** Not documented, but there in every Node.js. */
interface TerminalHandle {
  readonly setBlocking?: (blocking: boolean) => void;
}
