import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { brotliCompressSync, brotliDecompressSync, constants, crc32 } from 'node:zlib';

/**
 * A file of records that is only ever appended to. Each record goes out in one write to a file that is open for appending, so that two
 * processes may write at once, and it tells its length and its checksums, so that a record which a process could not finish, or which is
 * damaged, costs only itself: a reader goes on with the next one that is whole.
 *
 * A record holds several parts, packed together (Brotli at its fastest: parts of one kind share most of their text, so that 80 manifests
 * and configs of 1.5 KB take 126 bytes each, at 2 to 3 µs of processor time for packing and as much for unpacking; zlib took 145 bytes and
 * 5 µs). Numbers are unsigned, of 32 bits, the lowest byte first:
 *
 *     magic, number of parts, length unpacked, length packed, time (seconds since the epoch), CRC-32 of the packed bytes,
 *     CRC-32 of all that stands before it and of the keys; for each part its key (8 bytes) and its length; the packed bytes
 *
 * Reading and writing are synchronous: one call for about 80 parts.
 */
export class RecordFile {
  readonly path: string;
  #descriptor: number | undefined;
  #appends = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Tells the place of each whole record, in order, and its parts. Nothing of a file that is not there or cannot be read. */
  scan(found: (place: RecordPlace, parts: RecordParts) => void): void {
    this.#descriptor ??= opened(this.path);
    if (this.#descriptor === undefined) return;
    try {
      const window = new Window(this.#descriptor);
      for (let position = 0; position < window.fileSize;) {
        const head = headAt(window, position);
        const place = head && { position, size: head.size, time: head.time };
        if (place && this.#isWhole(place, window)) {
          found(place, head.parts);
          position += place.size;
        } else position = window.find(MAGIC, position + 1);
      }
    } catch {
      // What was found so far counts.
    }
  }

  /** False of a record that was not written to its end: then the next one does not stand where it should, or stands in its place. */
  #isWhole(place: RecordPlace, window: Window): boolean {
    const end = place.position + place.size;
    return end === window.fileSize || window.read(end, MAGIC.length).equals(MAGIC) || this.read(place) !== undefined;
  }

  /** Adds a record. Throws the error of the file system; what was written of it then is passed over when the file is read. */
  append(parts: RecordParts, payload: Uint8Array, time: number): RecordPlace {
    if (!this.#appends) {
      const descriptor = openSync(this.path, 'a+', 0o600);
      this.close();
      this.#descriptor = descriptor;
      this.#appends = true;
    }
    const descriptor = this.#descriptor as number;
    const record = packed(parts, payload, time);
    if (writeSync(descriptor, record) !== record.length) throw new Error(`${this.path} could not be written to its end`);
    // Where another process wrote at the same moment, the place is wrong; that is noticed when the record is read.
    return { position: fstatSync(descriptor).size - record.length, size: record.length, time };
  }

  /** The parts of a record, unpacked; undefined where they are damaged, or the record is not there. */
  read({ position, size }: RecordPlace): Unpacked | undefined {
    if (this.#descriptor === undefined) return undefined;
    try {
      const record = Buffer.allocUnsafe(size);
      if (readSync(this.#descriptor, record, 0, size, position) !== size) return undefined;
      const head = headIn(record);
      if (!head || head.size !== size) return undefined;
      const bytes = record.subarray(HEAD + head.parts.length);
      if (crc32(bytes) !== record.readUInt32LE(20)) return undefined;
      return { parts: head.parts, payload: brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, record.readUInt32LE(8)) }) };
    } catch {
      return undefined;
    }
  }

  /** A record as it stands in the file, to be copied; undefined where it cannot be read. */
  copy({ position, size }: RecordPlace): Buffer | undefined {
    if (this.#descriptor === undefined) return undefined;
    const record = Buffer.allocUnsafe(size);
    return readSync(this.#descriptor, record, 0, size, position) === size ? record : undefined;
  }

  /** Bytes of the file that is open here. */
  get size(): number {
    return this.#descriptor === undefined ? 0 : fstatSync(this.#descriptor).size;
  }

  /** False where another process has put another file in its place, or has moved it away. */
  get isInPlace(): boolean {
    const there = statSync(this.path, { throwIfNoEntry: false });
    return this.#descriptor !== undefined && there?.ino === fstatSync(this.#descriptor).ino;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#appends = false;
  }
}

/** Where a record stands in its file. */
export interface RecordPlace {
  readonly position: number;
  /** Bytes in the file. */
  readonly size: number;
  /** When it was written, in seconds since the epoch. */
  readonly time: number;
}

/** The keys and lengths of a record's parts, as they stand in the file: 12 bytes for each. */
export type RecordParts = Buffer;

export interface Unpacked {
  readonly parts: RecordParts;
  /** The parts, one after another. */
  readonly payload: Buffer;
}

/** The length of a part's key and length. */
export const PART = 12;
const HEAD = 28;
const MAGIC = Buffer.from('rgc1');
const MOST_PARTS = 1 << 16;
const WINDOW = 1 << 20;

function packed(parts: RecordParts, payload: Uint8Array, time: number): Buffer {
  const bytes = brotliCompressSync(payload, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18, [constants.BROTLI_PARAM_SIZE_HINT]: payload.length },
  });
  const head = Buffer.alloc(HEAD);
  MAGIC.copy(head);
  head.writeUInt32LE(parts.length / PART, 4);
  head.writeUInt32LE(payload.length, 8);
  head.writeUInt32LE(bytes.length, 12);
  head.writeUInt32LE(time, 16);
  head.writeUInt32LE(crc32(bytes), 20);
  head.writeUInt32LE(crc32(parts, crc32(head.subarray(0, HEAD - 4))), HEAD - 4);
  return Buffer.concat([head, parts, bytes]);
}

interface Head {
  /** Of the whole record. */
  readonly size: number;
  readonly time: number;
  readonly parts: RecordParts;
}

/** The head at the beginning of these bytes; undefined where none stands there, or it is damaged. */
function headIn(bytes: Buffer): Head | undefined {
  const length = lengthOfParts(bytes);
  if (length === undefined || bytes.length < HEAD + length) return undefined;
  const parts = bytes.subarray(HEAD, HEAD + length);
  if (crc32(parts, crc32(bytes.subarray(0, HEAD - 4))) !== bytes.readUInt32LE(HEAD - 4)) return undefined;
  return { size: HEAD + length + bytes.readUInt32LE(12), time: bytes.readUInt32LE(16), parts };
}

function headAt(window: Window, position: number): Head | undefined {
  const length = lengthOfParts(window.read(position, HEAD));
  return length === undefined ? undefined : headIn(window.read(position, HEAD + length));
}

function lengthOfParts(bytes: Buffer): number | undefined {
  if (bytes.length < HEAD || bytes.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return undefined;
  const count = bytes.readUInt32LE(4);
  return count > MOST_PARTS ? undefined : count * PART;
}

/** A file that is read from its beginning to its end, with a few large reads. */
class Window {
  readonly fileSize: number;
  readonly #descriptor: number;
  #start = 0;
  #bytes = Buffer.alloc(0);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.fileSize = fstatSync(descriptor).size;
  }

  /** Up to so many bytes at a place; they hold until the next call. */
  read(position: number, length: number): Buffer {
    if (position < this.#start || position + length > this.#start + this.#bytes.length) {
      const bytes = Buffer.allocUnsafe(Math.max(WINDOW, length));
      this.#bytes = bytes.subarray(0, readSync(this.#descriptor, bytes, 0, bytes.length, position));
      this.#start = position;
    }
    return this.#bytes.subarray(position - this.#start, position - this.#start + length);
  }

  /** Where these bytes stand next; the end of the file where they do not. */
  find(wanted: Buffer, from: number): number {
    for (let position = from; position + wanted.length <= this.fileSize;) {
      this.read(position, wanted.length);
      const index = this.#bytes.indexOf(wanted, position - this.#start);
      if (index >= 0) return this.#start + index;
      position = this.#start + this.#bytes.length - wanted.length + 1;
    }
    return this.fileSize;
  }
}

/** A file, opened for reading; undefined where it is not there, or something else is. */
function opened(path: string): number | undefined {
  try {
    const descriptor = openSync(path, 'r');
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch {
    // It is not there.
  }
  return undefined;
}
