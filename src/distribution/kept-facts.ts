import { hash } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../domain/time.ts';
import { parseJsonObject } from '../domain/json.ts';
import { PART, RecordFile, type RecordPlace } from './record-file.ts';

/** What was not written or confirmed for so long is dropped. */
const FORGOTTEN_MS = 180 * DAY_MS;
/** What stays as it is is written again after so long, so that it is not dropped. */
const CONFIRMED_MS = 30 * DAY_MS;
/** The file is put together anew when it holds more than this, and most of that is out of date. */
const WASTEFUL = 4 * 1024 * 1024;
/** How long another process may take to put the file together anew. */
const BUSY_MS = 10 * 60_000;

/**
 * Small facts by a key, each a JSON value, in the file `facts`. A fact that changes is appended, and the newest of a key counts. Now and
 * then the file is put together anew; what another process adds at that very moment may be lost, as if that process had not run.
 */
export class KeptFacts {
  readonly #path: string;
  readonly #file: RecordFile;
  /** Where the newest of each key stands. */
  readonly #places = new Map<string, RecordPlace>();
  /** The digest of each fact that was read. */
  readonly #read = new Map<string, string>();
  #isOpen = false;
  #isTidy = false;

  constructor(folder: string) {
    this.#path = join(folder, 'facts');
    this.#file = new RecordFile(this.#path);
  }

  /** The value of a key; undefined where there is none, or it is damaged. */
  read(key: string): unknown {
    this.#open();
    const place = this.#places.get(hashOf(key));
    const payload = place && this.#file.read(place)?.payload;
    const fact = payload && parseJsonObject(payload);
    if (!fact || fact['key'] !== key) return undefined;
    this.#read.set(key, hashOf(payload));
    return fact['value'];
  }

  /** Keeps the value of a key in place of the one before. Throws the error of the file system. */
  write(key: string, value: unknown): void {
    this.#open();
    const now = Date.now();
    const payload = Buffer.from(JSON.stringify({ key, value }));
    const before = this.#places.get(hashOf(key));
    if (before && now - before.time * 1000 < CONFIRMED_MS && this.#read.get(key) === hashOf(payload)) return;
    if (!this.#isTidy) this.#tidy(now);
    if (this.#file.size > 0 && !this.#file.isInPlace) this.#reopen();
    const part = Buffer.alloc(PART);
    part.write(hashOf(key), 'hex');
    part.writeUInt32LE(payload.length, 8);
    this.#places.set(hashOf(key), this.#file.append(part, payload, Math.floor(now / 1000)));
    this.#read.set(key, hashOf(payload));
  }

  close(): void {
    this.#file.close();
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#file.scan((place, parts) => this.#places.set(parts.toString('hex', 0, 8), place));
  }

  /** Puts the file together anew where most of it is out of date. A file of another process that does the same stands in the way. */
  #tidy(now: number): void {
    this.#isTidy = true;
    const live = [...this.#places].filter(([, { time }]) => now - time * 1000 < FORGOTTEN_MS);
    const size = live.reduce((sum, [, place]) => sum + place.size, 0);
    if (this.#file.size < WASTEFUL || this.#file.size < 3 * size) return;
    const anew = `${this.#path}.new`;
    if (now - (statSync(anew, { throwIfNoEntry: false })?.mtimeMs ?? now) > BUSY_MS) rmSync(anew, { force: true });
    let descriptor: number;
    try {
      descriptor = openSync(anew, 'wx', 0o600);
    } catch {
      return;
    }
    try {
      for (const [, place] of live) writeSync(descriptor, this.#file.copy(place) ?? Buffer.alloc(0));
      renameSync(anew, this.#path);
    } catch (error) {
      rmSync(anew, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
    this.#reopen();
  }

  /** Opens the file that stands in the place of the one that was open here. */
  #reopen(): void {
    this.#file.close();
    this.#places.clear();
    this.#isOpen = false;
    this.#open();
  }
}

/** 64 bits, which tell keys apart well enough: the fact itself names its key. */
function hashOf(content: string | Uint8Array): string {
  return hash('sha256', content).slice(0, 16);
}
