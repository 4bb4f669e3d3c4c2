import type { FileHandle } from 'node:fs/promises';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import { openDocument } from './open-document.ts';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { ReadBytes } from './byte-window.ts';
import { readerOf } from './document-bytes.ts';
import { DocumentProblem, must } from './document-problem.ts';
import type { JournalDocument, JournalHeader } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import { JournalIndex, type LinePlace } from './journal-index.ts';
import { headerIn, JournalLines, journalLine } from './journal-lines.ts';

/** Below the longest text that Node.js can hold: what is to be done in a repository is one line, and takes up to 500 bytes a deletion. */
const MAX_LINE = 500 * 1024 * 1024;
const MAX_HEADER = 64 * 1024 * 1024;
/** A pipe, or anything else but a file, cannot be read twice, so all of it is kept in memory. */
const MAX_PIPE = 2 * 1024 * 1024 * 1024;

/**
 * Reads a journal and checks all of it: for a line that is not understood, and for a manifest whose bytes are not those of its
 * digest, it throws `JOURNAL_INVALID` with the number of the line. A last line without its end is left out: the run was cut off
 * while it wrote that line, and did not act on it. Throws `FILE` where there is no such file. What it answers has to be closed.
 */
export async function readJournal(path: string): Promise<JournalDocument> {
  let handle: FileHandle | undefined;
  let line = 0;
  try {
    handle = await openDocument(path);
    const { chunks, reader } = await bytesOf(handle);
    const index = new JournalIndex();
    let known: { readonly header: JournalHeader; readonly lines: JournalLines } | undefined;
    for await (const { text, ...at } of linesOf(chunks, MAX_LINE)) {
      line += 1;
      if (known) index.take(journalLine(text), known.lines, at);
      else {
        const header = headerIn(journalLine(withoutByteOrderMark(text)));
        known = { header, lines: new JournalLines(header) };
      }
    }
    line = 1;
    must(
      known !== undefined,
      'the file',
      'holds no whole line: the run was cut off before it deleted anything, so there is nothing to put back',
    );
    return new JournalFile({ path, handle, read: reader(), ...known, index });
  } catch (error) {
    await handle?.close();
    if (error instanceof DocumentProblem) {
      throw new ToolError('JOURNAL_INVALID', `${path}, line ${line}: ${error.message}`, {
        hint: 'give the journal as the run has written it',
        cause: error,
      });
    }
    throw unreadable(path, 'journal', error);
  }
}

/** What a journal says in its first line; undefined where that is not the first line of a journal, or cannot be read. */
export async function readJournalHeader(path: string): Promise<JournalHeader | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await openDocument(path);
    for await (const { text } of linesOf((await bytesOf(handle)).chunks, MAX_HEADER))
      return headerIn(journalLine(withoutByteOrderMark(text)));
  } catch {
    // It tells nothing.
  } finally {
    await handle?.close();
  }
  return undefined;
}

interface Bytes {
  /** Once, from the beginning. */
  readonly chunks: AsyncIterable<Buffer>;
  /** To read any of them again, after the last chunk. */
  readonly reader: () => ReadBytes;
}

async function bytesOf(handle: FileHandle): Promise<Bytes> {
  const stats = await handle.stat();
  const chunks = handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>;
  // What the system makes up on reading says that it is empty.
  if (stats.isFile() && stats.size > 0) return { chunks, reader: () => readerOf(handle.fd, stats.size) };
  const kept: Buffer[] = [];
  return {
    chunks: keeping(chunks, kept),
    reader: () => {
      const all = Buffer.concat(kept);
      return (start, end) => all.subarray(start, end);
    },
  };
}

async function* keeping(chunks: AsyncIterable<Buffer>, kept: Buffer[]): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    must(total <= MAX_PIPE, 'the file', 'is too large for a journal that is read from a pipe');
    kept.push(chunk);
    yield chunk;
  }
}

/** The whole lines, and where they stand. */
async function* linesOf(chunks: AsyncIterable<Buffer>, longest: number): AsyncGenerator<LinePlace & { readonly text: string }> {
  let parts: Buffer[] = [];
  let length = 0;
  let offset = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = parts.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...parts, chunk.subarray(start, end)]);
      yield { text: line.toString('utf8'), offset, length: line.length };
      offset += line.length + 1;
      parts = [];
      length = 0;
      start = end + 1;
    }
    length += chunk.length - start;
    must(length <= longest, 'the line', 'is too long');
    parts.push(chunk.subarray(start));
  }
}
