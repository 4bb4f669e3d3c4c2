import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { JournalDocument, JournalIntent } from '../documents/journal.ts';
import { readJournal } from '../documents/read-journal.ts';
import { urlIn } from './unfinished-runs.ts';

/** A journal, and the names of the later journals of which it has something. */
export interface WithFinishingRuns {
  readonly journal: JournalDocument;
  readonly finishedBy: readonly string[];
}

/**
 * A journal with what later runs deleted in place of its own: what a run that was stopped had left is deleted by the next one, and without
 * that nothing can be put back that needs it. Later journals are looked for beside this one; those that cannot be read are passed over.
 */
export async function withFinishingRuns(journal: JournalDocument, path: string): Promise<WithFinishingRuns> {
  const own = basename(path);
  const intents = [...journal.intents];
  const copies = [...journal.copies];
  const finishedBy: string[] = [];
  const later = (await readdir(dirname(path)).catch(() => [])).filter((name) => name.endsWith('.jsonl') && name > own).toSorted();
  for (const name of later) {
    const other = await readOther(join(dirname(path), name));
    if (!other?.header.finishes?.includes(own)) continue;
    const found = other.intents.flatMap((intent): JournalIntent[] => {
      const registry = ownName(journal, other, intent);
      return registry === undefined ? [] : [{ ...intent, registry }];
    });
    if (found.length > 0) finishedBy.push(name);
    intents.push(...found);
    for (const copy of found.length > 0 ? other.copies : []) {
      const registry = ownName(journal, other, copy);
      if (registry !== undefined) copies.push({ ...copy, registry });
    }
  }
  return { journal: { ...journal, intents, copies }, finishedBy };
}

/** Paths of the earlier journals that are undone together with this one, since it deleted what they had left; the newest first. */
export async function begunBy(journal: JournalDocument, path: string): Promise<string[]> {
  const earlier = await Promise.all(
    (journal.header.finishes ?? []).map(async (name) => {
      const file = join(dirname(path), basename(name));
      const other = await readOther(file);
      return other && journal.intents.some((intent) => ownName(other, journal, intent) !== undefined) ? [file] : [];
    }),
  );
  return earlier.flat().toSorted().toReversed();
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

/** The name by which a journal knows the registry of another one's line, if that is for something that it was to delete itself. */
function ownName(
  journal: JournalDocument,
  other: JournalDocument,
  intent: Pick<JournalIntent, 'registry' | 'repository' | 'digest'>,
): string | undefined {
  const url = urlIn(other, intent.registry);
  return journal.steps.find(
    ({ registry, repository, steps }) =>
      urlIn(journal, registry) === url && repository === intent.repository && steps.some(({ digest }) => digest === intent.digest),
  )?.registry;
}
