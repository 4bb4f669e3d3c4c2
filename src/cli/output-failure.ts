import type { Writable } from 'node:stream';

/** Errors that mean that nobody reads any more: a pipe whose reader has ended, and a terminal that was closed. */
const READER_GONE: readonly string[] = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'];

/**
 * Keeps an output that cannot be written from ending the process: a run must not break off between two deletions for that. Answers a
 * function that waits until everything is written and tells what could not be; undefined if all of it was written, or if its reader has
 * gone away.
 */
export function watchOutput(stream: Writable): () => Promise<NodeJS.ErrnoException | undefined> {
  let failure: NodeJS.ErrnoException | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!READER_GONE.includes(error.code ?? '')) failure ??= error;
  });
  return async () => {
    await new Promise<void>((resolve) => {
      stream.write('', () => resolve());
    });
    return failure;
  };
}
