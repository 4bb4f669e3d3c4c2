declare const brand: unique symbol;

/**
 * A content digest such as `sha256:<64 hex>` (OCI image-spec, descriptor.md "Digests"). No other text passes for one: it is made by
 * {@link isDigest} and {@link digestOf} alone, where text enters.
 */
export type Digest = string & { readonly [brand]: 'Digest' };

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** True of a whole, lower-case digest of an algorithm that the OCI image-spec registers. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value);
}

/** The text as a digest, for text that was made to be one. Throws `TypeError` for any other text. */
export function digestOf(text: string): Digest {
  if (isDigest(text)) return text;
  throw new TypeError(`${JSON.stringify(text)} is not a digest`);
}
