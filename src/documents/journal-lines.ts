import { createHash } from 'node:crypto';
import type { Digest } from '../domain/digest.ts';
import { SIGNED_SCHEMA1 } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import { DocumentProblem, must, throwProblem } from './document-problem.ts';
import { checkHeader, type Fields, fieldsOf } from './fields.ts';
import type { CopyLine, JournalHeader, JournalImage, JournalIntent, KnownFacts, Place, PlannedSteps } from './journal.ts';
import { ANY_TEXT, BYTES, CHANGE, DIGEST, REGISTRY_URL, REPOSITORY, STEP_OUTCOME, TAG, TEXT, UTC_TIME } from './kinds.ts';
import { checkSteps } from './plan-check.ts';

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/** A line of a journal. */
export type JournalLine = Fields<never>;

/** What the line of an intent says by itself. */
export type IntentLine = Omit<JournalIntent, 'manifest' | 'outcome'>;

/** The fields of a line. Throws {@link DocumentProblem}. */
export function journalLine(text: string): JournalLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DocumentProblem('it is not valid JSON');
  }
  return fieldsOf(value, '', throwProblem);
}

/** The first line. Throws {@link DocumentProblem}. */
export function headerIn(line: JournalLine): JournalHeader {
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
  }
  return line.object as unknown as JournalHeader;
}

/** Reads the lines behind the header, which says what registries they may be of. Every method throws {@link DocumentProblem}. */
export class JournalLines {
  readonly #registries: ReadonlySet<string>;

  constructor({ registries }: JournalHeader) {
    this.#registries = new Set(Object.keys(registries));
  }

  /** Without its manifest; that its number is a new one is not checked. */
  intent(line: JournalLine): IntentLine {
    line.required('at', UTC_TIME);
    const op = line.required('op', CHANGE);
    const digest = line.required('digest', DIGEST);
    const tags = line.requiredList('tags', TAG);
    const known = line.object['known'] === undefined ? {} : { known: knownFacts(line.child('known')) };
    const unreadable = line.optional('unreadable', TEXT);
    const { id } = line.object as { readonly id: number };
    return { id, ...this.#place(line), op, digest, tags, ...known, ...(unreadable !== undefined && { unreadable }) };
  }

  /** The manifest of an intent, whose bytes are those of its digest; undefined where it has none and needs none. */
  manifest(line: JournalLine, intent: IntentLine): RawManifest | undefined {
    return hasManifest(line, intent) ? manifestIn(line, intent.digest) : undefined;
  }

  outcome(line: JournalLine): StepOutcome {
    line.required('at', UTC_TIME);
    return line.required('outcome', STEP_OUTCOME);
  }

  copy(line: JournalLine): CopyLine {
    const digest = line.required('digest', DIGEST);
    return { ...this.#place(line), digest, parts: line.requiredList('parts', DIGEST), to: this.#place(line.child('to')) };
  }

  steps(line: JournalLine): PlannedSteps {
    return {
      ...this.#place(line),
      steps: checkSteps(line).filter((step) => step.op !== 'copy-image'),
      images: imagesIn(line),
    };
  }

  /** One of a kind that says nothing of what was deleted, perhaps of a later version of this program. */
  other(line: JournalLine): void {
    line.required('kind', TEXT);
    line.optional('at', UTC_TIME);
  }

  #place(line: JournalLine): Place {
    const registry = line.required('registry', TEXT);
    must(this.#registries.has(registry), 'registry', 'is not one of the header');
    return { registry, repository: line.required('repository', REPOSITORY) };
  }
}

/** Whether an intent has a manifest, or lacks the one that it needs. */
export function hasManifest({ object }: JournalLine, { op, unreadable }: IntentLine): boolean {
  return (op === 'delete-manifest' && unreadable === undefined) || object['manifest'] !== undefined;
}

function manifestIn(line: JournalLine, digest: Digest): RawManifest {
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

function knownFacts(known: JournalLine): KnownFacts {
  const facts: { -readonly [Key in keyof KnownFacts]: KnownFacts[Key] } = {};
  for (const key of ['pushedAt', 'createdAt', 'pulledAt'] as const) {
    const time = known.optional(key, ANY_TEXT);
    if (time !== undefined) facts[key] = time;
  }
  const tagTimes = known.optionalMap('tagTimes', ANY_TEXT);
  const labels = known.optionalList('labels', TEXT);
  return { ...facts, ...(tagTimes && { tagTimes }), ...(labels && { labels }) };
}

function imagesIn(line: JournalLine): JournalImage[] {
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
