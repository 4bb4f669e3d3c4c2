import { fileChunks } from './file-chunks.ts';
import { systemErrorWords } from './system-error.ts';
import { ToolError } from './tool-error.ts';

/** A text that problems point into. */
export interface Source {
  /** Its name in messages, as the user gave it. */
  readonly file: string;
  readonly text: string;
  /** Offset of each line's first character. */
  readonly lineStarts: readonly number[];
}

/** A place in a source: offsets, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export function makeSource(file: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts };
}

/** Line and column of an offset, both from 1; columns count UTF-16 code units, as editors do. */
export function positionOf(source: Source, offset: number): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((source.lineStarts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] as number) + 1 };
}

/** The text of a line, counted from 1, without its line break. */
export function lineText(source: Source, line: number): string {
  const start = source.lineStarts[line - 1] ?? source.text.length;
  const next = source.lineStarts[line] ?? source.text.length;
  return source.text.slice(start, next).replace(/\r?\n$/, '');
}

export interface SourceOptions {
  /** What the file is, for messages. */
  readonly what: string;
  readonly maxBytes: number;
  /** Ends the wait for the writer of a pipe. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a file that people write, as UTF-8 (a byte order mark is dropped). Throws `FILE` for one that is not there, cannot be read, is
 * longer than `maxBytes` or is not UTF-8: never an empty text in its place. Pipes can be read too.
 */
export async function readSource(file: string, options: SourceOptions): Promise<Source> {
  const { what, maxBytes, signal } = options;
  const chunks: Uint8Array[] = [];
  try {
    let length = 0;
    for await (const chunk of fileChunks(file, signal)) {
      length += chunk.length;
      if (length > maxBytes) throw tooLong(file, what, maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ToolError) throw error;
    throw unreadable(file, what, error);
  }
  try {
    return makeSource(file, new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    const hint = 'Save it as UTF-8; Windows PowerShell writes UTF-16 unless told otherwise.';
    throw new ToolError('FILE', `${file}: the ${what} is not UTF-8 text.`, { hint, cause: error });
  }
}

function tooLong(file: string, what: string, maxBytes: number): ToolError {
  return new ToolError('FILE', `${file}: the ${what} is longer than ${maxBytes / 2 ** 20} MiB.`, {
    hint: 'Check that it is the right file, or split it.',
  });
}

/** The error for a file that could not be read. */
export function unreadable(file: string, what: string, cause: unknown): ToolError {
  return new ToolError('FILE', `${file}: the ${what} cannot be read: ${systemErrorWords(cause)}.`, {
    hint: 'Check the path and its permissions.',
    cause,
  });
}
