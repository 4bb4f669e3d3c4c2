import { type FileHandle, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { touch } from '../diagnostics/guarded-file.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { JournalContents, JournalDocument } from '../documents/journal.ts';
import { openDocument } from '../documents/open-document.ts';
import { readJournal } from '../documents/read-journal.ts';
import { DAY_MS, parseTime } from '../domain/time.ts';
import { isLocked } from './lock-repositories.ts';

/** A run that was stopped or killed, and is over. */
export interface UnfinishedRun {
  /** The file name of its journal. */
  readonly name: string;
  readonly journal: JournalDocument;
}

const MAX_AGE = 7 * DAY_MS;
const NAME = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-\d{3}Z-[0-9a-f]+\.jsonl$/;
/** Far longer than a journal's last line. */
const TAIL = 64 * 1024;

/**
 * The runs of the last week that may have left something half-way: manifests whose index or subject they had deleted already, and which a
 * plain registry does not list any more. A journal that cannot be read is told to `onProblem`, and left out. Changes nothing. The journals
 * that it answers have to be closed.
 */
export async function unfinishedRuns(folder: string, onProblem: (problem: ToolError) => void): Promise<UnfinishedRun[]> {
  const found: UnfinishedRun[] = [];
  for (const name of await recentJournals(folder)) {
    const path = join(folder, name);
    try {
      if (await isFinished(path)) continue;
      const journal = await readJournal(path);
      // A run holds the locks of all its repositories until its end.
      const repositories = journal.planned.map(({ registry, repository }) => ({ url: urlIn(journal, registry), repository }));
      let isOver = false;
      try {
        isOver = !(await isLocked(folder, repositories));
      } finally {
        if (!isOver) await journal.close();
      }
      if (isOver) found.push({ name, journal });
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      onProblem(error);
    }
  }
  return found;
}

/** Notes that nothing of a run is left, so that its journal is not looked at again. */
export async function markFinished(folder: string, name: string): Promise<void> {
  await touch(join(folder, `${name}.finished`));
}

/** The address at which a run knew a registry. */
export function urlIn({ header: { registries } }: JournalContents, name: string): string {
  return new Map(Object.entries(registries)).get(name)?.url ?? '';
}

/** Names of the journals that count and are not known to be finished; the oldest first. */
async function recentJournals(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ToolError('FILE', `cannot read the journal folder ${folder}: ${error.message}`, {
      hint: 'check the journal folder',
      cause: error,
    });
  });
  const all = new Set(names);
  const found: string[] = [];
  for (const name of names.toSorted()) {
    const [, date, hour, minute, second] = NAME.exec(name) ?? [];
    if (date === undefined || all.has(`${name}.finished`)) continue;
    const begun = parseTime(`${date}T${hour}:${minute}:${second}Z`);
    if (begun !== undefined && Date.now() - begun > MAX_AGE) continue;
    found.push(name);
  }
  return found;
}

/** False of one without an end, and of one with an end that says that something was left. Throws `FILE` for what cannot be read. */
async function isFinished(path: string): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await openDocument(path);
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL), 0, TAIL, Math.max(0, size - TAIL));
    const line = buffer.toString('utf8', 0, bytesRead).split('\n').at(-2);
    const end = JSON.parse(line ?? '') as { kind?: unknown; unfinished?: unknown } | null;
    return end?.kind === 'end' && end.unfinished === false;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw new ToolError('FILE', `cannot read the journal ${path}: ${(error as Error).message}`, {
      hint: 'check what is in the journal folder',
      cause: error,
    });
  } finally {
    await file?.close();
  }
}
