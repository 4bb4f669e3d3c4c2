/** A content digest such as `sha256:<64 hex>` (OCI image-spec, descriptor.md "Digests"). Checked where it enters. */
export type Digest = string;

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** True of a whole, lower-case digest of an algorithm that the OCI image-spec registers. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}
