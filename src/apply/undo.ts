import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { JournalContents, JournalIntent, KnownFacts, Place } from '../documents/journal.ts';
import type { RestoredTimes } from '../documents/restored-times.ts';
import type { ChangeGuard } from '../diagnostics/change-guard.ts';
import { quoted } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import { MadeList } from '../domain/made-list.ts';
import type { Pack } from '../plan/pack.ts';
import type { Registry } from '../registry/registry.ts';
import { copiedPlaces } from './copied-places.ts';
import { lockRepositories, type RepositoryLock } from './lock-repositories.ts';
import { OldTimes } from './old-times-memory.ts';
import type { LostLabels, UndoItem, UndoOutcome, UndoReport } from './undo-report.ts';
import { UndoRepository } from './undo-repository.ts';

export interface UndoOptions {
  readonly journal: JournalContents;
  /** Where it was read from: the locks lie beside it. */
  readonly path: string;
  /** By the names that the journal uses. */
  readonly registries: ReadonlyMap<string, Registry>;
  /** Where the old times are remembered for the next run; without it they are not. */
  readonly times?: RestoredTimes;
  /** Repositories at a time. */
  readonly concurrency: number;
  /** Keeps what became of each manifest and tag. Missing: it stays as it is. */
  readonly pack?: Pack;
  readonly signal?: AbortSignal;
  /** Told whether the lock is still held, for as long as it is needed. */
  readonly changes?: ChangeGuard;
  /** Must not throw. */
  readonly onEvent?: (item: UndoItem) => void;
}

/** What a journal says that may have been deleted of one repository. */
export interface UndoWork {
  readonly registry: string;
  readonly repository: string;
  readonly manifests: number;
  /** Sorted. */
  readonly tags: readonly string[];
}

/** What there is to put back, one entry for each repository. */
export async function undoWork(journal: JournalContents): Promise<UndoWork[]> {
  const work: UndoWork[] = [];
  for (const place of placesToUndo(journal)) {
    const intents = [...intentsToUndo(journal, place)];
    work.push({
      ...place,
      manifests: new Set(intents.flatMap(({ op, digest }) => (op === 'delete-tag' ? [] : [digest]))).size,
      tags: [...new Set(intents.flatMap(({ op, tags }) => (op === 'archive-manifest' ? [] : tags)))].toSorted(byCodeUnit),
    });
    // Whoever wants to stop the program is heard meanwhile.
    await setImmediate();
  }
  return work;
}

/**
 * Puts back what a run deleted, byte for byte, as far as the registry still has the blobs, or they were copied elsewhere before: manifests,
 * each after all that it needs, then tags, the oldest first. Every deletion counts that was done or may have been done: one without an
 * outcome, and one that the registry answered with "not there", since that may be the second answer to one deletion. What was archived is
 * taken out of the archive again. What is there is left alone, and so is a tag that points elsewhere today. Labels are put back where the
 * registry takes them, and the old times are remembered. It may be run again.
 *
 * Throws `JOURNAL_INVALID` where a registry is not at hand, or at another address than in the journal; `NOT_APPLYABLE` where another run is
 * under way; `FILE` where the times of an earlier undo cannot be read. Where the journal cannot be read any more, the report has that as
 * its error.
 */
