type Labels = Readonly<Record<string, string>>;

/**
 * The labels of an index, made from those of its images: a label counts for the index where all images that have it agree on its
 * value. Undefined where there is no such label.
 */
export function agreedLabels(images: Iterable<Labels | undefined>): Labels | undefined {
  const values = new Map<string, Set<string>>();
  for (const labels of images) {
    for (const [name, value] of Object.entries(labels ?? {})) values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const agreed = [...values].flatMap(([name, all]) => (all.size === 1 ? [...all].map((value): [string, string] => [name, value]) : []));
  return agreed.length > 0 ? Object.fromEntries(agreed) : undefined;
}
