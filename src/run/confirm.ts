import { createInterface } from 'node:readline/promises';
import type { Io } from './io.ts';

/**
 * Asks on stderr, where there is a terminal to ask at; true for yes. Everything else is no: another answer, none, the end of the input. Where there is no terminal it
 * is not asked: whoever runs it there has said what he wants by `--apply`.
 */
export async function confirm(io: Io, question: string): Promise<boolean> {
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) return true;
  // Not as a terminal of its own: Ctrl-C must stay a signal to the process.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal: io.signal }), ended]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
