import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../domain/digest.ts';
import { hasDigest } from './content-digest.ts';
import { KeyTable } from './key-table.ts';
import { PART, RecordFile, type RecordParts, type RecordPlace, type Unpacked } from './record-file.ts';

/** Bytes of contents that are packed into one record: large enough to pack well, small enough to be unpacked for one of them. */
const RECORD = 128 * 1024;
/** How many records are kept unpacked: tags are read in about the order in which they were read before. */
const UNPACKED = 64;
/** Bytes of each of the two files. */
const LARGEST = 512 * 1024 * 1024;

/**
 * Contents by their digest, in two files: `contents`, which grows, and `contents.older`. When `contents` is full, it takes the place of
 * `contents.older`, so that the older half goes. Two processes that do so at the same moment may lose the newer half as well, which costs
 * requests and nothing else.
 */
export class KeptContents {
  readonly #folder: string;
  readonly #largest: number;
  readonly #table = new KeyTable();
  /** Each record, with the file that it stands in. */
  readonly #records: StoredRecord[] = [];
  readonly #unpacked = new Map<number, Unpacked>();
  readonly #files: RecordFile[] = [];
  /** Not yet written. */
  #pending = new Map<Digest, Uint8Array>();
  #pendingBytes = 0;
  #current: RecordFile | undefined;

  constructor(folder: string, largest = LARGEST) {
    this.#folder = folder;
    this.#largest = largest;
  }

  /** The bytes of a digest, checked against it. */
  read(digest: Digest): Uint8Array | undefined {
    const pending = this.#pending.get(digest);
    if (pending) return pending;
    this.#open();
    const key = keyOf(digest);
    const found = this.#table.get(key.readUInt32LE(0), key.readUInt32LE(4));
    const unpacked = found && this.#unpack(found.record);
    const bytes = unpacked && partOf(unpacked, found.part);
    return bytes && hasDigest(bytes, digest) ? bytes : undefined;
  }

  /** Keeps bytes under their digest. Throws the error of the file system. */
  write(digest: Digest, bytes: Uint8Array): void {
    if (this.#pending.has(digest) || !hasDigest(bytes, digest)) return;
    this.#pending.set(digest, bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= RECORD) this.flush();
  }

  /** Writes what is pending. Throws the error of the file system. */
  flush(): void {
    if (this.#pending.size === 0) return;
    const file = this.#roomyFile();
    const pending = this.#pending;
    this.#pending = new Map();
    this.#pendingBytes = 0;
    const parts = partsOf(pending);
    this.#add(file, file.append(parts, Buffer.concat([...pending.values()]), Math.floor(Date.now() / 1000)), parts);
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  /** Opens both files, once, the older first, so that what is newer is found. */
  #open(): RecordFile {
    if (this.#current) return this.#current;
    this.#openFile(this.#older);
    return (this.#current = this.#openFile(join(this.#folder, 'contents')));
  }

  get #older(): string {
    return join(this.#folder, 'contents.older');
  }

  #openFile(path: string): RecordFile {
    const file = new RecordFile(path);
    this.#files.push(file);
    file.scan((place, parts) => this.#add(file, place, parts));
    return file;
  }

  /** The file to append to. One that another process has moved away is left to it. */
  #roomyFile(): RecordFile {
    const file = this.#open();
    if (file.size < this.#largest) return file;
    if (file.isInPlace) renameSync(file.path, this.#older);
    return (this.#current = this.#openFile(file.path));
  }

  #add(file: RecordFile, place: RecordPlace, parts: RecordParts): void {
    const record = this.#records.push({ file, place }) - 1;
    for (let part = 0; part * PART < parts.length; part++)
      this.#table.set(parts.readUInt32LE(part * PART), parts.readUInt32LE(part * PART + 4), record, part);
  }

  #unpack(number: number): Unpacked | undefined {
    const known = this.#unpacked.get(number);
    if (known) return known;
    const { file, place } = this.#records[number] as StoredRecord;
    const unpacked = file.read(place);
    if (!unpacked) return undefined;
    this.#unpacked.set(number, unpacked);
    const [oldest] = this.#unpacked.keys();
    if (this.#unpacked.size > UNPACKED && oldest !== undefined) this.#unpacked.delete(oldest);
    return unpacked;
  }
}

interface StoredRecord {
  readonly file: RecordFile;
  readonly place: RecordPlace;
}

/** Bytes of a key: the first of a digest. */
const KEY = 8;

function keyOf(digest: Digest): Buffer {
  return Buffer.from(keyDigits(digest), 'hex');
}

function keyDigits(digest: Digest): string {
  const start = digest.indexOf(':') + 1;
  return digest.slice(start, start + 2 * KEY);
}

function partsOf(contents: ReadonlyMap<Digest, Uint8Array>): RecordParts {
  const parts = Buffer.alloc(PART * contents.size);
  let at = 0;
  for (const [digest, { length }] of contents) {
    parts.write(keyDigits(digest), at, 'hex');
    parts.writeUInt32LE(length, at + KEY);
    at += PART;
  }
  return parts;
}

function partOf({ parts, payload }: Unpacked, number: number): Uint8Array | undefined {
  let start = 0;
  for (let part = 0; part < number; part++) start += parts.readUInt32LE(part * PART + 8);
  return number * PART < parts.length ? payload.subarray(start, start + parts.readUInt32LE(number * PART + 8)) : undefined;
}
