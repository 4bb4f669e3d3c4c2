import type { Path } from '../config/yaml-document.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Plan, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import type { Expectation, PolicyCase } from './policy-case.ts';

/** What is found of an image that a case expects something of, or that goes without being named. */
export interface Verdict {
  /** The image as the case calls it. */
  readonly name: string;
  /** What is expected, with codes of reasons; absent of what no expectation names. */
  readonly expected?: string;
  /** Absent where nothing is found by that name. */
  readonly found?: Found;
  /** Why the case fails by it: a sentence. */
  readonly problem?: string;
}

interface Found {
  readonly repository: RepositoryPlan;
  readonly image: PlannedImage;
  /** `keep`, `untag v1`, `delete`, …. */
  readonly action: string;
  readonly reasons: readonly Reason[];
  /** What would have to stand in the file, and where. */
  readonly entry: { readonly path: Path; readonly value: readonly string[] };
}

/** Compares a plan with what a case expects. What goes and is not named fails it too. */
export function judge({ repositories }: Plan, policyCase: PolicyCase): Verdict[] {
  const named = new Map<PlannedImage, readonly string[]>();
  const isOnly = repositories.length === 1;
  const verdicts = policyCase.expected.map((expected): Verdict => {
    const wanted = expected.repository;
    if (wanted === undefined && !isOnly)
      return missing(expected, `there are ${repositories.length} repositories, so the repository of "${expected.name}" has to be named`);
    const repository = repositories.find((one) => wanted === undefined || nameOf(one) === wanted);
    if (!repository)
      return missing(expected, `${wanted}: there is no such repository${didYouMean(wanted ?? '', repositories.map(nameOf))}`);
    const tagged = repository.images.filter((one) => one.tags.includes(expected.finds));
    const found = tagged.length > 0 ? tagged : repository.images.filter((one) => digits(one).startsWith(expected.finds));
    const [image] = found;
    if (!image || found.length > 1) return missing(expected, `${nameOf(repository)}: "${expected.name}" names ${found.length} manifests`);
    named.set(image, [...(named.get(image) ?? []), expected.finds]);
    return compared(expected, policyCase.about, repository, image);
  });
  for (const repository of repositories)
    for (const image of repository.images)
      for (const tag of unnamedTags(image, named.get(image), policyCase.about))
        verdicts.push(unnamed(policyCase, repository, image, tag, isOnly));
  return verdicts;
}

/** The tags by which what goes would have to be named and is not; undefined in it stands for an image without a tag. */
function unnamedTags(image: PlannedImage, names: readonly string[] | undefined, about: PolicyCase['about']): (string | undefined)[] {
  const goesAlong = image.part && !image.reasons.some(({ code }) => code === 'expired');
  if (goesAlong || image.action === 'keep') return [];
  if (image.action === 'untag' && about === 'tag') return image.untag.filter((tag) => !names?.includes(tag));
  return names ? [] : [image.tags[0]];
}

function unnamed(
  { about, placeOf, given: { names } }: PolicyCase,
  repository: RepositoryPlan,
  image: PlannedImage,
  tag: string | undefined,
  isOnly: boolean,
): Verdict {
  const called = tag ?? names.get(image.digest) ?? digits(image).slice(0, 12);
  const isOfTag = about === 'tag' && tag !== undefined;
  const action = isOfTag ? image.action : actionOf(image);
  const title = isOfTag && image.action === 'untag' ? called : image.tags.join(', ') || called;
  const path = placeOf(nameOf(repository), { called, ...(tag !== undefined && { tag }) }, isOnly);
  return {
    name: called,
    found: { repository, image, action, reasons: reasonsOf(image, isOfTag ? tag : undefined), entry: { path, value: [image.action] } },
    problem: `${nameOf(repository)}: ${title} is "${action}", and no expectation names it`,
  };
}

function compared(expected: Expectation, about: PolicyCase['about'], repository: RepositoryPlan, image: PlannedImage): Verdict {
  const { name, finds, action, codes, path } = expected;
  const tag = about === 'tag' && image.tags.includes(finds) ? finds : undefined;
  const actual = tag === undefined ? actionOf(image) : becomes(image, tag);
  const reasons = reasonsOf(image, tag);
  const given = reasons.map(({ code }) => code);
  const isRight = action === actual || (tag === undefined && action === image.action);
  const hasCodes = codes.every((code) => given.some((one) => one === code));
  const where = nameOf(repository);
  const problem = !isRight
    ? `${where}: ${name} is expected to be "${action}" and is "${actual}", ${given.join(', ')}`
    : !hasCodes
      ? `${where}: ${name} is "${actual}" as expected, but for ${given.join(', ')} and not for ${codes.join(', ')}`
      : undefined;
  const value = [tag === undefined ? image.action : actual, ...(codes.length === 0 ? [] : new Set(given))];
  return {
    name,
    expected: [action, ...codes].join(', '),
    found: { repository, image, action: actual, reasons, entry: { path, value } },
    ...(problem !== undefined && { problem }),
  };
}

/** Why: of one tag, without the reasons of the others. */
function reasonsOf({ reasons }: PlannedImage, tag: string | undefined): readonly Reason[] {
  return tag === undefined ? reasons : reasons.filter((reason) => reason.tag === undefined || reason.tag === tag);
}

function missing({ name, action, codes }: Expectation, problem: string): Verdict {
  return { name, expected: [action, ...codes].join(', '), problem };
}

/** What becomes of one tag of an image. */
function becomes({ action, untag }: PlannedImage, tag: string): string {
  return action !== 'untag' ? action : untag.includes(tag) ? 'untag' : 'keep';
}

function actionOf({ action, untag }: PlannedImage): string {
  return action === 'untag' ? `untag ${untag.join(', ')}` : action;
}

function nameOf({ registry, repository }: RepositoryPlan): string {
  return `${registry}/${repository}`;
}

function digits({ digest }: PlannedImage): string {
  return digest.slice(digest.indexOf(':') + 1);
}
