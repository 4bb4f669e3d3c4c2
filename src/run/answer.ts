import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { Io } from './io.ts';
import { type Text, writeWhole } from './write-file.ts';

/** Writes the answer of a command: to stdout, or to the file that `--out` names (`-` is stdout too). */
export async function writeAnswer(io: Io, text: Text, file?: string): Promise<void> {
  if (file !== undefined && file !== '-') return writeWhole(resolve(io.cwd, file), text);
  if (typeof text === 'string') {
    io.stdout.write(text);
    return;
  }
  for await (const part of text) {
    // A reader that has gone away takes nothing more: then the rest is written to nobody.
    if (!io.stdout.write(part) && !io.stdout.destroyed && io.stdout.errored === null) await drained(io.stdout);
  }
}

/** Waits until a stream takes more, or has ended. It leaves no listener behind: a long answer waits thousands of times. */
async function drained(stream: Writable): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(() => {});
  waiting.abort();
}
