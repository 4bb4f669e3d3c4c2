import { createInterface } from 'node:readline/promises';
import type { Io } from './io.ts';

/**
 * Asks a question on stderr and answers true for yes. Any other answer, an empty one and the end of the input mean no. If there is no
 * terminal, nobody is asked and the answer is true: whoever runs the program there has given `--apply` on purpose.
 */
export async function confirm(io: Io, question: string): Promise<boolean> {
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) return true;
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
