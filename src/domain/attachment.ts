import { areDigits, type Digest } from './digest.ts';
import { isSignatureType } from './media-types.ts';

/** What a tag of the form `sha256-<64 hex digits>[.<suffix>]` says: a digest, and what is attached to it under that suffix. */
export interface DigestTag {
  /** The digest that it names, as {@link digestKey} writes it. */
  readonly key: string;
  /** What follows the digits and a dot; empty for the referrers fallback tag. */
  readonly suffix: string;
}

const STARTS: readonly string[] = ['sha256-', 'sha512-'];
/** Where the digits of a digest end in a tag, which has room for 64 of them. */
const END = 7 + 64;
const COSIGN_SUFFIXES: readonly string[] = ['sig', 'att', 'sbom'];
/** Artifact types of attestations, SBOMs and the like, by how they begin. Signatures have a list of their own. */
const ATTACHED_TYPES: readonly string[] = [
  'application/vnd.dev.cosign.',
  'application/vnd.dev.sigstore.',
  'application/vnd.cncf.notary.',
  'application/vnd.in-toto',
  'application/vnd.dsse.',
  'application/vnd.cyclonedx',
  'application/vnd.openvex',
  'application/vnd.syft',
  'application/spdx',
  'application/sarif',
  'text/spdx',
];

/**
 * Reads the digest that a tag names; undefined for a tag of another form. Whether such a tag makes its manifest an attachment depends on
 * what it stands on and on what else is in the repository (design, section 2).
 */
export function parseDigestTag(tag: string): DigestTag | undefined {
  if (!STARTS.some((start) => tag.startsWith(start)) || tag.length < END || !areDigits(tag, 7, END)) return undefined;
  if (tag.length > END && (tag.charAt(END) !== '.' || tag.length === END + 1)) return undefined;
  return { key: `${tag.slice(0, 6)}:${tag.slice(7, END)}`, suffix: tag.slice(END + 1) };
}

/** A digest as far as a tag can hold it: a tag has room for 64 hexadecimal digits (distribution-spec, "Referrers Tag Schema"). */
export function digestKey(digest: Digest): string {
  return digest.startsWith('sha256:') ? digest : digest.slice(0, digest.indexOf(':') + 65);
}

/** True of the suffixes that cosign itself uses (cosign pkg/oci/remote): under them there are attachments and nothing else. */
export function isCosignSuffix(suffix: string): boolean {
  return COSIGN_SUFFIXES.includes(suffix);
}

/** True of a tag that names a digest, and another one than that of its own manifest. */
export function namesAnotherDigest(tag: string, digest: Digest): boolean {
  const digestTag = parseDigestTag(tag);
  return digestTag !== undefined && digestTag.key !== digestKey(digest);
}

/** True of a tag by which cosign attaches its manifest to another one, whatever is in the repository. */
export function isCosignTag(tag: string, digest: Digest): boolean {
  const digestTag = parseDigestTag(tag);
  return digestTag !== undefined && isCosignSuffix(digestTag.suffix) && digestTag.key !== digestKey(digest);
}

/** True of the artifact types of signatures, attestations and SBOMs: what they describe is another manifest. */
export function isAttachedType(artifactType: string): boolean {
  return isSignatureType(artifactType) || ATTACHED_TYPES.some((start) => artifactType.startsWith(start));
}
