import type { Stats } from 'node:fs';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';

/** What the shell or another program handed over, already open: standard input, `<(…)`. Whatever it is, somebody is at its other end. */
const HANDED_OVER = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/(?:self|\d+)\/fd\/\d+)$/;

/**
 * Opens a document for reading: a file, or what was handed over. A device has no end, and a named pipe would be waited for until
 * somebody writes to it, so neither is read. Throws what `open` throws, and an `Error` that says what the path is instead of a
 * file.
 */
export async function openDocument(path: string): Promise<FileHandle> {
  if (HANDED_OVER.test(path)) return open(path, 'r');
  // Without O_NONBLOCK, opening a named pipe waits for a writer. Windows has no such flag, and no such pipes.
  const handle = await open(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
  try {
    refuseUnless(await handle.stat(), (stats) => stats.isFile());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Refuses a device, for a document that may also be a named pipe, which is then waited for. Throws what `stat` throws, and an
 * `Error` for what has no end.
 */
export async function refuseDevice(path: string): Promise<void> {
  if (!HANDED_OVER.test(path)) refuseUnless(await stat(path), (stats) => stats.isFile() || stats.isFIFO());
}

function refuseUnless(stats: Stats, holds: (stats: Stats) => boolean): void {
  if (holds(stats)) return;
  throw new Error(
    stats.isDirectory() ? 'it is a directory' : stats.isFIFO() ? 'it is a named pipe and not a file' : 'it is a device and not a file',
  );
}
