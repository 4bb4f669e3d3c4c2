import { setTimeout as wait } from 'node:timers/promises';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Blob } from '../domain/inventory.ts';
import type { CopyPlace } from './copy-place.ts';

/** How often a blob is sent, and milliseconds before the second time; each wait is about twice the one before. */
const TRIES = 4;
const FIRST_WAIT = 500;

export interface CopyBlobOptions {
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Waits so many milliseconds. Default: it does, until the signal aborts. */
  readonly pause?: ((milliseconds: number) => Promise<void>) | undefined;
}

/**
 * Brings a blob from one repository into another, unless it is there: within one registry that takes it from the other repository by
 * itself, else it is read from the one and sent to the other as it arrives. What failed for a reason that may pass is tried again. Answers
 * whether it had to be brought. Throws the errors of {@link import('../distribution/content-store.ts').ContentStore}.
 */
export async function copyBlob(from: CopyPlace, to: CopyPlace, blob: Blob, options: CopyBlobOptions): Promise<boolean> {
  const { signal, pause = (milliseconds: number) => wait(milliseconds, undefined, { signal }) } = options;
  const read = (): ReturnType<CopyPlace['store']['readBlob']> => from.store.readBlob(from.repository, blob, signal);
  const mount = from.store.url === to.store.url ? from.repository : undefined;
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    if (await to.store.canReadBlob(to.repository, blob, signal)) return tries > 1;
    try {
      await to.store.writeBlob(to.repository, blob, { read, from: mount, signal });
      return true;
    } catch (error) {
      if (tries === TRIES || !isPassing(error)) throw error;
      await pause(FIRST_WAIT * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }
}

/** True of an error after which the same may well succeed a moment later. */
function isPassing(error: unknown): boolean {
  return error instanceof ToolError && (error.code === 'UNREACHABLE' || error.transient);
}
