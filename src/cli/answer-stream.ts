import { Writable } from 'node:stream';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Output } from '../run/io.ts';
import { Stopped } from '../run/stop.ts';

/** How long the reader of a run that is to end may take nothing, in milliseconds. */
const PATIENCE_MS = 5000;

/** Written at a time, in bytes, so that it is seen whether somebody reads. */
const PIECE = 64 * 1024;

/** Errors that mean that nobody reads any more: a pipe whose reader has ended, and a terminal that was closed. */
const READER_GONE: readonly string[] = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'];

/**
 * Standard output as commands write to it. Once the reader has gone away nothing more is written, without an error. One who does not read
 * is waited for until `over` is aborted, and then until he has taken nothing for {@link PATIENCE_MS}. What cannot be written destroys the
 * stream with a `ToolError`: `FILE_WRITE`, or `TIME_OVER` where `over` was not aborted by a signal.
 */
export class AnswerStream extends Writable {
  readonly #target: Output;
  readonly #over: AbortSignal;
  #readerGone = false;

  constructor(target: Output, over: AbortSignal) {
    super();
    this.#target = target;
    this.#over = over;
    // Whoever writes is told what cannot be written. A run must not break off between two deletions for it.
    for (const stream of [target, this]) stream.on('error', () => {});
  }

  get isTTY(): boolean {
    return this.#target.isTTY === true;
  }

  get columns(): number | undefined {
    return this.#target.columns;
  }

  /** What can be written at once is written at once, so that it stays in order with what goes to standard error. */
  override _write(bytes: Buffer, encoding: BufferEncoding, done: (error?: Error) => void): void {
    for (let at = 0; at < bytes.length && !this.#readerGone; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      this.#target.write(piece);
      if (this.#target.writableLength > 0 || this.#target.errored !== null) {
        this.#untilTaken((failure) => (failure ? done(failure) : this._write(bytes.subarray(at + PIECE), encoding, done)));
        return;
      }
    }
    done();
  }

  #untilTaken(callback: (failure?: ToolError) => void): void {
    const end = untilUnread(this.#over, () => callback(unread(this.#over.reason)));
    this.#target.write('', (error?: NodeJS.ErrnoException | null) => {
      if (!end()) return;
      if (READER_GONE.includes(error?.code ?? '')) this.#readerGone = true;
      if (!error || this.#readerGone) callback();
      else callback(cannotWrite('FILE_WRITE', error.message, 'Make room, or write the answer to another place with --out.'));
    });
  }
}

/**
 * Calls back once `over` has been aborted for {@link PATIENCE_MS}. Answers how to end that; that answers true if it has not called back.
 */
export function untilUnread(over: AbortSignal, callback: () => void): () => boolean {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const start = (): void =>
    void (timer = setTimeout(() => {
      isOver = true;
      callback();
    }, PATIENCE_MS));
  if (over.aborted) start();
  else over.addEventListener('abort', start);
  return () => {
    clearTimeout(timer);
    over.removeEventListener('abort', start);
    return !isOver;
  };
}

function unread(why: unknown): ToolError {
  const byTime = !(why instanceof Stopped);
  return cannotWrite(
    byTime ? 'TIME_OVER' : 'FILE_WRITE',
    `${byTime ? 'the time that --max-duration gives is over' : 'the run was to end'}, ` +
      `and nobody has read anything for ${PATIENCE_MS / 1000} s`,
    'Have something read what the program writes, or write the answer to a file with --out. What was deleted stands in the journal.',
  );
}

function cannotWrite(code: 'FILE_WRITE' | 'TIME_OVER', why: string, hint: string): ToolError {
  return new ToolError(code, `cannot write to standard output: ${why}`, { hint });
}
