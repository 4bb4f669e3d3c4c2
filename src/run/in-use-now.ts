import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Io } from './io.ts';

/** Milliseconds for which a reading counts as what is in use now. In more time than that, a cluster may have been rolled back. */
const RECENT_MS = 60 * 1000;

/** What was in use when the sources were read. */
export interface InUseReading {
  readonly inUse: InUse;
  /** When the reading began, milliseconds since the epoch. */
  readonly readAt: number;
  /** Reads the same sources again. */
  readonly again: () => Promise<InUse>;
}

/**
 * What is in use right before the first deletion. Sources that were read more than a minute ago are read again. Throws as {@link
 * checkKnown} does.
 */
export async function inUseNow({ inUse, readAt, again }: InUseReading, { now }: Pick<Io, 'now'>): Promise<InUse> {
  if (now() - readAt <= RECENT_MS) return inUse;
  const read = await again();
  checkKnown(read);
  return read;
}

/** Throws `NOT_APPLYABLE` where a source could not be read, so that something may be in use of which nobody knows. */
export function checkKnown({ problems }: InUse): void {
  if (problems.length === 0) return;
  throw new ToolError('NOT_APPLYABLE', `it is not known what is in use: ${problems.join('; ')}`, {
    hint: 'nothing was changed. See to it that the source can be read, and run again',
  });
}
