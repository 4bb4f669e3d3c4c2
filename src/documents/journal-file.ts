import type { FileHandle } from 'node:fs/promises';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import type { ReadBytes } from './byte-window.ts';
import { DocumentProblem, must } from './document-problem.ts';
import type { CopyLine, JournalDocument, JournalHeader, JournalIntent, Place, PlannedSteps } from './journal.ts';
import type { JournalIndex, LinePlace } from './journal-index.ts';
import { hasManifest, type IntentLine, type JournalLine, journalLine, type JournalLines } from './journal-lines.ts';

export interface JournalFileParts {
  readonly path: string;
  readonly handle: FileHandle;
  readonly read: ReadBytes;
  readonly header: JournalHeader;
  readonly lines: JournalLines;
  readonly index: JournalIndex;
}

/**
 * A journal that was checked, whose file stays open: whoever moves it away or puts another in its place does not change what is read. Each
 * line is checked again when it is read again.
 */
export class JournalFile implements JournalDocument {
  readonly #parts: JournalFileParts;

  constructor(parts: JournalFileParts) {
    this.#parts = parts;
  }

  get header(): JournalHeader {
    return this.#parts.header;
  }

  get places(): readonly Place[] {
    return this.#parts.index.places;
  }

  get planned(): readonly Place[] {
    return this.#parts.index.planned;
  }

  *intents(place?: Place): Generator<JournalIntent, void, undefined> {
    const { index } = this.#parts;
    if (place) for (const number of index.intentsOf(place)) yield this.#intent(number, place);
    else for (let number = 0; number < index.intents; number++) yield this.#intent(number);
  }

  *steps(place: Place): Generator<PlannedSteps, void, undefined> {
    const { index, lines } = this.#parts;
    for (const at of index.stepsOf(place)) yield this.#at(at, (line) => ofPlace(lines.steps(line), place));
  }

  *copies(place?: Place): Generator<CopyLine, void, undefined> {
    const { index, lines } = this.#parts;
    for (const at of index.copiesOf(place)) yield this.#at(at, (line) => ofPlace(lines.copy(line), place));
  }

  close(): Promise<void> {
    return this.#parts.handle.close();
  }

  #intent(number: number, place?: Place): JournalIntent {
    const { index, lines } = this.#parts;
    const outcome = index.outcomeOf(number);
    const at = index.intentAt(number);
    return this.#at(at, (line) => {
      const intent = ofPlace(lines.intent(line), place);
      const manifest = hasManifest(line, intent) && { manifest: () => this.#manifest(at, intent) };
      return { ...intent, ...manifest, ...(outcome !== undefined && { outcome }) };
    });
  }

  #manifest(at: LinePlace, intent: IntentLine): RawManifest {
    const { lines } = this.#parts;
    return this.#at(at, (line) => {
      const now = ofPlace(lines.intent(line), intent);
      const manifest = lines.manifest(line, now);
      must(now.id === intent.id && now.digest === intent.digest && manifest !== undefined, 'the line', 'is another one now');
      return manifest;
    });
  }

  #at<Result>({ offset, length }: LinePlace, take: (line: JournalLine) => Result): Result {
    const { path, read } = this.#parts;
    try {
      return take(journalLine(read(offset, offset + length).toString('utf8')));
    } catch (error) {
      if (!(error instanceof DocumentProblem)) throw unreadable(path, 'journal', error);
      throw new ToolError('JOURNAL_INVALID', `${path} was changed while it was read, at byte ${offset}: ${error.message}`, {
        hint: 'give the journal as the run has written it',
        cause: error,
      });
    }
  }
}

/** What is read again of one place must still be of that place. */
function ofPlace<Line extends Place>(line: Line, place: Place | undefined): Line {
  must(!place || repositoryKey(line) === repositoryKey(place), 'the line', 'is of another repository now');
  return line;
}
