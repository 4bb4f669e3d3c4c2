/** The same things, each before those that surely hold all of it; else in the order in which they came. */
export function narrowFirst<Thing>(things: readonly Thing[], isWithin: (inner: Thing, outer: Thing) => boolean): Thing[] {
  const left = [...things];
  const ordered: Thing[] = [];
  while (left.length > 0) {
    const next = left.findIndex((one) => !left.some((other) => other !== one && isWithin(other, one) && !isWithin(one, other)));
    // Where "surely within" goes round in a circle, the order does not matter.
    ordered.push(...left.splice(Math.max(next, 0), 1));
  }
  return ordered;
}
