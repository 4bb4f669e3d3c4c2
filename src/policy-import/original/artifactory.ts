import type { CleanupRule } from '../settings/artifactory-cleanup.ts';
import { newestFirst, type Original, type Sample, tagsOf, wildcard, withoutTags } from './original.ts';

/** A tag, as the tool sees it: a folder with a manifest of its own. */
interface Artifact {
  /** `image/tag` */
  readonly path: string;
  readonly tag: string;
  readonly sample: Sample;
}

/** One policy of artifactory-cleanup. An age counts from the beginning of the day, so that a day more is certain. */
export function originalArtifactory(rules: readonly CleanupRule[]): Original {
  return (repository, samples) => {
    const image = repository.split('/').slice(1).join('/');
    const all = tagsOf(newestFirst(samples)).map(({ tag, sample }) => ({ tag, sample, path: `${image}/${tag}` }));
    const selected = all.filter((artifact) => rules.every((rule) => selects(rule, artifact)));
    const off = rules.reduce<readonly Artifact[]>(keepers, selected);
    return withoutTags(samples, new Set(off.map(({ tag }) => tag)));
  };
}

function selects(rule: CleanupRule, { path, sample: { age, pulled } }: Artifact): boolean {
  switch (rule.rule) {
    case 'DeleteOlderThan':
    case 'DeleteDockerImagesOlderThan':
      return age > rule.days + 1;
    case 'DeleteNotUsedSince':
    case 'DeleteDockerImagesNotUsed':
      return (pulled ?? age) > rule.days + 1;
    case 'DeleteWithoutDownloads':
      return pulled === undefined;
    case 'DeleteOlderThanNDaysWithoutDownloads':
    case 'DeleteDockerImagesOlderThanNDaysWithoutDownloads':
      return pulled === undefined && age > rule.days + 1;
    case 'IncludeDockerImages':
    case 'IncludePath':
      return rule.masks.some((mask) => wildcard(mask.replaceAll(':', '/'), true)(path));
    case 'ExcludeDockerImages':
    case 'ExcludePath':
      return !rule.masks.some((mask) => wildcard(mask.replaceAll(':', '/'), true)(path));
    default:
      return true;
  }
}

/** What is left after a rule has taken out what it keeps. */
function keepers(left: readonly Artifact[], rule: CleanupRule, index: number, rules: readonly CleanupRule[]): readonly Artifact[] {
  const seesImages = rules.slice(0, index).some(({ rule: name }) => name.includes('Docker'));
  switch (rule.rule) {
    case 'KeepLatestNDockerImages': {
      const kept = [...new Set(left.map(({ sample }) => sample))].slice(0, rule.count);
      return left.filter(({ sample }) => !kept.includes(sample));
    }
    case 'KeepLatestNFiles':
      return left.slice(rule.count);
    case 'KeepLatestNFilesInFolder':
      return seesImages ? left.slice(rule.count) : left.slice(rule.count > 0 ? left.length : 0);
    case 'DeleteLeastRecentlyUsedFiles':
      return left.toSorted((a, b) => used(a) - used(b)).slice(rule.keep);
    case 'KeepLatestNVersionImagesByProperty':
      return versionsAfter(left, rule.count, rule.number_of_digits_in_version ?? 1, rule.custom_regexp ?? String.raw`(^\d+\.\d+\.\d+$)`);
    default:
      return left;
  }
}

function used({ sample: { age, pulled } }: Artifact): number {
  return pulled ?? age;
}

function versionsAfter(left: readonly Artifact[], count: number, digits: number, regex: string): readonly Artifact[] {
  const isVersion = new RegExp(regex);
  // It stops with an error at a tag that is not a version, before anything is deleted.
  if (!left.every(({ tag }) => isVersion.test(tag))) return [];
  const numbers = ({ tag }: Artifact): number[] => (tag.match(/\d+/g) ?? []).map(Number);
  const ordered = left.toSorted((a, b) => {
    const [one, other] = [numbers(a), numbers(b)];
    return [0, 1, 2].map((at) => (other[at] ?? 0) - (one[at] ?? 0)).find((difference) => difference !== 0) ?? 0;
  });
  const groupOf = (artifact: Artifact): string => numbers(artifact).slice(0, digits).join('.');
  return ordered.filter((artifact, at) => ordered.slice(0, at).filter((other) => groupOf(other) === groupOf(artifact)).length >= count);
}
