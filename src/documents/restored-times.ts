import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { GuardedFile } from '../diagnostics/guarded-file.ts';
import { isNotThere } from '../diagnostics/system-error.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { asObject, isObject, parseJsonObject } from '../domain/json.ts';
import { type RegistryTimes, type RestoredManifest, withOldTimes } from '../domain/old-times.ts';
import { parseTime } from '../domain/time.ts';
import { fileKey } from './file-key.ts';

/** Where a manifest was put back. */
export interface RestoredPlace {
  /** The registry's base URL: it may go by several names. */
  readonly url: string;
  readonly repository: string;
}

/**
 * What was put back, in a folder beside the journals, so that the next run knows its old times: a file of JSON Lines for each repository,
 * which one undo at a time writes to, since it holds the lock on that repository. A line that is damaged is left out.
 */
export class RestoredTimes {
  readonly path: string;

  /** `folder` is the journal folder; it is made when something is first written. */
  constructor(folder: string) {
    this.path = join(folder, 'restored');
  }

  /** Written before something is put back. Answers the number for {@link settle}. Throws `JOURNAL_WRITE`. */
  async begin(place: RestoredPlace, digest: Digest, had: RegistryTimes): Promise<string> {
    const id = randomBytes(8).toString('hex');
    await this.#append(place, [{ id, at: new Date().toISOString(), ...place, digest, had }]);
    return id;
  }

  /** Written once the times are known that the registry gave what was put back; `{}` for what was not. Throws `JOURNAL_WRITE`. */
  async settle(place: RestoredPlace, given: ReadonlyMap<string, RegistryTimes>): Promise<void> {
    const lines = [...given].map(([id, times]) => ({ id, given: times }));
    if (lines.length > 0) await this.#append(place, lines);
  }

  /** Forgets what was put back in a repository and is not among these manifests any more. Throws `FILE` and `JOURNAL_WRITE`. */
  async forgetAbsent(place: RestoredPlace, present: ReadonlySet<Digest>): Promise<void> {
    const path = this.#fileOf(place);
    const entries = await this.#readFile(path);
    const kept = entries.filter(({ digest }) => present.has(digest));
    if (kept.length === entries.length) return;
    const lines = kept.flatMap(({ given, ...begun }) => [begun, ...(given ? [{ id: begun.id, given }] : [])]);
    await this.#guarded(async () => {
      await writeLines(`${path}.tmp`, 'w', lines);
      await rename(`${path}.tmp`, path);
    });
  }

  /** All that was put back. Throws `FILE` where the file is there and cannot be read. */
  async read(): Promise<RestoredManifests> {
    const names = await readdir(this.path).catch((error: unknown) => this.#noneIfAbsent(error));
    const entries: Entry[] = [];
    for (const name of names) if (name.endsWith('.jsonl')) entries.push(...(await this.#readFile(join(this.path, name))));
    return new RestoredManifests(entries);
  }

  #fileOf(place: RestoredPlace): string {
    return join(this.path, `${fileKey(place)}.jsonl`);
  }

  async #readFile(path: string): Promise<Entry[]> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => this.#noneIfAbsent(error).join(''));
    const entries = new Map<string, Entry>();
    for (const line of text.split('\n')) takeLine(line, entries);
    return [...entries.values()];
  }

  #noneIfAbsent(error: unknown): string[] {
    if (isNotThere(error)) return [];
    throw new ToolError('FILE', `cannot read the times of what "undo" has put back, in ${this.path}: ${(error as Error).message}`, {
      hint: 'see to it that the files there can be read. Without them, what was put back would be taken for new',
      cause: error,
    });
  }

  async #append(place: RestoredPlace, lines: readonly object[]): Promise<void> {
    await this.#guarded(async () => {
      await makeFolder(this.path);
      await writeLines(this.#fileOf(place), 'a', lines);
    });
  }

  async #guarded(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw new ToolError('JOURNAL_WRITE', `cannot remember the times of what is put back in ${this.path}: ${(error as Error).message}`, {
        hint: 'make room, or give a journal folder that can be written to: without these times, what is put back is taken for new',
        cause: error,
      });
    }
  }
}

/** Writes lines with one write, so that they are on the disk. */
async function writeLines(path: string, flags: 'a' | 'w', lines: readonly object[]): Promise<void> {
  const file = await GuardedFile.open(path, flags, 0o600);
  try {
    // The line break before them ends a line that another run had to leave unfinished.
    await file.append([`\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n`]);
    await file.datasync();
  } finally {
    await file.close();
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
