type Labels = Readonly<Record<string, string>>;

/**
 * The labels of an index, of those of its images: what all that have the label agree on, for a label on the parts of an image is the image's. Undefined
 * where there is none.
 */
export function agreedLabels(images: Iterable<Labels | undefined>): Labels | undefined {
  const values = new Map<string, Set<string>>();
  for (const labels of images) {
    for (const [name, value] of Object.entries(labels ?? {})) values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const agreed = [...values].flatMap(([name, all]) => (all.size === 1 ? [...all].map((value): [string, string] => [name, value]) : []));
  return agreed.length > 0 ? Object.fromEntries(agreed) : undefined;
}
