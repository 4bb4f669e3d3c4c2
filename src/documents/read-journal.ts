import { createHash } from 'node:crypto';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import { openDocument } from './open-document.ts';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { SIGNED_SCHEMA1 } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import { DocumentProblem, must, throwProblem } from './document-problem.ts';
import { checkHeader, type Fields, fieldsOf } from './fields.ts';
import type { CopyLine, JournalDocument, JournalHeader, JournalImage, JournalIntent, KnownFacts, Place, PlannedSteps } from './journal.ts';
import { ANY_TEXT, BYTES, CHANGE, DIGEST, REGISTRY_URL, REPOSITORY, STEP_OUTCOME, TAG, TEXT, UTC_TIME } from './kinds.ts';
import { checkSteps } from './plan-check.ts';

const MAX_LINE = 64 * 1024 * 1024;
const MAX_FILE = 4 * 1024 * 1024 * 1024;
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/**
 * Reads a journal and checks all of it: for a line that is not understood, and for a manifest whose bytes are not those of its
 * digest, it throws `JOURNAL_INVALID` with the number of the line. A last line without its end is left out: the run was cut off
 * while it wrote that line, and did not act on it. Throws `FILE` where there is no such file.
 */
export async function readJournal(path: string): Promise<JournalDocument> {
  const reader = new JournalReader();
  let line = 0;
  try {
    for await (const text of linesOf(path)) {
      line += 1;
      reader.take(line === 1 ? withoutByteOrderMark(text) : text);
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
    throw unreadable(path, 'journal', error);
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
  readonly #steps: PlannedSteps[] = [];
  readonly #copies: CopyLine[] = [];

  document(): JournalDocument {
    must(
      this.#header !== undefined,
      'the file',
      'holds no whole line: the run was cut off before it deleted anything, so there is nothing to put back',
    );
    return { header: this.#header, intents: [...this.#intents.values()], copies: this.#copies, steps: this.#steps };
  }

  take(text: string): void {
    const line = fieldsOf(parse(text), '', throwProblem);
    const { kind } = line.object;
    if (!this.#header) this.#header = this.#takeHeader(line);
    else if (kind === 'intent') this.#takeIntent(line);
    else if (kind === 'outcome') this.#takeOutcome(line);
    else if (kind === 'copy') this.#takeCopy(line);
    else if (kind === 'steps')
      this.#steps.push({
        ...this.#place(line),
        steps: checkSteps(line).filter((step) => step.op !== 'copy-image'),
        images: imagesIn(line),
      });
    else {
      line.required('kind', TEXT);
      line.optional('at', UTC_TIME);
    }
  }

  #takeHeader(line: Fields<never>): JournalHeader {
    checkHeader(line, 'Journal');
    line.required('createdAt', UTC_TIME);
    const tool = line.child('tool');
    for (const key of ['name', 'version']) tool.required(key, TEXT);
    line.child('plan').required('digest', DIGEST);
    line.optionalList('finishes', TEXT);
    const registries = line.child('registries');
    for (const name of Object.keys(registries.object)) {
      const registry = registries.child(name);
      registry.required('type', TEXT);
      registry.required('url', REGISTRY_URL);
      this.#registries.add(name);
    }
    return line.object as unknown as JournalHeader;
  }

  #takeIntent(line: Fields<never>): void {
    const { id } = line.object;
    must(typeof id === 'number' && Number.isSafeInteger(id) && !this.#intents.has(id), 'id', 'is not a new number');
    line.required('at', UTC_TIME);
    const op = line.required('op', CHANGE);
    const digest = line.required('digest', DIGEST);
    const tags = line.requiredList('tags', TAG);
    const known = line.object['known'] === undefined ? {} : { known: knownFacts(line.child('known')) };
    const unreadable = line.optional('unreadable', TEXT);
    const intent = { id, ...this.#place(line), op, digest, tags, ...known, ...(unreadable !== undefined && { unreadable }) };
    const without = (op !== 'delete-manifest' || unreadable !== undefined) && line.object['manifest'] === undefined;
    this.#intents.set(id, without ? intent : { ...intent, manifest: this.#manifestIn(line, digest) });
  }

  #takeCopy(line: Fields<never>): void {
    const digest = line.required('digest', DIGEST);
    this.#copies.push({ ...this.#place(line), digest, parts: line.requiredList('parts', DIGEST), to: this.#place(line.child('to')) });
  }

  #manifestIn(line: Fields<never>, digest: Digest): RawManifest {
    const mediaType = line.required('mediaType', TEXT);
    must(MEDIA_TYPE.test(mediaType), 'mediaType', 'is not a media type');
    const base64 = line.required('manifest', TEXT);
    const bytes = Buffer.from(base64, 'base64');
    const [algorithm = '', hex] = digest.split(':');
    // The digest of a signed manifest is not that of its bytes; the registry checks it when the manifest is put back.
    const whole = mediaType === SIGNED_SCHEMA1 || createHash(algorithm).update(bytes).digest('hex') === hex;
    must(whole && bytes.toString('base64') === base64, 'manifest', `does not have the digest ${digest}`);
    return { digest, mediaType, bytes };
  }

  #takeOutcome(line: Fields<never>): void {
    const intent = this.#intents.get(line.object['id'] as number);
    must(intent !== undefined && intent.outcome === undefined, 'id', 'does not name an intent that has no outcome yet');
    line.required('at', UTC_TIME);
    intent.outcome = line.required('outcome', STEP_OUTCOME);
  }

  #place(line: Fields<never>): Place {
    const registry = line.required('registry', TEXT);
    must(this.#registries.has(registry), 'registry', 'is not one of the header');
    return { registry, repository: line.required('repository', REPOSITORY) };
  }
}

function knownFacts(known: Fields<never>): KnownFacts {
  const facts: Mutable<KnownFacts> = {};
  for (const key of ['pushedAt', 'createdAt', 'pulledAt'] as const) {
    const time = known.optional(key, ANY_TEXT);
    if (time !== undefined) facts[key] = time;
  }
  const tagTimes = known.optionalMap('tagTimes', ANY_TEXT);
  const labels = known.optionalList('labels', TEXT);
  return { ...facts, ...(tagTimes && { tagTimes }), ...(labels && { labels }) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DocumentProblem('it is not valid JSON');
  }
}

function imagesIn(line: Fields<never>): JournalImage[] {
  if (line.object['images'] === undefined) return [];
  return [...line.children('images')].map((image) => {
    const [pushedAt, createdAt, pulledAt] = ['pushedAt', 'createdAt', 'pulledAt'].map((field) => image.optional(field, UTC_TIME));
    return {
      digest: image.required('digest', DIGEST),
      tags: image.requiredList('tags', TAG),
      size: image.required('size', BYTES),
      ...(pushedAt !== undefined && { pushedAt }),
      ...(createdAt !== undefined && { createdAt }),
      ...(pulledAt !== undefined && { pulledAt }),
    };
  });
}
