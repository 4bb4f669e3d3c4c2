import { daysIn } from '../days-in.ts';
import type { ZotBounds, ZotPolicy } from '../settings/zot-retention.ts';
import { finds, newestFirst, type Original, type Sample, tagsOf, withoutTags } from './original.ts';

/** The retention policy that is for a repository. `wait`: how long what has no tag is left alone. */
export function originalZot({ keepTags, keepUntagged, deleteUntagged }: ZotPolicy, wait: string): Original {
  return (_repository, samples) => {
    const tags = tagsOf(newestFirst(samples));
    const kept = keepTags.flatMap((entry, index) => {
      const own = tags.filter(({ tag }) => isFirst(keepTags, index, tag));
      const retained = retainedBy(entry, [...new Set(own.map(({ sample }) => sample))]);
      return own.filter(({ sample }) => retained.includes(sample)).map(({ tag }) => tag);
    });
    const off = keepTags.length === 0 ? [] : tags.map(({ tag }) => tag).filter((tag) => !kept.includes(tag));
    const bare = samples.filter((one) => one.tags.length === 0);
    const retained = keepUntagged ? retainedBy(keepUntagged, newestFirst(bare), []) : [];
    const gone = withoutTags(samples, new Set(off));
    const images = deleteUntagged ? bare.filter((one) => one.age > (daysIn(wait) ?? 0) && !retained.includes(one)) : [];
    return { ...gone, images: [...gone.images, ...images] };
  };
}

function isFirst(keepTags: ZotPolicy['keepTags'], index: number, tag: string): boolean {
  return keepTags.findIndex(({ patterns }) => patterns.length === 0 || patterns.some((pattern) => finds(pattern)(tag))) === index;
}

/** What any of the bounds keeps; `otherwise` where no bound is given. */
function retainedBy(bounds: ZotBounds, newest: readonly Sample[], otherwise = newest): readonly Sample[] {
  const { pulledWithin, pushedWithin, mostRecentlyPushedCount: pushed, mostRecentlyPulledCount: pulled } = bounds;
  if (pulledWithin === undefined && pushedWithin === undefined && pushed === 0 && pulled === 0) return otherwise;
  const isWithin = (age: number | undefined, text: string | undefined): boolean =>
    age !== undefined && text !== undefined && age <= (daysIn(text) ?? 0);
  return [
    ...newest.slice(0, pushed),
    ...newest.toSorted((a, b) => (a.pulled ?? Infinity) - (b.pulled ?? Infinity)).slice(0, pulled),
    ...newest.filter((one) => isWithin(one.age, pushedWithin) || isWithin(one.age, pulledWithin) || isWithin(one.pulled, pulledWithin)),
  ];
}
