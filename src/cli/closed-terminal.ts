import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Lets the process end in order after its terminal was closed. When it ends, Node.js resets the terminals that it was started with, and
 * aborts if one of them is gone; it leaves alone what the program has closed.
 */
export function surviveClosedTerminal(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('exit', () => {
    for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  });
}
