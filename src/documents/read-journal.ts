import { createHash } from 'node:crypto';
import { openDocument } from './open-document.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Step } from '../plan/plan.ts';
import {
  digestAt,
  DocumentProblem,
  headerAt,
  type JsonObject,
  listAt,
  must,
  objectAt,
  repositoryAt,
  tagAt,
  textAt,
  timeAt,
} from './document-checks.ts';
import type { StepOutcome } from '../apply/apply-report.ts';
import type { Intent, JournalHeader, Place } from '../apply/journal.ts';
import { checkSteps } from './plan-check.ts';

export interface JournalIntent extends Intent {
  readonly id: number;
  /** Missing where the run ended before it knew. */
  readonly outcome?: StepOutcome;
}

/** A journal as read back. */
export interface JournalDocument {
  readonly header: JournalHeader;
  /** In the order in which they were written. */
  readonly intents: readonly JournalIntent[];
  /** What was going to be done in each repository. */
  readonly steps: readonly (Place & { readonly steps: readonly Step[] })[];
}

const MAX_LINE = 64 * 1024 * 1024;
const MAX_FILE = 4 * 1024 * 1024 * 1024;
const OUTCOMES: readonly StepOutcome[] = ['deleted', 'archived', 'gone', 'locked', 'drifted', 'in_use', 'held', 'skipped', 'failed'];
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;
/** Its digest is not that of its bytes but of what was signed; the registry checks it when it is put back. */
const SIGNED_SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';

/**
 * Reads a journal and checks all of it: a manifest whose bytes are not those of its digest, or a line that is none, is `JOURNAL_INVALID` with its line. A last
 * line without its end is left out: the run was cut off while it wrote it, and did not act on it. Throws `FILE` where there is no such file.
 */
export async function readJournal(path: string): Promise<JournalDocument> {
  const reader = new JournalReader();
  let line = 0;
  try {
    for await (const text of linesOf(path)) {
      line += 1;
      reader.take(text);
    }
    line = 1;
    return reader.document();
  } catch (error) {
    if (error instanceof DocumentProblem) {
      throw new ToolError('JOURNAL_INVALID', `${path}, line ${line}: ${error.message}`, {
        hint: 'give the journal as the run has written it',
        cause: error,
      });
    }
    throw new ToolError('FILE', `cannot read the journal ${path}: ${(error as Error).message}`, {
      hint: 'check the path of the journal',
      cause: error,
    });
  }
}

/** The whole lines of a file. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  let total = 0;
  for await (const chunk of (await openDocument(path)).createReadStream() as AsyncIterable<Buffer>) {
    total += chunk.length;
    must(total <= MAX_FILE, 'the file', 'is too large for a journal');
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      parts = [];
      length = 0;
      start = end + 1;
    }
    length += chunk.length - start;
    must(length <= MAX_LINE, 'the line', 'is too long');
    parts.push(chunk.subarray(start));
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

class JournalReader {
  #header: JournalHeader | undefined;
  #registries = new Set<string>();
  readonly #intents = new Map<number, Mutable<JournalIntent>>();
  readonly #steps: (Place & { steps: readonly Step[] })[] = [];

  document(): JournalDocument {
    must(
      this.#header !== undefined,
      'the file',
      'holds no whole line: the run was cut off before it deleted anything, so there is nothing to put back',
    );
    return { header: this.#header, intents: [...this.#intents.values()], steps: this.#steps };
  }

  take(text: string): void {
    const line = objectAt(parse(text), 'it');
    if (!this.#header) this.#header = this.#takeHeader(line);
    else if (line['kind'] === 'intent') this.#takeIntent(line);
    else if (line['kind'] === 'outcome') this.#takeOutcome(line);
    else if (line['kind'] === 'steps') this.#steps.push({ ...this.#place(line), steps: checkSteps(line['steps'], 'steps') });
    else textAt(line['kind'], 'kind');
  }

  #takeHeader(line: JsonObject): JournalHeader {
    headerAt(line, 'Journal');
    timeAt(line['createdAt'], 'createdAt');
    digestAt(objectAt(line['plan'], 'plan')['digest'], 'plan.digest');
    for (const [name, registry] of Object.entries(objectAt(line['registries'], 'registries'))) {
      textAt(objectAt(registry, `the registry ${name}`)['url'], `the url of the registry ${name}`);
      this.#registries.add(name);
    }
    return line as unknown as JournalHeader;
  }

  #takeIntent(line: JsonObject): void {
    const id = line['id'];
    must(typeof id === 'number' && Number.isSafeInteger(id) && !this.#intents.has(id), 'id', 'is no new number');
    const op = line['op'];
    must(
      op === 'delete-tag' || op === 'delete-manifest' || op === 'archive-manifest',
      'op',
      'is none of delete-tag, delete-manifest, archive-manifest',
    );
    const digest = digestAt(line['digest'], 'digest');
    const mediaType = textAt(line['mediaType'], 'mediaType');
    must(MEDIA_TYPE.test(mediaType), 'mediaType', 'is no media type');
    const base64 = textAt(line['manifest'], 'manifest');
    const bytes = Buffer.from(base64, 'base64');
    const [algorithm = '', hex] = digest.split(':');
    const whole = mediaType === SIGNED_SCHEMA1 || createHash(algorithm).update(bytes).digest('hex') === hex;
    must(whole && bytes.toString('base64') === base64, 'manifest', `is not what its digest ${digest} is of`);
    const tags = listAt(line['tags'], 'tags').map((tag) => tagAt(tag, 'a tag'));
    this.#intents.set(id, { id, ...this.#place(line), op, digest, tags, manifest: { digest, mediaType, bytes } });
  }

  #takeOutcome(line: JsonObject): void {
    const intent = this.#intents.get(line['id'] as number);
    must(intent !== undefined && intent.outcome === undefined, 'id', 'is of no intent that has no outcome yet');
    const outcome = OUTCOMES.find((one) => one === line['outcome']);
    must(outcome !== undefined, 'outcome', 'is none');
    intent.outcome = outcome;
  }

  #place(line: JsonObject): Place {
    const registry = textAt(line['registry'], 'registry');
    must(this.#registries.has(registry), 'registry', 'is not one of the header');
    return { registry, repository: repositoryAt(line['repository'], 'repository') };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DocumentProblem('it is no JSON');
  }
}
