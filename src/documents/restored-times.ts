import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GuardedFile } from '../diagnostics/guarded-file.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { asObject, isObject, parseJsonObject } from '../domain/json.ts';
import { type RegistryTimes, type RestoredManifest, withOldTimes } from '../domain/old-times.ts';
import { parseTime } from '../domain/time.ts';

/** Where a manifest was put back. */
export interface RestoredPlace {
  /** The registry's base URL: it may go by several names. */
  readonly url: string;
  readonly repository: string;
}

/**
 * What was put back, in a file of the journal folder, so that the next run knows its old times: JSON Lines, only ever appended to, each
 * addition with one write, so that two processes may write at once. A line that is damaged is left out.
 */
export class RestoredTimes {
  readonly path: string;

  /** `folder` is the journal folder; it is made when something is first written. */
  constructor(folder: string) {
    this.path = join(folder, 'restored', 'times.jsonl');
  }

  /** Written before something is put back. Answers the number for {@link settle}. Throws `JOURNAL_WRITE`. */
  async begin(place: RestoredPlace, digest: Digest, had: RegistryTimes): Promise<string> {
    const id = randomBytes(8).toString('hex');
    await this.#append([{ id, at: new Date().toISOString(), ...place, digest, had }]);
    return id;
  }

  /** Written once the times are known that the registry gave what was put back; `{}` for what was not. Throws `JOURNAL_WRITE`. */
  async settle(given: ReadonlyMap<string, RegistryTimes>): Promise<void> {
    if (given.size > 0) await this.#append([...given].map(([id, times]) => ({ id, given: times })));
  }

  /** All that was put back. Throws `FILE` where the file is there and cannot be read. */
  async read(): Promise<RestoredManifests> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return new RestoredManifests([]);
      throw new ToolError('FILE', `cannot read the times of what "undo" has put back, ${this.path}: ${(error as Error).message}`, {
        hint: 'see to it that the file can be read. Without it, what was put back would be taken for new',
        cause: error,
      });
    }
    const entries = new Map<string, Entry>();
    for (const line of text.split('\n')) takeLine(line, entries);
    return new RestoredManifests([...entries.values()]);
  }

  async #append(lines: readonly object[]): Promise<void> {
    let file: GuardedFile | undefined;
    try {
      await makeFolder(dirname(this.path));
      file = await GuardedFile.open(this.path, 'a', 0o600);
      // The line break before them ends a line that another run had to leave unfinished.
      await file.append([`\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n`]);
      await file.datasync();
    } catch (error) {
      throw new ToolError('JOURNAL_WRITE', `cannot remember the times of what is put back in ${this.path}: ${(error as Error).message}`, {
        hint: 'make room, or give a journal folder that can be written to: without these times, what is put back is taken for new',
        cause: error,
      });
    } finally {
      await file?.close();
    }
  }
}

interface Entry extends RestoredPlace, RestoredManifest {
  readonly id: string;
  readonly digest: Digest;
}

/** What was put back, as read. */
export class RestoredManifests {
  readonly #byPlace = new Map<string, Map<Digest, Entry[]>>();

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      const place = this.#byPlace.get(keyOf(entry)) ?? new Map<Digest, Entry[]>();
      this.#byPlace.set(keyOf(entry), place);
      place.set(entry.digest, [...(place.get(entry.digest) ?? []), entry]);
    }
  }

  /** An attempt to put a manifest back, or tags of it, that was cut off before the registry's times were read. */
  unsettled(place: RestoredPlace, digest: Digest): { readonly id: string; readonly had: RegistryTimes } | undefined {
    return this.#byPlace
      .get(keyOf(place))
      ?.get(digest)
      ?.findLast(({ given }) => given === undefined);
  }

  /** The inventory of a registry at `url`, in which what was put back has the times that it had before. */
  withOldTimes(inventory: RepositoryInventory, url: string): RepositoryInventory {
    const restored = this.#byPlace.get(keyOf({ url, repository: inventory.repository }));
    if (!restored) return inventory;
    const manifests = inventory.manifests.map((manifest) => (restored.get(manifest.digest) ?? []).reduce(withOldTimes, manifest));
    return { ...inventory, manifests };
  }
}

function keyOf({ url, repository }: RestoredPlace): string {
  return `${url}\n${repository}`;
}

function takeLine(text: string, entries: Map<string, Entry>): void {
  const line = text === '' ? undefined : parseJsonObject(Buffer.from(text));
  const { id, at, url, repository, digest, given } = line ?? {};
  if (!line || typeof id !== 'string') return;
  const known = entries.get(id);
  if (known && isObject(given)) entries.set(id, { ...known, given: timesIn(given) });
  if (known || typeof at !== 'string' || parseTime(at) === undefined || typeof url !== 'string' || typeof repository !== 'string') return;
  if (isDigest(digest) && isObject(line['had'])) entries.set(id, { id, at, url, repository, digest, had: timesIn(line['had']) });
}

/** What is not text is left out. */
function timesIn(value: unknown): RegistryTimes {
  const { pushedAt, pulledAt, tagTimes, firstSeen } = asObject(value) ?? {};
  return {
    ...(typeof pushedAt === 'string' && { pushedAt }),
    ...(typeof pulledAt === 'string' && { pulledAt }),
    ...(isObject(tagTimes) && { tagTimes: texts(tagTimes) }),
    ...(isObject(firstSeen) && { firstSeen: texts(firstSeen) }),
  };
}

function texts(map: object): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
