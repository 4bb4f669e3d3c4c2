import type { RepositoryReport } from '../apply/apply-report.ts';
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
}

const NOTHING: Amounts = { images: 0, parts: 0, tags: 0, tagsAlone: 0, attachmentTags: 0, archived: 0 };

/** The steps of a repository that a run has carried out itself, by what its report says of the others. */
export function stepsDone({ steps }: RepositoryPlan, { notDone, gone = [] }: Pick<RepositoryReport, 'notDone' | 'gone'>): readonly Step[] {
  const left = new Set([...notDone, ...gone].map(({ op, digest, tag }) => `${op} ${digest} ${tag ?? ''}`));
  return steps.filter((step) => !left.has(`${step.op} ${step.digest} ${step.op === 'delete-tag' ? step.tag : ''}`));
}

/** Counts what steps of a repository take away. */
export function amountsOf({ images }: RepositoryPlan, steps: readonly Step[]): Amounts {
  const byDigest = new Map(images.map((image) => [image.digest, image]));
  const sum = { ...NOTHING };
  for (const step of steps) {
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

/** True if anything is changed. */
export function isSomething(amounts: Amounts): boolean {
  return Object.values(amounts).some((value) => value > 0);
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
