import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { holdsSecret } from '../diagnostics/redact.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import { asObject } from '../domain/json.ts';
import { isTag } from '../domain/tag.ts';
import { utcTime } from '../domain/time.ts';
import { KeptContents } from './kept-contents.ts';
import { KeptFacts } from './kept-facts.ts';
import { removeOldCache } from './old-cache.ts';
import { NOTHING_SEEN, type SeenTags } from './seen-tags.ts';

/**
 * What is kept from earlier runs: manifests and configs by their digest, and small facts by a key, such as the tags that were seen. The
 * cache saves requests and is never an authority: contents are checked against their digest on every read, what a tag points to is asked
 * every time, and a cache that cannot be read or written counts as empty. It is a folder of three files (`contents`, `contents.older`,
 * `facts`), which may be carried from one machine to another; it is bounded to about 1 GB, holds no credentials, and is opened when it is
 * first needed. These files are our own because the libraries that would do need a build (better-sqlite3, lmdb) or a newer Node.js than 20
 * (node:sqlite).
 */
export class ContentCache {
  readonly #folder: string;
  readonly #contents: KeptContents;
  readonly #facts: KeptFacts;
  /** Undefined before something is written for the first time. */
  #isWritable: boolean | undefined;
  #folderMade: Promise<void> | undefined;
  #oldCache: Promise<void> | undefined;

  /** `folder` is made when something is first written, for this user alone. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#contents = new KeptContents(folder);
    this.#facts = new KeptFacts(folder);
  }

  /** The bytes of that digest; undefined where they are not kept. */
  read(digest: Digest): Uint8Array | undefined {
    return this.#contents.read(digest);
  }

  /**
   * Keeps bytes under their digest; bytes of another digest are not kept, nor what holds a known secret. They are in the file at the latest
   * after {@link close}.
   */
  async write(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (holdsSecret(bytes)) return;
    if (this.#isWritable === undefined) await this.#open();
    this.#write(() => this.#contents.write(digest, bytes));
  }

  /** What was kept under a key, as JSON has it; undefined where nothing was. */
  async readFact(key: string): Promise<unknown> {
    return this.#facts.read(key);
  }

  /** Keeps a small fact, a JSON value, in place of the one before; false where that cannot be kept, and for what holds a known secret. */
  async writeFact(key: string, value: unknown): Promise<boolean> {
    if (holdsSecret(JSON.stringify([key, value]))) return false;
    if (this.#isWritable === undefined) await this.#open();
    return this.#write(() => this.#facts.write(key, value));
  }

  /** The tags of a repository when it was last read. `registry` is its URL. */
  async readTags(registry: string, repository: string): Promise<SeenTags> {
    const fact = asObject(await this.readFact(tagsKey(registry, repository)));
    if (!fact) return NOTHING_SEEN;
    const digests = new Map<string, Digest>();
    for (const [tag, digest] of Object.entries(asObject(fact['tags']) ?? {})) if (isTag(tag) && isDigest(digest)) digests.set(tag, digest);
    const firstSeen = new Map<string, string>();
    for (const [tag, text] of Object.entries(asObject(fact['firstSeen']) ?? {})) {
      const time = typeof text === 'string' ? utcTime(text) : undefined;
      if (digests.has(tag) && time !== undefined) firstSeen.set(tag, time);
    }
    return { digests, firstSeen, whole: fact['whole'] === true };
  }

  /**
   * Keeps the tags of a repository in place of those kept before; false where that cannot be kept. A tag and its time are one fact: what
   * is lost of it when two processes write is seen anew by the next reading, and never taken for old.
   */
  async writeTags(registry: string, repository: string, { digests, firstSeen, whole }: SeenTags): Promise<boolean> {
    const fact = { whole, tags: sorted(digests), firstSeen: sorted(firstSeen) };
    return this.writeFact(tagsKey(registry, repository), fact);
  }

  /** Writes what is not yet written, and closes the files. */
  async close(): Promise<void> {
    await this.#folderMade;
    this.#write(() => this.#contents.flush());
    this.#contents.close();
    this.#facts.close();
    await this.#oldCache;
  }

  /** The first failure (read-only, full) ends all writing. */
  #write(work: () => void): boolean {
    if (!this.#isWritable) return false;
    try {
      work();
    } catch {
      this.#isWritable = false;
    }
    return this.#isWritable;
  }

  async #open(): Promise<void> {
    this.#folderMade ??= this.#makeFolder();
    await this.#folderMade;
  }

  async #makeFolder(): Promise<void> {
    try {
      await makeFolder(this.#folder);
      const isNew = await stat(join(this.#folder, 'contents')).then(
        () => false,
        () => true,
      );
      if (isNew) this.#oldCache = removeOldCache(this.#folder);
      this.#isWritable = true;
    } catch {
      this.#isWritable = false;
    }
  }
}

/** In the same order each time, so that what stays as it is need not be written again. */
function sorted(map: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...map].toSorted(([a], [b]) => byCodeUnit(a, b)));
}

function tagsKey(registry: string, repository: string): string {
  return `tags\n${registry}\n${repository}`;
}
