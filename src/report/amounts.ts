import type { RepositoryReport } from '../apply/apply-report.ts';
import { copyName } from '../plan/copies.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';
import { count, number } from './text.ts';

/** What goes, in everything that people, registries and journals count, so that their numbers can be compared. */
export interface Amounts {
  readonly images: number;
  /** Children of indexes, and attachments. Together with the images these are the manifests. */
  readonly parts: number;
  /** Ordinary tags that go with their images, and those taken off images that stay. */
  readonly tags: number;
  readonly tagsAlone: number;
  /** Tags that only name attachments, such as `sha256-….sig`. */
  readonly attachmentTags: number;
  /** Images that go into the archive. */
  readonly archived: number;
  /** Images that are copied elsewhere before they go or lose tags. */
  readonly copied: number;
}

const NOTHING: Amounts = { images: 0, parts: 0, tags: 0, tagsAlone: 0, attachmentTags: 0, archived: 0, copied: 0 };

/** The steps of a repository that a run has carried out itself, by what its report says of the others. */
export function stepsDone({ steps }: RepositoryPlan, { notDone, gone = [] }: Pick<RepositoryReport, 'notDone' | 'gone'>): readonly Step[] {
  const left = new Set([...notDone, ...gone].map(({ op, digest, tag, to }) => `${op} ${digest} ${tag ?? to ?? ''}`));
  return steps.filter((step) => !left.has(`${step.op} ${step.digest} ${besides(step)}`));
}

/** What tells two steps for one image apart. */
function besides(step: Step): string {
  return step.op === 'delete-tag' ? step.tag : step.op === 'copy-image' ? copyName(step) : '';
}

/** Counts what steps of a repository take away. */
export function amountsOf({ images }: RepositoryPlan, steps: readonly Step[]): Amounts {
  const byDigest = new Map(images.map((image) => [image.digest, image]));
  const sum = { ...NOTHING, copied: new Set(steps.flatMap(({ op, digest }) => (op === 'copy-image' ? [digest] : []))).size };
  for (const step of steps) {
    if (step.op === 'copy-image') continue;
    const { part = false, attachmentTags = [] } = byDigest.get(step.digest) ?? {};
    const isOrdinary = (tag: string): boolean => !attachmentTags.includes(tag);
    if (step.op === 'archive-manifest') {
      if (!part) sum.archived += 1;
    } else if (step.op === 'delete-tag') {
      sum[isOrdinary(step.tag) ? 'tagsAlone' : 'attachmentTags'] += 1;
    } else {
      const tags = Object.keys(step.expect);
      const ordinary = tags.filter(isOrdinary).length;
      sum[part ? 'parts' : 'images'] += 1;
      sum.tags += ordinary;
      sum.attachmentTags += tags.length - ordinary;
    }
  }
  return sum;
}

/** What a whole plan takes away. */
export function plannedAmounts({ repositories }: Plan): Amounts {
  return addAmounts(repositories.map((repository) => amountsOf(repository, repository.steps)));
}

export function addAmounts(all: readonly Amounts[]): Amounts {
  const sum = { ...NOTHING };
  for (const one of all) for (const key of Object.keys(sum) as (keyof Amounts)[]) sum[key] += one[key];
  return sum;
}

/** True if anything is changed: what is copied stays as it is. */
export function isSomething({ copied: _copied, ...changes }: Amounts): boolean {
  return Object.values(changes).some((value) => value > 0);
}

/** How many images are copied first, as a sentence without its end; empty where none is. */
export function copiedWords({ copied }: { readonly copied?: number }, verb: 'are' | 'were' = 'are'): string {
  if (copied === undefined || copied === 0) return '';
  return `${count(copied, 'image')} ${copied === 1 ? (verb === 'are' ? 'is' : 'was') : verb} copied elsewhere first`;
}

/**
 * The amounts in lines that add up: `422 manifests: 180 images, and 242 parts and attachments`, `190 tags: 180 with their images, 10 from
 * images that stay`. A line that would only repeat the number of images is left out.
 */
export function amountLines({ images, parts, tags, tagsAlone, attachmentTags }: Amounts): string[] {
  const others = count(parts, 'part or attachment', 'parts and attachments');
  const manifests = `${count(images + parts, 'manifest')}: ${count(images, 'image')}, and ${others}`;
  const both = tags > 0 && tagsAlone > 0;
  const where = both
    ? `: ${number(tags)} with their images, ${number(tagsAlone)} from images that stay`
    : tagsAlone > 0
      ? ` from images that stay`
      : tags > 0
        ? ` with ${tags === 1 ? 'its image' : 'their images'}`
        : '';
  const besides = attachmentTags > 0 ? `${count(attachmentTags, 'tag')} of attachments` : '';
  const ordinary = tags + tagsAlone > 0 ? `${count(tags + tagsAlone, 'tag')}${where}` : '';
  return [
    ...(parts > 0 ? [manifests] : []),
    ...(ordinary + besides === '' ? [] : [[ordinary, besides].filter((part) => part !== '').join('; ')]),
  ];
}

/** The amounts in a few words, for a headline: `180 images and 10 tags of images that stay`. */
export function amountWords({ images, parts, tagsAlone, attachmentTags, archived }: Amounts): string {
  const deleted = [
    ...(images > 0 ? [count(images, 'image')] : parts > 0 ? [count(parts, 'part or attachment', 'parts and attachments')] : []),
    ...(tagsAlone > 0
      ? [`${count(tagsAlone, 'tag')} of images that stay`]
      : images + parts === 0 && attachmentTags > 0
        ? [count(attachmentTags, 'tag')]
        : []),
    ...(archived > 0 ? [`${count(archived, 'image')} into the archive`] : []),
  ];
  return deleted.join(' and ');
}
