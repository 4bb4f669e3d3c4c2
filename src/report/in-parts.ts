/** About as many UTF-16 code units are in one part. */
const PART = 65_536;

/** Joins texts to parts that are long enough to be written one by one, so that a long text need not be in memory whole. */
export function* inParts(texts: Iterable<string>): Generator<string, void, undefined> {
  let part = '';
  for (const text of texts) {
    part += text;
    if (part.length < PART) continue;
    yield part;
    part = '';
  }
  yield part;
}
