import { createInterface } from 'node:readline/promises';
import type { Io } from './io.ts';

/**
 * True if there is somebody to ask: input and messages are a terminal. Elsewhere whoever runs the program has given `--apply` on
 * purpose.
 */
export function isAsked(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/** Asks a question on stderr and answers true for yes. Any other answer, an empty one and the end of the input mean no. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  // The line reader must not handle the terminal itself: Ctrl-C must stay a signal to the process.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal: io.signal }), ended]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
