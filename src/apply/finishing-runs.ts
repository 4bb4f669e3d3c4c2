import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { CopyLine, JournalContents, JournalDocument, JournalIntent, Place } from '../documents/journal.ts';
import { readJournal, readJournalHeader } from '../documents/read-journal.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import { urlIn } from './unfinished-runs.ts';

/** A journal with what later runs deleted in its stead, and the names of their journals. */
export interface WithFinishingRuns {
  readonly journal: JournalContents;
  readonly finishedBy: readonly string[];
  /** Closes the later journals. */
  readonly close: () => Promise<void>;
}

/**
 * A journal with what later runs deleted in place of its own: what a run that was stopped had left is deleted by the next one, and without
 * that nothing can be put back that needs it. Later journals are looked for beside this one; those that cannot be read are passed over.
 */
export async function withFinishingRuns(journal: JournalDocument, path: string): Promise<WithFinishingRuns> {
  const own = basename(path);
  const finishing: Finishing[] = [];
  const finishedBy: string[] = [];
  const later = (await readdir(dirname(path)).catch(() => [])).filter((name) => name.endsWith('.jsonl') && name > own).toSorted();
  for (const name of later) {
    const file = join(dirname(path), name);
    if (!(await readJournalHeader(file))?.finishes?.includes(own)) continue;
    const other = await readOther(file);
    if (!other) continue;
    const found = new Finishing(journal, other);
    if (found.places.length === 0) {
      await other.close();
      continue;
    }
    finishedBy.push(name);
    finishing.push(found);
  }
  const close = async (): Promise<void> => {
    for (const { other } of finishing) await other.close();
  };
  return { journal: finishing.length === 0 ? journal : together(journal, finishing), finishedBy, close };
}

/** Paths of the earlier journals that are undone together with this one, since it deleted what they had left; the newest first. */
export async function begunBy(journal: JournalDocument, path: string): Promise<string[]> {
  const earlier: string[] = [];
  for (const name of journal.header.finishes ?? []) {
    const file = join(dirname(path), basename(name));
    const other = await readOther(file);
    try {
      if (other && new Finishing(other, journal).places.length > 0) earlier.push(file);
    } finally {
      await other?.close();
    }
  }
  return earlier.toSorted().toReversed();
}

/** A journal beside the one that is asked for; undefined where it cannot be read. */
async function readOther(path: string): Promise<JournalDocument | undefined> {
  try {
    return await readJournal(path);
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

/** A journal, and behind its own lines those of the runs that finished it. */
function together(own: JournalContents, finishing: readonly Finishing[]): JournalContents {
  const byKey = new Map([...own.places, ...finishing.flatMap((one) => one.places)].map((place) => [repositoryKey(place), place]));
  const places = [...byKey.values()];
  return {
    header: own.header,
    places,
    planned: own.planned,
    *intents(only) {
      for (const place of only ? [only] : places) {
        yield* own.intents(place);
        for (const one of finishing) yield* one.intents(place);
      }
    },
    steps: (place) => own.steps(place),
    *copies(only) {
      for (const place of only ? [only] : places) {
        yield* own.copies(place);
        for (const one of finishing) yield* one.copies(place);
      }
    },
  };
}

/** What a later run did in place of an earlier one: whatever that was to delete itself. */
class Finishing {
  readonly other: JournalDocument;
  /** Where it did something, by the names of the earlier run. */
  readonly places: readonly Place[];
  readonly #own: JournalContents;
  /** By the place of the earlier run, those of the later one that are the same repository. */
  readonly #same = new Map<string, Same[]>();

  constructor(own: JournalContents, other: JournalDocument) {
    this.#own = own;
    this.other = other;
    const planned = new Map<string, Place[]>();
    for (const place of own.planned) {
      const address = addressOf(own, place);
      planned.set(address, [...(planned.get(address) ?? []), place]);
    }
    for (const theirs of other.places) {
      const names = planned.get(addressOf(other, theirs)) ?? [];
      for (const [number, mine] of names.entries()) {
        const key = repositoryKey(mine);
        this.#same.set(key, [...(this.#same.get(key) ?? []), { theirs, before: names.slice(0, number) }]);
      }
    }
    this.places = own.planned.filter((place) => !this.intents(place).next().done);
  }

  /** What it did in a place of the earlier run. */
  intents(place: Place): Generator<JournalIntent, void, undefined> {
    return this.#of(place, (theirs) => this.other.intents(theirs));
  }

  copies(place: Place): Generator<CopyLine, void, undefined> {
    return this.#of(place, (theirs) => this.other.copies(theirs));
  }

  /** Of its lines those that are for what the earlier run was to delete in this place, and under no other name that it had for it. */
  *#of<Line extends Place & { readonly digest: Digest }>(place: Place, lines: (theirs: Place) => Iterable<Line>): Generator<Line> {
    const same = this.#same.get(repositoryKey(place));
    if (!same) return;
    const mine = this.#digests(place);
    for (const { theirs, before } of same) {
      const taken = before.map((other) => this.#digests(other));
      for (const line of lines(theirs))
        if (mine.has(line.digest) && !taken.some((digests) => digests.has(line.digest))) yield { ...line, registry: place.registry };
    }
  }

  #digests(place: Place): ReadonlySet<Digest> {
    return new Set([...this.#own.steps(place)].flatMap(({ steps }) => steps.map(({ digest }) => digest)));
  }
}

/** A place of a later run, and the names besides that an earlier one had for it and that come first. */
interface Same {
  readonly theirs: Place;
  readonly before: readonly Place[];
}

function addressOf(journal: JournalContents, { registry, repository }: Place): string {
  return JSON.stringify([urlIn(journal, registry), repository]);
}
