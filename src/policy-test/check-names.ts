import type { Path } from '../config/yaml-document.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import { splitReference } from '../domain/reference.ts';
import { isTag } from '../domain/tag.ts';
import { parseImage } from '../inuse/parse-image.ts';
import type { CaseSpec } from './case-schema.ts';
import { imageSpec, isTime, namesOf, tagsOf, type WrittenImages } from './written-images.ts';

/** Tells a problem with the value at a path of a case, or with its key. */
type Add = (path: Path, message: string, atKey?: boolean) => void;

/**
 * Tells what is wrong with what a case calls its images, and with the names by which it speaks of them. `hasNow`: its file says as of when
 * it is decided.
 */
export function checkNames(spec: CaseSpec, hasNow: boolean, add: Add): void {
  const { images, inUse = [], expect = {} } = spec;
  if (images) checkImages(images, hasNow || spec.now !== undefined, add);
  const names = images && [...namesOf(images).keys()];
  const unknown = (name: string): string => `there is no image "${name}" in this case${didYouMean(name, names ?? [])}`;
  inUse.forEach((text, index) => {
    if (names?.includes(text)) return;
    const image = names && !/[:/@]/.test(text) ? unknown(text) : parseImage(text);
    if (typeof image === 'string') add(['inUse', index], image);
  });
  for (const name of Object.keys(expect)) {
    const { tag, digest } = splitReference(name);
    if (names) {
      if (!names.includes(name)) add(['expect', name], unknown(name), true);
    } else if (name.includes('/') && tag === undefined && digest === undefined) {
      add(['expect', name], `"${name}" names no image: write the tag behind it, such as ${name}:v1`, true);
    }
  }
}

function checkImages(images: WrittenImages, hasNow: boolean, add: Add): void {
  const taken = new Set<string>();
  for (const [name, written] of Object.entries(images)) {
    const path = ['images', name];
    const spec = imageSpec(written);
    const tags = tagsOf(name, spec);
    if (spec.tags && tags.length === 0) add([...path, 'tags'], 'cannot stand beside "untagged" or "orphaned"');
    for (const key of ['pushed', 'created', 'pulled', 'tagged'] as const)
      if (!hasNow && isTime(spec[key]))
        add(typeof written === 'string' ? path : [...path, key], 'a time needs "now", in the case or at the top: as of when it is decided');
    (tags.length === 0 ? [name] : tags).forEach((called, index) => {
      const atKey = index === 0;
      const where = atKey ? path : [...path, 'tags', index - 1];
      if (tags.length > 0 && !isTag(called)) add(where, `"${called}" is not a tag; an image without one says "untagged: true"`, atKey);
      if (taken.has(called)) add(where, `the tag "${called}" is on an image of this case already`, atKey);
      taken.add(called);
    });
  }
}
