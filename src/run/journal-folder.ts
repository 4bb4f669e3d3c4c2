import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { RestoredManifests, RestoredTimes } from '../documents/restored-times.ts';
import { touch } from '../diagnostics/guarded-file.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { systemErrorWords } from '../diagnostics/system-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';

const HINT = 'Set REGCTL_JOURNAL_DIR, or "journalDir" in the config, to a folder that may be written to. Nothing was changed.';

/** The folder for journals. Throws `JOURNAL_WRITE` if no setting and no home directory names one. */
export function journalFolder({ journalDir }: Pick<Settings, 'journalDir'>): string {
  if (journalDir !== undefined) return journalDir;
  throw new ToolError('JOURNAL_WRITE', 'There is no folder for the journal, and nothing is deleted without a journal.', { hint: HINT });
}

/** What "undo" has put back, as remembered in the folder for journals. Throws `FILE` where that cannot be read. */
export async function readRestored({ journalDir }: Pick<Settings, 'journalDir'>): Promise<RestoredManifests> {
  return journalDir === undefined ? new RestoredManifests([]) : new RestoredTimes(journalDir).read();
}

/** Checks that a journal can be written, before the work that leads to its first line. Makes the folder. Throws `JOURNAL_WRITE`. */
export async function checkJournalFolder(settings: Pick<Settings, 'journalDir'>): Promise<void> {
  const folder = journalFolder(settings);
  try {
    await makeFolder(folder);
    const probe = join(folder, `probe-${randomBytes(8).toString('hex')}.tmp`);
    await touch(probe, { exclusive: true });
    await rm(probe);
  } catch (error) {
    throw new ToolError(
      'JOURNAL_WRITE',
      `cannot write to the journal folder ${folder}: ${systemErrorWords(error, 'it does not exist and cannot be made')}`,
      {
        hint: HINT,
        cause: error,
      },
    );
  }
}
