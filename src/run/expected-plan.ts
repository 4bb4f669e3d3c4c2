import { DocumentProblem, must, throwProblem } from '../documents/document-problem.ts';
import { type Fields, fieldsOf } from '../documents/fields.ts';
import { LIST, OBJECT, TEXT, UTC_TIME } from '../documents/kinds.ts';
import { readSource } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan, PlannedImage, RepositoryPlan } from '../plan/plan.ts';

/** What is expected of an image, by a tag of it or by the first digits of its digest: the action, then codes of reasons. */
type ExpectedImages = Readonly<Record<string, readonly string[]>>;

/** What stands in the `expected.json` of a case. */
export interface Expected {
  readonly given: {
    /** RFC 3339, UTC. */
    readonly now: string;
    /** The host names of each registry, for references in `in-use.txt`. */
    readonly hosts?: Readonly<Record<string, readonly string[]>>;
    /** What the lists of the config name. */
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

/** Reads what a case expects. Throws `FILE`, and `USAGE` for what is not understood. */
export async function readExpected(path: string): Promise<Expected> {
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

/** How a plan differs from what is expected, a sentence each. What goes and is not named is a difference too. */
export function unexpected({ repositories }: Plan, expected: Expected): string[] {
  const problems: string[] = [];
  const all = Object.entries(expected.repositories ?? {});
  if (expected.images) {
    const [only] = repositories;
    if (!only || repositories.length > 1)
      return [`there are ${repositories.length} repositories, so write "repositories" and not "images"`];
    all.push([nameOf(only), expected.images]);
  }
  for (const [name] of all) if (repositories.every((one) => nameOf(one) !== name)) problems.push(`${name}: there is no such repository`);
  for (const repository of repositories)
    problems.push(...differences(repository, all.find(([name]) => name === nameOf(repository))?.[1] ?? {}));
  return problems;
}

function differences(repository: RepositoryPlan, expected: ExpectedImages): string[] {
  const problems: string[] = [];
  const named = new Set<PlannedImage>();
  const where = nameOf(repository);
  for (const [name, [action = '', ...codes]] of Object.entries(expected)) {
    const found = repository.images.filter(({ tags, digest }) => tags.includes(name) || digest.split(':')[1]?.startsWith(name));
    const [image] = found;
    if (!image || found.length > 1) {
      problems.push(`${where}: "${name}" names ${found.length} manifests`);
      continue;
    }
    named.add(image);
    const actual = actionOf(image);
    if (action !== image.action && action !== actual)
      problems.push(`${where}: ${name} is expected to be "${action}" and is "${actual}", ${codesOf(image).join(', ')}`);
    else if (!codes.every((code) => codesOf(image).some((one) => one === code)))
      problems.push(`${where}: ${name} is "${actual}" as expected, but for ${codesOf(image).join(', ')} and not for ${codes.join(', ')}`);
  }
  for (const image of repository.images) {
    if (named.has(image) || image.part || image.action === 'keep') continue;
    problems.push(`${where}: ${image.tags.join(', ') || image.digest} is "${actionOf(image)}", and no expectation names it`);
  }
  return problems;
}

function actionOf({ action, untag }: PlannedImage): string {
  return action === 'untag' ? `untag ${untag.join(', ')}` : action;
}

function codesOf({ reasons }: PlannedImage): string[] {
  return reasons.map(({ code }) => code);
}

function nameOf({ registry, repository }: RepositoryPlan): string {
  return `${registry}/${repository}`;
}

function imagesIn(expected: Fields<never>): Fields<never>[] {
  if (expected.object['images'] !== undefined) return [expected.child('images')];
  const repositories = expected.child('repositories');
  return Object.keys(repositories.object).map((name) => repositories.child(name));
}

function onlyKeys(fields: Fields<never>, known: readonly string[]): void {
  for (const key of Object.keys(fields.object)) must(known.includes(key), fields.path(key), `is not known; known are ${known.join(', ')}`);
}
