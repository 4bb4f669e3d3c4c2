import { daysIn } from '../days-in.ts';
import type { CleanupPolicy } from '../settings/gar-cleanup.ts';
import { newestFirst, type Original, type Sample } from './original.ts';

/** What a Delete policy matches goes with all its tags, but what a Keep policy matches. */
export function originalGar(policies: readonly CleanupPolicy[]): Original {
  return (repository, samples) => {
    const name = repository.split('/').slice(2).join('/');
    const matched = (action: CleanupPolicy['action']): Sample[] =>
      policies.filter((policy) => policy.action === action && isFor(policy, name)).flatMap((policy) => matchedBy(policy, samples));
    const kept = new Set(matched('keep'));
    const images = [...new Set(matched('delete'))].filter((image) => !kept.has(image));
    return { images, tags: images.flatMap(({ tags }) => tags) };
  };
}

function isFor({ condition, mostRecentVersions }: CleanupPolicy, name: string): boolean {
  const prefixes = condition?.packageNamePrefixes ?? mostRecentVersions?.packageNamePrefixes;
  return prefixes?.some((prefix) => name.startsWith(prefix)) ?? true;
}

function matchedBy({ condition = {}, mostRecentVersions }: CleanupPolicy, samples: readonly Sample[]): Sample[] {
  if (mostRecentVersions) return newestFirst(samples).slice(0, mostRecentVersions.keepCount);
  const { tagState = 'any', tagPrefixes, versionNamePrefixes, olderThan, newerThan } = condition;
  // A sample has no digest whose first digits could be asked for.
  if (versionNamePrefixes) return [];
  return samples.filter(({ tags, age }) => {
    const hasState = tagPrefixes
      ? tagPrefixes.some((prefix) => tags.some((tag) => tag.startsWith(prefix)))
      : !['tagged', 'untagged'].includes(tagState) || (tagState === 'tagged') === tags.length > 0;
    return (
      hasState && (olderThan === undefined || age > (daysIn(olderThan) ?? 0)) && (newerThan === undefined || age < (daysIn(newerThan) ?? 0))
    );
  });
}
