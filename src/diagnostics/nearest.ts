/** The candidate that a misspelt word most likely means; undefined if none is near. Case, `-`, `_` and the plural do not count. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = normalize(word);
  if (wanted.length === 0 || wanted.length > LONGEST) return undefined;
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const name = normalize(candidate);
    // A third of the word may be wrong; a beginning of at least three letters stands for the whole.
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3));
    const distance =
      wanted.length >= 3 && name.startsWith(wanted) ? Math.min(limit, name.length - wanted.length) : editDistance(wanted, name);
    if (distance <= limit && distance < wanted.length && (!best || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** `; did you mean "…"?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : `; did you mean "${candidate}"?`;
}

const LONGEST = 64;

function normalize(text: string): string {
  return text.toLowerCase().replace(/[-_]/g, '').replace(/ies$/, 'y').replace(/s$/, '');
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min((current[j] as number) + 1, (next[j - 1] as number) + 1, (current[j - 1] as number) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, (previous[j - 2] as number) + 1);
      next.push(distance);
    }
    previous = current;
    current = next;
  }
  return current[b.length] as number;
}
