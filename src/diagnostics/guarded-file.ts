import { type FileHandle, open } from 'node:fs/promises';
import { DocumentFilter, redactDocument } from './redact.ts';

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
    return new GuardedFile(await open(path, flags, mode));
  }

  /** Appends texts, each of which is whole, with one write. Answers how many bytes each became. */
  async append(texts: readonly string[]): Promise<number[]> {
    const parts = texts.map((text) => Buffer.from(redactDocument(text)));
    await this.#handle.appendFile(Buffer.concat(parts));
    return parts.map(({ length }) => length);
  }

  /** Writes a part of a text. A secret may begin in one part and end in another, so the last one is followed by {@link end}. */
  async write(part: string): Promise<void> {
    await this.#handle.writeFile(this.#filter.push(part));
  }

  /** Writes what was held back of the last part. */
  async end(): Promise<void> {
    await this.#handle.writeFile(this.#filter.end());
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
