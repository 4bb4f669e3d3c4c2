/** Reads a part of a document, `end` exclusive, which holds until the next is read. Throws where it cannot be read whole. */
export type ReadBytes = (start: number, end: number) => Buffer;

/** So many bytes are in memory at a time, if no more are asked for. */
export const WINDOW = 2 ** 20;

/** The bytes of a document, of which only some are in memory: offsets are those of the document, and an `end` is exclusive. */
export class ByteWindow {
  readonly length: number;
  readonly #read: ReadBytes;
  readonly #size: number;
  #window: Buffer;
  /** Where the window begins. */
  #start = 0;

  constructor(length: number, read: ReadBytes, size = WINDOW) {
    this.length = length;
    this.#read = read;
    this.#size = size;
    this.#window = read(0, Math.min(size, length));
  }

  /** Bytes that are in memory already. */
  static over(bytes: Buffer): ByteWindow {
    return new ByteWindow(bytes.length, (start, end) => bytes.subarray(start, end), bytes.length);
  }

  /** These bytes, which hold until others are looked for. */
  slice(start: number, end: number): Buffer {
    this.#moveTo(start, end - start);
    return this.#window.subarray(start - this.#start, end - this.#start);
  }

  /** Where these bytes stand first, from `start` on and whole before `end`; -1 where they do not. */
  indexOf(bytes: Buffer, start: number, end: number): number {
    for (let from = start; from + bytes.length <= end; from = this.#start + this.#window.length - bytes.length + 1) {
      this.#moveTo(from, bytes.length);
      const found = this.#window.indexOf(bytes, from - this.#start);
      if (found >= 0) return this.#start + found + bytes.length <= end ? this.#start + found : -1;
    }
    return -1;
  }

  /** Where a byte stands last, from `start` on and before `end`; -1 where it does not. */
  lastIndexOf(byte: number, start: number, end: number): number {
    for (let to = end; to > start; to -= LOOK_BACK) {
      const from = Math.max(start, to - LOOK_BACK);
      const found = this.slice(from, to).lastIndexOf(byte);
      if (found >= 0) return from + found;
    }
    return -1;
  }

  /** Reads on or back until so many bytes from here on are in the window. */
  #moveTo(start: number, count: number): void {
    if (start >= this.#start && start + count <= this.#start + this.#window.length) return;
    this.#window = this.#read(start, Math.min(this.length, start + Math.max(this.#size, count)));
    this.#start = start;
  }
}

const LOOK_BACK = 1024;
