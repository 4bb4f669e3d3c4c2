import { parseDigestTag } from '../../../src/domain/attachment.ts';

/** The tags that people set, sorted: no cosign and no fallback tags. */
export function ordinaryTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => parseDigestTag(tag) === undefined).sort();
}
