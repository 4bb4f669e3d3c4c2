import { attachmentTagSubject } from '../../../src/domain/tag.ts';

/** The tags that people set, sorted: no cosign and no fallback tags. */
export function ordinaryTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => attachmentTagSubject(tag) === undefined).sort();
}
