import { globOf } from './glob-of.ts';

// A mask of artifactory-cleanup is compared with "image/tag" as a whole, ":" standing for "/". "*" and "?" stand for any characters there,
// "/" too.

/** What a mask surely selects: these tags of these repositories, as globs. */
export interface IncludedMask {
  readonly repositories: string;
  readonly tags: string;
}

/** Undefined for a mask that may be met by the name of an image as well as by a tag. */
export function includedByMask(mask: string): IncludedMask | undefined {
  const parts = partsOf(mask);
  return parts && { repositories: across(parts.image), tags: parts.tag === '*' ? '**' : inTag(parts.tag) };
}

/** What has to be taken out so that nothing goes that a mask finds: repositories and tags, as globs. */
export interface ExcludedMask {
  readonly repositories: readonly string[];
  readonly tags: readonly string[];
}

/** Undefined for a mask that finds what cannot be said. */
export function excludedByMask(mask: string): ExcludedMask | undefined {
  if (mask.includes('?')) return undefined;
  const parts = partsOf(mask);
  if (parts) {
    const { image, tag } = parts;
    // "a:b*" also finds tags of images below "a" whose names begin with "b".
    const [begin = '', ...more] = tag.split('*');
    const below = more.length > 0 ? [`${across(image)}/${globOf(begin)}**`] : [];
    return tag === '*' ? { repositories: [across(image), ...below], tags: [] } : { repositories: below, tags: [inTag(tag)] };
  }
  const [begin = '', middle = '', end = '', ...more] = mask.split('*');
  if (more.length > 0) return undefined;
  if (!mask.includes('*')) return { repositories: [], tags: [] };
  // The text between two "*" is either in the name of the image or in the tag: neither has a "/" in it.
  if (begin === '' && end === '' && middle !== '') return { repositories: [`**${globOf(middle)}**`], tags: [`*${globOf(middle)}*`] };
  if (mask === `${begin}*`) return { repositories: [`${globOf(begin)}**`], tags: [] };
  return mask === `*${middle}` ? { repositories: [], tags: [`*${globOf(middle)}`] } : undefined;
}

/** The two halves of a mask for an image and a tag. */
function partsOf(mask: string): { readonly image: string; readonly tag: string } | undefined {
  const at = Math.max(mask.lastIndexOf(':'), mask.lastIndexOf('/'));
  if (at <= 0 || at === mask.length - 1) return undefined;
  return { image: mask.slice(0, at).replaceAll(':', '/'), tag: mask.slice(at + 1) };
}

function across(mask: string): string {
  return globOf(mask).replaceAll('\\*', '**').replaceAll('\\?', '?');
}

function inTag(mask: string): string {
  return globOf(mask).replaceAll('\\*', '*').replaceAll('\\?', '?');
}
