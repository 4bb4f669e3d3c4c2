import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeNew, writeNewBytes } from '../diagnostics/guarded-file.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import { isTag } from '../domain/tag.ts';
import { utcTime } from '../domain/time.ts';
import { asList, asObject, asText, parseJsonObject } from '../domain/json.ts';
import { dropUnused } from './drop-unused.ts';
import type { OwnPull, OwnPulls } from './own-pulls.ts';
import { NOTHING_SEEN, type SeenTags } from './seen-tags.ts';

/**
 * Manifests and configs kept from earlier runs by their digest, the tags that were seen, and what this program itself pulled. The cache saves
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

  /** What this program pulled of a repository by reading it. `registry` is its URL. It is kept however long it is not used. */
  async readPulls(registry: string, repository: string): Promise<OwnPulls> {
    const bytes = await readFile(this.#pullsPath(registry, repository)).catch(() => undefined);
    const file = bytes && parseJsonObject(bytes);
    if (file?.['formatVersion'] !== FORMAT) return new Map();
    const pulls = new Map<Digest, OwnPull>();
    for (const [digest, value] of Object.entries(asObject(file['pulls']) ?? {})) {
      const { before, at } = asObject(value) ?? {};
      const told = asText(before);
      const times = asList(at)?.filter((text): text is string => typeof text === 'string' && utcTime(text) !== undefined) ?? [];
      if (isDigest(digest)) pulls.set(digest, { ...(told !== undefined && { before: told }), at: times });
    }
    return pulls;
  }

  /** Keeps what this program pulled of a repository, in place of what was kept before. */
  async writePulls(registry: string, repository: string, pulls: OwnPulls): Promise<void> {
    await this.#replace(this.#pullsPath(registry, repository), JSON.stringify({ formatVersion: FORMAT, pulls: Object.fromEntries(pulls) }));
  }

  #contentPath(digest: Digest): string {
    const [algorithm, hex] = digest.split(':') as [string, string];
    return join(this.#folder, algorithm, hex.slice(0, 2), hex);
  }

  #tagsPath(registry: string, repository: string): string {
    return join(this.#folder, 'tags', fileOf(registry, repository));
  }

  #pullsPath(registry: string, repository: string): string {
    return join(this.#folder, 'pulls', fileOf(registry, repository));
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

/** The name of the file for a repository. */
function fileOf(registry: string, repository: string): string {
  return `${createHash('sha256').update(`${registry}\n${repository}`).digest('hex')}.json`;
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
