import { once } from 'node:events';
import { resolve } from 'node:path';
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
    if (!io.stdout.write(part) && !io.stdout.destroyed && io.stdout.errored === null)
      await Promise.race([once(io.stdout, 'drain'), once(io.stdout, 'close')]).catch(() => {});
  }
}
