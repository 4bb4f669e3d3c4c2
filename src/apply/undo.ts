import { dirname } from 'node:path';
import pLimit from 'p-limit';
import { quoted } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Registry } from '../registry/registry.ts';
import type { Failure } from './apply-report.ts';
import { deletedManifests } from './deleted-manifests.ts';
import { lockRepositories } from './lock-repositories.ts';
import type { JournalDocument, JournalIntent } from '../documents/journal.ts';

/**
 * What became of one manifest or tag. `present`: it was there already. `kept_newer`: the tag points elsewhere today, and was left so. `lost`: the registry has
 * not got all its blobs any more. `skipped`: the run ended before its turn.
 */
export type UndoOutcome = 'restored' | 'present' | 'kept_newer' | 'lost' | 'failed' | 'skipped';

export interface UndoItem {
  readonly registry: string;
  readonly repository: string;
  readonly digest: Digest;
  /** Absent where it is about the manifest itself. */
  readonly tag?: string;
  readonly outcome: UndoOutcome;
  readonly message?: string;
}

export interface UndoReport {
  readonly kind: 'UndoReport';
  readonly formatVersion: '1.0';
  /** `done`: all is back, or newer tags stand in its place. `interrupted`: stopped by the signal. */
  readonly outcome: 'done' | 'partial' | 'failed' | 'interrupted';
  readonly counts: Readonly<Record<UndoOutcome, number>>;
  /** In the order in which they were done in each repository. */
  readonly items: readonly UndoItem[];
  /** Where the registry refused these credentials: what of its repository was left is `skipped`. */
  readonly error?: Failure;
}

export interface UndoOptions {
  readonly journal: JournalDocument;
  /** Where it was read from: the locks lie beside it. */
  readonly path: string;
  /** By the names that the journal uses. */
  readonly registries: ReadonlyMap<string, Registry>;
  /** Repositories at a time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Must not throw. */
  readonly onEvent?: (item: UndoItem) => void;
}

/**
 * Puts back what a run deleted, byte for byte, as far as the registry still has the blobs: manifests, each after all that it needs, then tags. Every deletion counts
 * that was done or may have been done: one without an outcome, and one that the registry answered with "not there", since that may be the second
 * answer to one deletion. What was archived is taken out of the archive again. What is there is left alone, and so is a tag that points elsewhere today. It may be run again.
 *
 * Throws `JOURNAL_INVALID` where a registry is not at hand, or at another address than in the journal; `NOT_APPLYABLE` where another run is under way.
 */
