import { daysIn } from '../days-in.ts';
import type { RetentionInputs } from '../settings/container-retention.ts';
import type { VersionsInputs } from '../settings/package-versions.ts';
import { newestFirst, type Original, type Sample, wildcard } from './original.ts';

/** A step that uses snok/container-retention-policy: versions go whole, by any of their tags. */
export function originalContainerRetention(inputs: RetentionInputs): Original {
  const patterns = (inputs['image-tags'] ?? '').split(/\s+/).filter(Boolean);
  const plain = patterns.filter((pattern) => !pattern.startsWith('!')).map((pattern) => wildcard(pattern));
  const not = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => wildcard(pattern.slice(1)));
  const selects = (tag: string): boolean => (plain.length === 0 || plain.some((one) => one(tag))) && !not.some((one) => one(tag));
  return (_repository, samples) => {
    const { 'tag-selection': selection, 'cut-off': cutOff, 'keep-n-most-recent': keep } = inputs;
    const old = newestFirst(samples).filter(({ age }) => age > (daysIn(cutOff) ?? 0));
    const tagged = selection === 'untagged' ? [] : old.filter(({ tags }) => tags.some(selects)).slice(keep);
    const bare = selection === 'tagged' ? [] : old.filter(({ tags }) => tags.length === 0);
    return whole([...tagged, ...bare]);
  };
}

/** A step that uses actions/delete-package-versions. */
export function originalPackageVersions(inputs: VersionsInputs): Original {
  return (_repository, samples) => {
    const own = newestFirst(samples).filter(({ tags }) => !inputs['delete-only-untagged-versions'] || tags.length === 0);
    return whole(own.slice(inputs['min-versions-to-keep']));
  };
}

function whole(images: readonly Sample[]): ReturnType<Original> {
  return { images, tags: images.flatMap(({ tags }) => tags) };
}
