import { daysIn } from '../days-in.ts';
import type { CleanupInputs } from '../settings/ghcr-cleanup.ts';
import { finds, type Gone, newestFirst, type Original, type Sample, wildcard } from './original.ts';

/** A step that uses dataaxiom/ghcr-cleanup-action. */
export function originalGhcrCleanup(inputs: CleanupInputs): Original {
  const { 'exclude-tags': exclude, 'older-than': olderThan, 'keep-n-tagged': keepTagged, 'keep-n-untagged': keepUntagged } = inputs;
  const list = inputs.tags ?? inputs['delete-tags'];
  const matcher = (text: string): ((tag: string) => boolean) => {
    const all = inputs['use-regex'] ? [finds(text)] : text.split(',').map((one) => wildcard(one, true));
    return (tag) => all.some((matches) => matches(tag));
  };
  const isDefault = ['delete-ghost-images', 'delete-partial-images', 'delete-orphaned-images'].every(
    (name) => inputs[name as 'delete-ghost-images'] === undefined,
  );
  return (_repository, samples): Gone => {
    const days = olderThan === undefined ? 0 : (daysIn(olderThan) ?? 0);
    const left = newestFirst(samples).filter(({ tags, age }) => age > days && !(exclude !== undefined && tags.some(matcher(exclude))));
    const images: Sample[] = [];
    const off: string[] = [];
    if (list === undefined && keepTagged !== undefined) images.push(...left.filter(({ tags }) => tags.length > 0).slice(keepTagged));
    if (list !== undefined) {
      const matches = matcher(list);
      const own = left.filter(({ tags }) => tags.some(matches)).slice(keepTagged ?? 0);
      off.push(...own.flatMap(({ tags }) => tags.filter(matches)));
      images.push(...own.filter(({ tags }) => tags.every(matches)));
    }
    const takesUntagged =
      keepUntagged !== undefined || (inputs['delete-untagged'] ?? (list === undefined && keepTagged === undefined && isDefault));
    if (takesUntagged) images.push(...left.filter(({ tags }) => tags.length === 0).slice(keepUntagged ?? 0));
    return { images, tags: [...off, ...images.flatMap(({ tags }) => tags)] };
  };
}
