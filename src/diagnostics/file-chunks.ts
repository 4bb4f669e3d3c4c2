import { constants, createReadStream, open as openWithCallback } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

const open = promisify(openWithCallback);

/**
 * The content of a file or a pipe, as it comes. The usual way to open a named pipe waits for its writer in a thread that nothing can end,
 * not even the end of the process; here the wait ends with the signal. Throws the error of the file system, and the signal's reason.
 */
export async function* fileChunks(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const stream = (await stat(path)).isFIFO()
    ? new Socket({ fd: await open(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
    : createReadStream(path, { highWaterMark: 2 ** 20 });
  const stop = (): void => void stream.destroy(new Error('stopped'));
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    stream.destroy();
  }
}
