import { closeSync, openSync, readSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { fileChunks } from '../diagnostics/file-chunks.ts';
import { unreadable } from '../diagnostics/source.ts';
import { ByteWindow, type ReadBytes, WINDOW } from './byte-window.ts';
import { refuseDevice } from './open-document.ts';

/** The bytes of a document, which are closed once it has been gone through. */
export interface OpenBytes {
  readonly bytes: ByteWindow;
  readonly close: () => void;
}

/**
 * Opens an inventory of one document. A file is read while it is gone through; anything else, such as a pipe, is read whole here. Throws
 * `FILE`, also while it is gone through, and the signal's reason.
 */
export async function documentBytes(file: string, signal: AbortSignal | undefined): Promise<() => OpenBytes> {
  try {
    await refuseDevice(file);
    const stats = await stat(file);
    // What the system makes up on reading says that it is empty.
    if (stats.isFile() && stats.size > 0) return () => openBytes(file, stats.size);
    const bytes = ByteWindow.over(stats.isFIFO() ? await readPipe(file, signal) : await readFile(file));
    return () => ({ bytes, close: () => {} });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(file, 'inventory', error);
  }
}

function openBytes(file: string, length: number): OpenBytes {
  const orUnreadable = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw unreadable(file, 'inventory', error);
    }
  };
  const descriptor = orUnreadable(() => openSync(file, 'r'));
  const close = (): void => closeSync(descriptor);
  const read = readerOf(descriptor, length);
  try {
    return { bytes: new ByteWindow(length, (start, end) => orUnreadable(() => read(start, end))), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Reads an open file of so many bytes, synchronously and some of them at a time. Throws the error of the file system. */
export function readerOf(descriptor: number, length: number): ReadBytes {
  const window = Buffer.allocUnsafeSlow(Math.min(length, WINDOW));
  return (start, end) => {
    const bytes = end - start > window.length ? Buffer.allocUnsafeSlow(end - start) : window.subarray(0, end - start);
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(descriptor, bytes, done, bytes.length - done, start + done);
      if (count === 0) throw new Error('it became shorter while it was read');
      done += count;
    }
    return bytes;
  };
}

async function readPipe(file: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of fileChunks(file, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