export async function undoJournal(options: UndoOptions): Promise<UndoReport> {
  const { journal, registries, concurrency, onEvent } = options;
  const repositories = byRepository(journal);
  for (const { registry, intents } of repositories) checkAddress(registry, journal, registries, intents[0]?.repository ?? '');
  const items: UndoItem[] = [];
  const refusals: ToolError[] = [];
  const unlock = await lock(options, repositories);
  try {
    const limit = pLimit(concurrency);
    await limit.map(repositories, async ({ registry, repository, intents }) => {
      const found = registries.get(registry);
      if (!found) return;
      const put = new Undo(found, repository, options.signal, (item) => {
        const whole = { registry, repository, ...item };
        items.push(whole);
        onEvent?.(whole);
      });
      await put.all(intents);
      if (put.refused) refusals.push(put.refused);
    });
  } finally {
    await unlock();
  }
  const counts: Record<UndoOutcome, number> = { restored: 0, present: 0, kept_newer: 0, lost: 0, failed: 0, skipped: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  const [refused] = refusals;
  const error = refused && { error: { code: refused.code, message: refused.message, hint: refused.hint } };
  return { kind: 'UndoReport', formatVersion: '1.0', outcome: outcomeOf(counts), counts, items, ...error };
}

class Undo {
  readonly #registry: Registry;
  readonly #repository: string;
  readonly #signal: AbortSignal | undefined;
  readonly #report: (item: Omit<UndoItem, 'registry' | 'repository'>) => void;
  /** Why nothing more is asked. */
  refused: ToolError | undefined;

  constructor(
    registry: Registry,
    repository: string,
    signal: AbortSignal | undefined,
    report: (item: Omit<UndoItem, 'registry' | 'repository'>) => void,
  ) {
    this.#registry = registry;
    this.#repository = repository;
    this.#signal = signal;
    this.#report = report;
  }

  async all(intents: readonly JournalIntent[]): Promise<void> {
    for (const { op, digest } of intents) if (op === 'archive-manifest') await this.#one(digest, undefined, () => this.#restore(digest));
    const deleted = deletedManifests(intents);
    const missing = new Map<Digest, UndoOutcome>();
    for (const { manifest } of deleted) {
      const outcome = await this.#one(manifest.digest, undefined, () => this.#putManifest(manifest));
      if (outcome !== 'restored' && outcome !== 'present') missing.set(manifest.digest, outcome);
    }
    for (const { manifest, tags } of deleted) {
      const outcome = missing.get(manifest.digest);
      for (const tag of tags) {
        if (outcome) this.#report({ digest: manifest.digest, tag, outcome });
        else await this.#one(manifest.digest, tag, () => this.#putTag(manifest, tag));
      }
    }
    for (const { op, digest, tags, manifest } of intents)
      if (op === 'delete-tag' && !manifest) for (const tag of tags) await this.#one(digest, tag, () => this.#putTagOn(digest, tag));
  }

  async #one(digest: Digest, tag: string | undefined, put: () => Promise<UndoOutcome>): Promise<UndoOutcome> {
    let outcome: UndoOutcome = 'skipped';
    let message = this.refused?.message;
    if (!this.#signal?.aborted && !this.refused) {
      try {
        outcome = await put();
      } catch (error) {
        message = error instanceof Error ? error.message : String(error);
        outcome = isLost(error) ? 'lost' : 'failed';
        if (error instanceof ToolError && error.code === 'AUTH') this.refused = error;
      }
    }
    this.#report({ digest, ...(tag !== undefined && { tag }), outcome, ...(message !== undefined && { message }) });
    return outcome;
  }

  async #restore(digest: Digest): Promise<UndoOutcome> {
    return (await this.#registry.restoreManifest?.(this.#repository, digest)) ? 'restored' : 'present';
  }

  async #putManifest(manifest: RawManifest): Promise<UndoOutcome> {
    if (await this.#registry.readManifest(this.#repository, manifest.digest)) return 'present';
    await this.#registry.putManifest(this.#repository, manifest);
    return 'restored';
  }

  /** Sets a tag on a manifest that was to stay. */
  async #putTagOn(digest: Digest, tag: string): Promise<UndoOutcome> {
    const manifest = await this.#registry.readManifest(this.#repository, digest);
    return manifest ? this.#putTag(manifest, tag) : 'lost';
  }

  async #putTag(manifest: RawManifest, tag: string): Promise<UndoOutcome> {
    const now = await this.#registry.resolveTag(this.#repository, tag);
    if (now !== undefined) return now === manifest.digest ? 'present' : 'kept_newer';
    await this.#registry.putManifest(this.#repository, manifest, tag);
    return 'restored';
  }
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
    const key = JSON.stringify([registry, repository]);
    const entry = found.get(key) ?? { registry, repository, intents: [] };
    entry.intents.push(intent);
    found.set(key, entry);
  }
  return [...found.values()];
}

/** The registry's codes for a manifest of which it lacks a part (distribution-spec, "Error Codes"). */
function isLost(error: unknown): boolean {
  return (
    error instanceof ToolError &&
    error.code === 'REGISTRY_ERROR' &&
    /\b(?:MANIFEST_BLOB_UNKNOWN|BLOB_UNKNOWN|MANIFEST_UNKNOWN)\b/.test(error.message)
  );
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
async function lock({ path, registries }: UndoOptions, repositories: readonly RepositoryIntents[]): Promise<() => Promise<void>> {
  try {
    return await lockRepositories(
      dirname(path),
      repositories.map(({ registry, repository }) => ({ url: registries.get(registry)?.url ?? '', repository })),
    );
  } catch (error) {
    const code = error instanceof ToolError && error.code === 'JOURNAL_WRITE' && (error.cause as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EROFS') return async () => {};
    throw error;
  }
}

function outcomeOf(counts: Record<UndoOutcome, number>): UndoReport['outcome'] {
  if (counts.failed + counts.lost > 0) return counts.restored > 0 ? 'partial' : 'failed';
  return counts.skipped > 0 ? 'interrupted' : 'done';
}
