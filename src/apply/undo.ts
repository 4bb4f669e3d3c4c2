import { dirname } from 'node:path';
import pLimit from 'p-limit';
import type { JournalDocument, JournalIntent, KnownFacts } from '../documents/journal.ts';
import type { RestoredTimes } from '../documents/restored-times.ts';
import { quoted } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import type { Digest } from '../domain/digest.ts';
import type { Registry } from '../registry/registry.ts';
import { copiedPlaces } from './copied-places.ts';
import { lockRepositories, type RepositoryLock } from './lock-repositories.ts';
import { OldTimes } from './old-times-memory.ts';
import type { LostLabels, UndoItem, UndoOutcome, UndoReport } from './undo-report.ts';
import { UndoRepository } from './undo-repository.ts';

export interface UndoOptions {
  readonly journal: JournalDocument;
  /** Where it was read from: the locks lie beside it. */
  readonly path: string;
  /** By the names that the journal uses. */
  readonly registries: ReadonlyMap<string, Registry>;
  /** Where the old times are remembered for the next run; without it they are not. */
  readonly times?: RestoredTimes;
  /** Repositories at a time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
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
export function undoWork(journal: JournalDocument): UndoWork[] {
  return byRepository(journal).map(({ registry, repository, intents }) => ({
    registry,
    repository,
    manifests: new Set(intents.flatMap(({ op, digest }) => (op === 'delete-tag' ? [] : [digest]))).size,
    tags: [...new Set(intents.flatMap(({ op, tags }) => (op === 'archive-manifest' ? [] : tags)))].toSorted(byCodeUnit),
  }));
}

/**
 * Puts back what a run deleted, byte for byte, as far as the registry still has the blobs, or they were copied elsewhere before: manifests,
 * each after all that it needs, then tags, the oldest first. Every deletion counts that was done or may have been done: one without an
 * outcome, and one that the registry answered with "not there", since that may be the second answer to one deletion. What was archived is
 * taken out of the archive again. What is there is left alone, and so is a tag that points elsewhere today. Labels are put back where the
 * registry takes them, and the old times are remembered. It may be run again.
 *
 * Throws `JOURNAL_INVALID` where a registry is not at hand, or at another address than in the journal; `NOT_APPLYABLE` where another run is
 * under way; `FILE` where the times of an earlier undo cannot be read.
 */
export async function undoJournal(options: UndoOptions): Promise<UndoReport> {
  const { journal, registries, concurrency, onEvent, signal, times } = options;
  const repositories = byRepository(journal);
  for (const { registry, intents } of repositories) checkAddress(registry, journal, registries, intents[0]?.repository ?? '');
  const items: UndoItem[] = [];
  const lostLabels: LostLabels[] = [];
  const refusals: ToolError[] = [];
  const memories: OldTimes[] = [];
  const held = await lock(options, repositories);
  const isLockLost = (): boolean => held?.isLost === true;
  try {
    const before = await times?.read();
    const limit = pLimit(concurrency);
    await limit.map(repositories, async ({ registry, repository, intents }) => {
      const found = registries.get(registry);
      if (!found) return;
      const memory = times && before && new OldTimes(times, before, found, repository, knownIn(intents));
      const onItem = (item: Omit<UndoItem, 'registry' | 'repository'>): void => {
        const whole = { registry, repository, ...item };
        items.push(whole);
        onEvent?.(whole);
      };
      const copied = copiedPlaces(
        journal.copies.filter((copy) => copy.registry === registry && copy.repository === repository),
        registries,
      );
      const undo = new UndoRepository({ registry: found, repository, times: memory, copied, signal, isLockLost, onItem });
      await undo.all(intents);
      lostLabels.push(...undo.lostLabels.map((lost) => ({ registry, repository, ...lost })));
      if (memory) memories.push(memory);
      if (undo.refused) refusals.push(undo.refused);
    });
  } finally {
    await held?.free();
  }
  const counts: Record<UndoOutcome, number> = { restored: 0, present: 0, kept_newer: 0, lost: 0, failed: 0, skipped: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  const [refused] = refusals;
  return {
    kind: 'UndoReport',
    formatVersion: '1.0',
    outcome: outcomeOf(counts, lostLabels),
    counts,
    items,
    lostLabels,
    ...remembered(memories, times),
    ...(refused && { error: { code: refused.code, message: refused.message, hint: refused.hint } }),
  };
}

function remembered(memories: readonly OldTimes[], times: RestoredTimes | undefined): Pick<UndoReport, 'times'> {
  const sum = (count: (memory: OldTimes) => number): number => memories.reduce((total, memory) => total + count(memory), 0);
  const manifests = sum((memory) => memory.manifests);
  const unknown = sum((memory) => memory.unknown);
  const problems = [...new Set(memories.flatMap((memory) => memory.problems))];
  if (!times || manifests + unknown + problems.length === 0) return {};
  return { times: { path: times.path, manifests, unknown, problems } };
}

function knownIn(intents: readonly JournalIntent[]): Map<Digest, KnownFacts> {
  return new Map(intents.flatMap(({ digest, known }) => (known ? [[digest, known] as const] : [])));
}

interface RepositoryIntents {
  readonly registry: string;
  readonly repository: string;
  readonly intents: JournalIntent[];
}

function byRepository({ intents }: JournalDocument): RepositoryIntents[] {
  const found = new Map<string, RepositoryIntents>();
  for (const intent of intents) {
    const { registry, repository, outcome } = intent;
    if (outcome !== undefined && outcome !== 'deleted' && outcome !== 'archived' && outcome !== 'gone') continue;
    const key = repositoryKey(intent);
    const entry = found.get(key) ?? { registry, repository, intents: [] };
    entry.intents.push(intent);
    found.set(key, entry);
  }
  return [...found.values()];
}

function checkAddress(name: string, { header }: JournalDocument, registries: ReadonlyMap<string, Registry>, repository: string): void {
  const url = new Map(Object.entries(header.registries)).get(name)?.url ?? '';
  const registry = registries.get(name);
  if (registry?.url === url) return;
  const problem = registry ? `but ${quoted(name)} is at ${registry.url}` : `but no registry ${quoted(name)} is configured`;
  throw new ToolError('JOURNAL_INVALID', `the journal is of ${repository} at ${quoted(url)}, ${problem}`, {
    hint: 'nothing was changed. Check the config',
  });
}

/** Where the journal lies in a folder that cannot be written, no run that deletes can use it either. */
async function lock({ path, registries }: UndoOptions, repositories: readonly RepositoryIntents[]): Promise<RepositoryLock | undefined> {
  try {
    return await lockRepositories(
      dirname(path),
      repositories.map(({ registry, repository }) => ({ url: registries.get(registry)?.url ?? '', repository })),
    );
  } catch (error) {
    const code = error instanceof ToolError && error.code === 'JOURNAL_WRITE' && (error.cause as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EROFS') return undefined;
    throw error;
  }
}

function outcomeOf(counts: Record<UndoOutcome, number>, lostLabels: readonly LostLabels[]): UndoReport['outcome'] {
  if (counts.failed + counts.lost > 0) return counts.restored > 0 ? 'partial' : 'failed';
  if (counts.skipped > 0) return 'interrupted';
  return lostLabels.length > 0 ? 'partial' : 'done';
}
