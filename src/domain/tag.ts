import { type Digest, digestOf } from './digest.ts';

const ATTACHMENT_TAG = /^sha256-([0-9a-f]{64})(\.(?:sig|att|sbom))?$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** True of a tag by the grammar of the OCI distribution-spec. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * The digest that an attachment tag belongs to: cosign's `sha256-<hex>.sig|.att|.sbom` (cosign pkg/oci/remote) or the
 * referrers fallback tag `sha256-<hex>` (distribution-spec, "Referrers Tag Schema"). Undefined for an ordinary tag.
 */
export function attachmentTagSubject(tag: string): Digest | undefined {
  // This is asked of every tag again and again, and nearly all tags are ordinary.
  const match = tag.startsWith('sha256-') ? ATTACHMENT_TAG.exec(tag) : null;
  return match ? digestOf(`sha256:${match[1]}`) : undefined;
}

/** True of cosign's signature tag. */
export function isSignatureTag(tag: string): boolean {
  return attachmentTagSubject(tag) !== undefined && tag.endsWith('.sig');
}

/** True of the referrers fallback tag. */
export function isFallbackTag(tag: string): boolean {
  return attachmentTagSubject(tag) !== undefined && !tag.includes('.');
}
