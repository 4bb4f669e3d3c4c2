import type { LifecycleRule } from '../settings/ecr-lifecycle.ts';
import { newestFirst, type Original, type Sample, wildcard } from './original.ts';

/** Each rule marks what it selects; an image that a rule above selects too is marked by that alone, and all must be met of several tags. */
export function originalEcr(rules: readonly LifecycleRule[]): Original {
  const active = rules.filter(({ selection }) => selection.storageClass !== 'archive' && selection.countType !== 'sinceImageTransitioned');
  return (_repository, samples) => {
    const marked = (action: LifecycleRule['action']['type']): Sample[] =>
      active.flatMap((rule, index) =>
        newestFirst(samples.filter((image) => selects(rule, image)))
          .filter((image, rank) => isOver(rule, image, rank))
          .filter((image) => rule.action.type === action && !active.slice(0, index).some((above) => selects(above, image))),
      );
    const images = marked('expire');
    return { images, tags: images.flatMap(({ tags }) => tags), archived: marked('transition') };
  };
}

function selects({ selection: { tagStatus, tagPatternList, tagPrefixList } }: LifecycleRule, { tags }: Sample): boolean {
  if (tagStatus !== 'tagged') return tagStatus === 'any' || tags.length === 0;
  const patterns = tagPatternList ?? tagPrefixList?.map((prefix) => `${prefix}*`) ?? [];
  return patterns.length > 0 && patterns.every((pattern) => tags.some(wildcard(pattern)));
}

function isOver({ selection: { countType, countNumber } }: LifecycleRule, { age, pulled }: Sample, rank: number): boolean {
  if (countType === 'imageCountMoreThan') return rank >= countNumber;
  return (countType === 'sinceImagePulled' ? Math.min(age, pulled ?? age) : age) > countNumber;
}
