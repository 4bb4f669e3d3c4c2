import { Document, isMap, isNode, isScalar, type YAMLMap } from 'yaml';
import type { BorderCase } from './border-cases.ts';

/** A case, with the names of the images that go by the original and by the policies that were imported. */
export interface DecidedCase extends BorderCase {
  readonly there: ReadonlySet<string>;
  readonly here: ReadonlySet<string>;
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
      expect: Object.fromEntries(one.samples.map(({ name }) => [name, one.there.has(name) && one.here.has(name) ? 'delete' : 'keep'])),
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
      if (isScalar(value) && value.value === 'keep' && there.has(name)) value.comment = ' the original deletes it';
    }
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
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
