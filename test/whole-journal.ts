import type { CopyLine, Intent, JournalHeader, JournalIntent, PlannedSteps } from '../src/documents/journal.ts';
import { readJournal } from '../src/documents/read-journal.ts';
import { undoJournal, type UndoOptions } from '../src/apply/undo.ts';
import type { UndoItem, UndoReport } from '../src/apply/undo-report.ts';

/** All that a journal says, in memory. */
export interface WholeJournal {
  readonly header: JournalHeader;
  readonly intents: readonly (Intent & Pick<JournalIntent, 'id' | 'outcome'>)[];
  readonly steps: readonly PlannedSteps[];
  readonly copies: readonly CopyLine[];
}

/** Reads a journal whole. Throws as {@link readJournal}. */
export async function wholeJournal(path: string): Promise<WholeJournal> {
  const journal = await readJournal(path);
  try {
    return {
      header: journal.header,
      intents: [...journal.intents()].map(({ manifest, ...intent }) => ({ ...intent, ...(manifest && { manifest: manifest() }) })),
      steps: journal.planned.flatMap((place) => [...journal.steps(place)]),
      copies: [...journal.copies()],
    };
  } finally {
    await journal.close();
  }
}

export type WholeReport = UndoReport & { readonly items: readonly UndoItem[] };

/** Undoes what a journal says, and nothing of others beside it. */
export async function undoFile(path: string, options: Omit<UndoOptions, 'journal' | 'path'>): Promise<WholeReport> {
  const journal = await readJournal(path);
  try {
    const report = await undoJournal({ journal, path, ...options });
    return { ...report, items: [...report.items] };
  } finally {
    await journal.close();
  }
}
