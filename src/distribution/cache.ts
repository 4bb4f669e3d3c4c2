import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeNew, writeNewBytes } from '../diagnostics/guarded-file.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import { isTag } from '../domain/tag.ts';
import { utcTime } from '../domain/time.ts';
import { parseJsonObject } from '../domain/json.ts';
import { dropUnused } from './drop-unused.ts';
import { NOTHING_SEEN, type SeenTags } from './seen-tags.ts';

/**
 * What is kept from earlier runs: manifests and configs by their digest, the tags that were seen, and small facts by a key. The cache saves
 * requests and is never an authority: contents are checked against their digest on every read, what a tag points to is asked every time, and a cache that cannot
 * be read or written counts as empty. What was not used for 30 days is dropped. It holds no credentials.
 */
export class ContentCache {
  readonly #folder: string;
  #writable = true;
  #tidied: Promise<void> | undefined;

  /** `folder` is made when something is first written, for this user alone. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The bytes of that digest; undefined where they are not kept. What is damaged is dropped. */
  async read(digest: Digest): Promise<Uint8Array | undefined> {
    const path = this.#contentPath(digest);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) return undefined;
    if (hashes(bytes, digest)) {
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      return bytes;
    }
    await rm(path, { force: true }).catch(() => undefined);
    return undefined;
  }

  /** Keeps bytes under their digest; bytes of another digest are not kept, nor what holds a known secret. */
  async write(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (hashes(bytes, digest)) await this.#replace(this.#contentPath(digest), bytes);
  }

  /** The tags of a repository when it was last read. `registry` is its URL. */
  async readTags(registry: string, repository: string): Promise<SeenTags> {
    try {
      const file = JSON.parse(await readFile(this.#tagsPath(registry, repository), 'utf8')) as Partial<TagFile>;
      if (file.formatVersion !== FORMAT) return NOTHING_SEEN;
      const digests = new Map<string, Digest>();
      for (const [tag, digest] of Object.entries(file.tags ?? {})) if (isTag(tag) && isDigest(digest)) digests.set(tag, digest);
      const firstSeen = new Map<string, string>();
      for (const [tag, text] of Object.entries(file.firstSeen ?? {})) {
        const time = typeof text === 'string' ? utcTime(text) : undefined;
        if (digests.has(tag) && time !== undefined) firstSeen.set(tag, time);
      }
      return { digests, firstSeen, whole: file.whole === true };
    } catch {
      return NOTHING_SEEN;
    }
  }

  /**
   * Keeps the tags of a repository in place of those kept before; false where that cannot be kept. A tag and its time are in one file that
   * is replaced at once: what another process loses by that is seen anew by the next reading, and never taken for old.
   */
  async writeTags(registry: string, repository: string, { digests, firstSeen, whole }: SeenTags): Promise<boolean> {
    const file: TagFile = {
      formatVersion: FORMAT,
      whole,
      tags: Object.fromEntries(digests),
      firstSeen: Object.fromEntries(firstSeen),
    };
    await this.#replace(this.#tagsPath(registry, repository), JSON.stringify(file));
    return this.#writable;
  }

  /** What was kept under a key, as JSON has it; undefined where nothing was. It is kept however long it is not used. */
  async readFact(key: string): Promise<unknown> {
    const bytes = await readFile(this.#factPath(key)).catch(() => undefined);
    const file = bytes && parseJsonObject(bytes);
    return file?.['key'] === key ? file['value'] : undefined;
  }

  /** Keeps a small fact, a JSON value, in place of the one before; false where that cannot be kept. */
  async writeFact(key: string, value: unknown): Promise<boolean> {
    await this.#replace(this.#factPath(key), JSON.stringify({ key, value }));
    return this.#writable;
  }

  #contentPath(digest: Digest): string {
    const [algorithm, hex] = digest.split(':') as [string, string];
    return join(this.#folder, algorithm, hex.slice(0, 2), hex);
  }

  #tagsPath(registry: string, repository: string): string {
    return join(this.#folder, 'tags', fileOf(`${registry}\n${repository}`));
  }

  #factPath(key: string): string {
    return join(this.#folder, 'facts', fileOf(key));
  }

  /** Writes beside and renames, so that nobody ever reads half a file. The first failure (read-only, full) ends all writing. */
  async #replace(path: string, content: Uint8Array | string): Promise<void> {
    if (!this.#writable) return;
    const beside = `${path}.${randomUUID()}.tmp`;
    try {
      await makeFolder(dirname(path));
      if (typeof content === 'string') await writeNew(beside, content);
      else if (!(await writeNewBytes(beside, content))) return;
      await rename(beside, path);
      // It grows by writing alone.
      await (this.#tidied ??= dropUnused(this.#folder));
    } catch {
      this.#writable = false;
      await rm(beside, { force: true }).catch(() => undefined);
    }
  }
}

/** The name of the file for what a key stands for. */
function fileOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}.json`;
}

interface TagFile {
  readonly formatVersion: string;
  readonly whole: boolean;
  /** Checked when they are read, as are the times. */
  readonly tags: Readonly<Record<string, unknown>>;
  readonly firstSeen: Readonly<Record<string, unknown>>;
}

const FORMAT = '1.0';

function hashes(bytes: Uint8Array, digest: Digest): boolean {
  const [algorithm, hex] = digest.split(':') as [string, string];
  return createHash(algorithm).update(bytes).digest('hex') === hex;
}
