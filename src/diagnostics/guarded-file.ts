import { constants, type FileHandle, open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { DocumentFilter, redactDocument } from './redact.ts';

/**
 * To open a file anew. A named pipe that nobody reads is an error at once (`ENXIO`), and one whose reader is slow is waited for without a
 * thread: a blocked thread would keep the program from ending at a signal.
 */
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;
/** Milliseconds before a full pipe is tried again. */
const FULL = 20;

/**
 * A file that is written to. This is the only way by which text comes to a file, so that no known secret does: what holds one is masked.
 * (The cache packs what it keeps; it is not given what holds a secret.)
 */
export class GuardedFile {
  readonly #handle: FileHandle;
  readonly #filter = new DocumentFilter();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Throws the error of the file system. */
  static async open(path: string, flags: 'w' | 'a' | 'ax+', mode?: number): Promise<GuardedFile> {
    return new GuardedFile(await open(path, flags === 'w' ? ANEW : flags, mode));
  }

  /** Appends texts, each of which is whole, with one write. Answers how many bytes each became. */
  async append(texts: readonly string[]): Promise<number[]> {
    const parts = texts.map((text) => Buffer.from(redactDocument(text)));
    const [only] = parts;
    // What is to be done in a repository is a line of up to hundreds of megabytes, which comes alone and need not be there twice.
    await this.#handle.appendFile(only && parts.length === 1 ? only : Buffer.concat(parts));
    return parts.map(({ length }) => length);
  }

  /** Writes a part of a text. A secret may begin in one part and end in another, so the last one is followed by {@link end}. */
  async write(part: string): Promise<void> {
    await this.#writeAll(this.#filter.push(part));
  }

  /** Writes what was held back of the last part. */
  async end(): Promise<void> {
    await this.#writeAll(this.#filter.end());
  }

  async #writeAll(text: string): Promise<void> {
    let rest = Buffer.from(text);
    while (rest.length > 0) {
      try {
        rest = rest.subarray((await this.#handle.write(rest)).bytesWritten);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await wait(FULL);
      }
    }
  }

  async read(offset: number, length: number): Promise<string> {
    const { buffer } = await this.#handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString('utf8');
  }

  async isFile(): Promise<boolean> {
    return (await this.#handle.stat()).isFile();
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Sees to it that the names of a folder's files are on the disk. Throws the error of the file system. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

/** Makes an empty file. `exclusive`: throws where there is one already. Throws the error of the file system. */
export async function touch(path: string, { exclusive = false }: { readonly exclusive?: boolean } = {}): Promise<void> {
  await (await open(path, exclusive ? 'wx' : 'a', 0o600)).close();
}

/** Makes a file that is there one byte longer. Throws the error of the file system, also where there is no such file. */
export async function lengthen(path: string): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_APPEND);
  await handle.write('.').finally(() => handle.close());
}

/** How many bytes a file has. It is opened for that: what a file server told before may not be so any more. */
export async function sizeNow(path: string): Promise<number> {
  const handle = await open(path, 'r');
  return (await handle.stat().finally(() => handle.close())).size;
}
