declare const brand: unique symbol;

/**
 * A content digest such as `sha256:<64 hex>` (OCI image-spec, descriptor.md "Digests"). No other text passes for one: it is made by
 * {@link isDigest} and {@link digestOf} alone, where text enters.
 */
export type Digest = string & { readonly [brand]: 'Digest' };

/** How a digest begins, by its length: of each algorithm that the OCI image-spec registers. */
const STARTS: Readonly<Record<number, string>> = { [7 + 64]: 'sha256:', [7 + 96]: 'sha384:', [7 + 128]: 'sha512:' };

/** True of a whole, lower-case digest of an algorithm that the OCI image-spec registers. */
export function isDigest(value: unknown): value is Digest {
  if (typeof value !== 'string') return false;
  const start = STARTS[value.length];
  return start !== undefined && value.startsWith(start) && areDigits(value, start.length, value.length);
}

/** The text as a digest, for text that was made to be one. Throws `TypeError` for any other text. */
export function digestOf(text: string): Digest {
  if (isDigest(text)) return text;
  throw new TypeError(`${JSON.stringify(text)} is not a digest`);
}

/** By character code: 1 for each lower-case hexadecimal digit. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => Number(/[0-9a-f]/.test(String.fromCharCode(code))));

/**
 * True of a text that has lower-case hexadecimal digits from one place up to another. By a table, which is twice as fast as an expression:
 * a large inventory has a million digests.
 */
export function areDigits(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (DIGITS[text.charCodeAt(at)] !== 1) return false;
  return true;
}

/**
 * The first 52 bits of a digest, or of its key, so that a million of them need little room. Whoever uses it must bear that two digests
 * agree by chance.
 */
export function digestStart(digest: string): number {
  const start = digest.indexOf(':') + 1;
  return Number.parseInt(digest.slice(start, start + 13), 16);
}
