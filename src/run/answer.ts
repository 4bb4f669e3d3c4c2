import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Io } from './io.ts';
import { type Text, writeWhole } from './write-file.ts';

/**
 * Writes the answer of a command: to stdout, or to the file that `--out` names (`-` is stdout too). Once the
 * reader has gone away nothing more is written, without an error. Throws `FILE_WRITE`, and `TIME_OVER` where nobody has read it until then.
 */
export async function writeAnswer(io: Io, text: Text, file?: string): Promise<void> {
  if (file !== undefined && file !== '-') return writeWhole(resolve(io.cwd, file), text);
  for await (const part of typeof text === 'string' ? [text] : text) {
    if (io.stdout.destroyed) break;
    if (!io.stdout.write(part)) await drained(io.stdout);
    // Into a file nothing is waited for, and without a turn of the program's events the garbage of a long answer is not collected.
    await setImmediate();
  }
  await allWritten(io.stdout);
}

/** Waits until all is written. Throws the `ToolError` of what cannot be. */
export async function allWritten(stream: Writable): Promise<void> {
  await new Promise<void>((done) => stream.write('', () => done()));
  if (stream.errored instanceof ToolError) throw stream.errored;
}

/** Waits until a stream takes more, or has ended. It leaves no listener behind: a long answer waits thousands of times. */
async function drained(stream: Writable): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(() => {});
  waiting.abort();
}