export async function undoJournal(options: UndoOptions): Promise<UndoReport> {
  const { journal, registries, concurrency, onEvent, signal, times } = options;
  const repositories = placesToUndo(journal);
  for (const place of repositories) checkAddress(place, journal, registries);
  const counts: Record<UndoOutcome, number> = { restored: 0, present: 0, kept_newer: 0, lost: 0, failed: 0, skipped: 0 };
  const items: (() => readonly UndoItem[])[] = [];
  const lostLabels: LostLabels[] = [];
  const refusals: ToolError[] = [];
  const unread: ToolError[] = [];
  const remembered = { manifests: 0, unknown: 0, problems: new Set<string>() };
  const held = await lock(options, repositories);
  const isLockLost = (): boolean => held?.isLost === true;
  try {
    const before = await times?.read();
    const limit = pLimit(concurrency);
    const undoOne = async (place: Place): Promise<void> => {
      const { registry, repository } = place;
      const found = registries.get(registry);
      if (!found) return;
      const intents = [...intentsToUndo(journal, place)];
      const memory = times && before && new OldTimes(times, before, found, repository, knownIn(intents));
      const own: UndoItem[] = [];
      const onItem = (item: Omit<UndoItem, 'registry' | 'repository'>): void => {
        const whole = { registry, repository, ...item };
        counts[item.outcome] += 1;
        own.push(whole);
        onEvent?.(whole);
      };
      const copied = copiedPlaces(journal.copies(place), registries);
      const undo = new UndoRepository({ registry: found, repository, times: memory, copied, signal, isLockLost, onItem });
      try {
        await undo.all(intents);
      } finally {
        items.push(kept(own, options.pack));
      }
      lostLabels.push(...undo.lostLabels.map((lost) => ({ registry, repository, ...lost })));
      remembered.manifests += memory?.manifests ?? 0;
      remembered.unknown += memory?.unknown ?? 0;
      for (const problem of memory?.problems ?? []) remembered.problems.add(problem);
      if (undo.refused) refusals.push(undo.refused);
    };
    await limit.map(repositories, (place) =>
      undoOne(place).catch((error: unknown) => {
        if (!(error instanceof ToolError)) throw error;
        unread.push(error);
      }),
    );
  } finally {
    await held?.free();
  }
  const [refused] = [...unread, ...refusals];
  return {
    kind: 'UndoReport',
    formatVersion: '1.0',
    outcome: outcomeOf(counts, lostLabels, unread.length > 0),
    counts,
    items: new MadeList(function* () {
      for (const read of items) yield* read();
    }),
    lostLabels,
    ...timesIn(remembered, times),
    ...(refused && { error: { code: refused.code, message: refused.message, hint: refused.hint } }),
  };
}

function kept(items: readonly UndoItem[], pack: Pack | undefined): () => readonly UndoItem[] {
  if (!pack) return () => items;
  const lists = pack.lists(items);
  return () => lists()[0];
}

function timesIn(
  { manifests, unknown, problems }: Record<'manifests' | 'unknown', number> & { readonly problems: ReadonlySet<string> },
  times: RestoredTimes | undefined,
): Pick<UndoReport, 'times'> {
  if (!times || manifests + unknown + problems.size === 0) return {};
  return { times: { path: times.path, manifests, unknown, problems: [...problems] } };
}

function knownIn(intents: readonly JournalIntent[]): Map<Digest, KnownFacts> {
  return new Map(intents.flatMap(({ digest, known }) => (known ? [[digest, known] as const] : [])));
}

/** What may have been deleted or archived in one place. */
function* intentsToUndo(journal: JournalContents, place: Place): Generator<JournalIntent, void, undefined> {
  for (const intent of journal.intents(place)) {
    const { outcome } = intent;
    if (outcome === undefined || outcome === 'deleted' || outcome === 'archived' || outcome === 'gone') yield intent;
  }
}

function placesToUndo(journal: JournalContents): Place[] {
  return journal.places.filter((place) => !intentsToUndo(journal, place).next().done);
}

function checkAddress({ registry: name, repository }: Place, { header }: JournalContents, registries: ReadonlyMap<string, Registry>): void {
  const url = new Map(Object.entries(header.registries)).get(name)?.url ?? '';
  const registry = registries.get(name);
  if (registry?.url === url) return;
  const problem = registry ? `but ${quoted(name)} is at ${registry.url}` : `but no registry ${quoted(name)} is configured`;
  throw new ToolError('JOURNAL_INVALID', `the journal is of ${repository} at ${quoted(url)}, ${problem}`, {
    hint: 'nothing was changed. Check the config',
  });
}

/** Where the journal lies in a folder that cannot be written, no run that deletes can use it either. */
async function lock(
  { path, registries, changes, signal }: UndoOptions,
  repositories: readonly Place[],
): Promise<RepositoryLock | undefined> {
  try {
    return await lockRepositories(
      dirname(path),
      repositories.map(({ registry, repository }) => ({ url: registries.get(registry)?.url ?? '', repository })),
      { changes, signal },
    );
  } catch (error) {
    const code = error instanceof ToolError && error.code === 'JOURNAL_WRITE' && (error.cause as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EROFS') return undefined;
    throw error;
  }
}

function outcomeOf(counts: Record<UndoOutcome, number>, lostLabels: readonly LostLabels[], isUnread: boolean): UndoReport['outcome'] {
  if (isUnread || counts.failed + counts.lost > 0) return counts.restored > 0 ? 'partial' : 'failed';
  if (counts.skipped > 0) return 'interrupted';
  return lostLabels.length > 0 ? 'partial' : 'done';
}
