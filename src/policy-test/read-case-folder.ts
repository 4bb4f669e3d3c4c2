import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DocumentProblem, must, throwProblem } from '../documents/document-problem.ts';
import { type Fields, fieldsOf } from '../documents/fields.ts';
import { LIST, OBJECT, TEXT, UTC_TIME } from '../documents/kinds.ts';
import { readSource } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { parseTime } from '../domain/time.ts';
import { readInUseFile } from '../inuse/file.ts';
import type { Expectation, PolicyCase } from './policy-case.ts';

/** The file by which a folder is a case. */
export const EXPECTED_FILE = 'expected.json';

/** What is expected of an image, by a tag of it or by the first digits of its digest: the action, then codes of reasons. */
type ExpectedImages = Readonly<Record<string, readonly string[]>>;

/** What stands in the `expected.json` of a case. */
interface Expected {
  readonly given: {
    /** RFC 3339, UTC. */
    readonly now: string;
    readonly hosts?: Readonly<Record<string, readonly string[]>>;
    readonly lists?: Readonly<Record<string, readonly string[]>>;
  };
  /** The policy file, from the case's folder; default `policy.yaml`. */
  readonly policy?: string;
  /** Of the only repository, or of each by `registry/repository`. */
  readonly images?: ExpectedImages;
  readonly repositories?: Readonly<Record<string, ExpectedImages>>;
}

const KEYS = ['given', 'policy', 'images', 'repositories'];
const GIVEN = ['now', 'hosts', 'lists'];
/** A policy test is a small thing. */
const LONGEST = 10 * 1024 * 1024;

/** Reads a case that is a folder; `called` is what it is called. Throws `FILE`, and `USAGE` for what is not understood. */
export async function readCaseFolder(folder: string, called: string): Promise<PolicyCase> {
  const file = join(folder, EXPECTED_FILE);
  const { given, policy, images, repositories = {} } = await readExpected(file);
  const running = join(folder, 'in-use.txt');
  const isThere = await stat(running).then(
    () => true,
    () => false,
  );
  return {
    title: called,
    file,
    policy: join(folder, policy ?? 'policy.yaml'),
    given: {
      inventory: join(folder, 'inventory.json'),
      now: parseTime(given.now) as number,
      inUse: isThere ? await readInUseFile(running) : [],
      hosts: given.hosts ?? {},
      lists: given.lists ?? {},
      names: new Map(),
    },
    expected: [
      ...expectationsIn(images ?? {}, ['images']),
      ...Object.entries(repositories).flatMap(([repository, those]) =>
        expectationsIn(those, ['repositories', repository]).map((one) => ({ ...one, repository })),
      ),
    ],
    about: 'image',
    placeOf: (repository, { called: name }) => (images ? ['images', name] : ['repositories', repository, name]),
  };
}

function expectationsIn(images: ExpectedImages, path: Expectation['path']): Expectation[] {
  return Object.entries(images).map(([name, [action = '', ...codes]]) => ({
    path: [...path, name],
    name,
    finds: name,
    action,
    codes,
  }));
}

async function readExpected(path: string): Promise<Expected> {
  const { text } = await readSource(path, { what: 'expectation', maxBytes: LONGEST });
  try {
    const expected = fieldsOf(JSON.parse(text), '', throwProblem);
    onlyKeys(expected, KEYS);
    expected.optional('policy', TEXT);
    const given = expected.child('given');
    onlyKeys(given, GIVEN);
    given.required('now', UTC_TIME);
    for (const key of ['hosts', 'lists'])
      if (given.optional(key, OBJECT) !== undefined) {
        const names = given.child(key);
        for (const name of Object.keys(names.object)) names.requiredList(name, TEXT);
      }
    const both = (expected.object['images'] === undefined) !== (expected.object['repositories'] === undefined);
    must(both, 'images', 'has to be there, or "repositories" in its place');
    for (const images of imagesIn(expected))
      for (const name of Object.keys(images.object)) {
        images.required(name, LIST);
        images.requiredList(name, TEXT);
        must((images.object[name] as readonly string[]).length > 0, images.path(name), 'has to begin with keep, untag, archive or delete');
      }
    return expected.object as unknown as Expected;
  } catch (error) {
    if (!(error instanceof DocumentProblem) && !(error instanceof SyntaxError)) throw error;
    throw new ToolError('USAGE', `${path}: ${error.message}`, {
      hint: 'Write {"given": {"now": "2026-12-01T00:00:00Z"}, "images": {"v2": ["keep", "newest"], "v1": ["delete"]}}.',
      cause: error,
    });
  }
}
function imagesIn(expected: Fields<never>): Fields<never>[] {
  if (expected.object['images'] !== undefined) return [expected.child('images')];
  const repositories = expected.child('repositories');
  return Object.keys(repositories.object).map((name) => repositories.child(name));
}

function onlyKeys(fields: Fields<never>, known: readonly string[]): void {
  for (const key of Object.keys(fields.object)) must(known.includes(key), fields.path(key), `is not known; known are ${known.join(', ')}`);
}
