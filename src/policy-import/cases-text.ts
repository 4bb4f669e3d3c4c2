import { Document, isMap, isNode, isScalar, type YAMLMap } from 'yaml';
import type { BorderCase } from './border-cases.ts';

/** What becomes of images, by their names: deleted or archived; what is not in it stays. */
type Fates = ReadonlyMap<string, 'delete' | 'archive'>;

/** A case, with what becomes of its images by the original and by the policies that were imported. */
export interface DecidedCase extends BorderCase {
  readonly there: Fates;
  readonly here: Fates;
}

/** An image as a file of cases writes it: when it was pushed, or more. */
export type CaseImages = Readonly<Record<string, string | { pushed: string; pulled?: string; untagged?: true }>>;

/**
 * A file of cases for `policy test`. What the original deletes and the policy keeps is expected to stay, and a comment says so. `policy` is
 * the policy file, from this one; undefined: the one beside.
 */
export function casesText(cases: readonly DecidedCase[], policy: string | undefined): string {
  const document = new Document({
    version: 1,
    ...(policy !== undefined && { policy }),
    cases: cases.map((one, index) => ({
      name: cases.slice(0, index).some(({ name }) => name === one.name) ? `${one.name} (${index + 1})` : one.name,
      repository: one.repository,
      images: caseImages(one),
      expect: Object.fromEntries(one.samples.map(({ name }) => [name, expected(one, name)])),
    })),
  });
  document.commentBefore =
    ' Images at the borders of each rule, and what becomes of them where the policy comes from: "policy test" tells whether it is so here.';
  cases.forEach(({ samples, left, there }, index) => {
    const node = document.getIn(['cases', index], true);
    if (isNode(node) && left.length > 0) node.commentBefore = left.map((line) => ` ${line}`).join('\n');
    const images = document.getIn(['cases', index, 'images'], true);
    if (isMap(images)) for (const { value } of (images as YAMLMap).items) if (isMap(value)) value.flow = true;
    for (const { name } of samples) {
      const value = document.getIn(['cases', index, 'expect', name], true);
      const fate = there.get(name);
      if (isScalar(value) && fate !== undefined && value.value !== fate) value.comment = ` the original ${fate}s it`;
    }
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** What becomes of an image by both; the gentler where they differ. */
function expected({ there, here }: DecidedCase, name: string): 'keep' | 'archive' | 'delete' {
  const fates = [there.get(name), here.get(name)];
  if (fates.includes(undefined)) return 'keep';
  return fates.includes('archive') ? 'archive' : 'delete';
}

export function caseImages({ samples }: BorderCase): CaseImages {
  return Object.fromEntries(
    samples.map(({ name, sample: { age, pulled, tags } }) => {
      const pushed = ageText(age);
      const more = { ...(pulled !== undefined && { pulled: ageText(pulled) }), ...(tags.length === 0 && { untagged: true as const }) };
      return [name, Object.keys(more).length === 0 ? pushed : { pushed, ...more }];
    }),
  );
}

/** Days as whole hours, or as whole days where they are. */
function ageText(days: number): string {
  const hours = Math.round(days * 24);
  return hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`;
}
