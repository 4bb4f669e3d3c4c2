/** Manifest media types, and what they say about a manifest. Source: OCI image-spec 1.1 and Docker's schema 2 documents. */
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
/** Schema 1, signed: its digest is the digest of what was signed, not of its bytes. */
export const SIGNED_SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
/** Schema 1 without a signature. */
export const SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+json';

/**
 * All manifest types there are, for the Accept header. Leave one out and a registry answers 404 or hands out a
 * converted manifest with another digest (distribution, registry/handlers/manifests.go).
 */
export const MANIFEST_TYPES: readonly string[] = [
  OCI_INDEX,
  OCI_MANIFEST,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  'application/vnd.oci.artifact.manifest.v1+json',
  SIGNED_SCHEMA1,
  SCHEMA1,
];

/** True of an OCI image index and of a Docker manifest list. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

/** Types of what is a blob wherever it is listed: layers, the configs of images, and the config of BuildKit's caches. */
const BLOB_TYPE =
  /^application\/vnd\.(?:oci\.image\.(?:layer|config)\.|docker\.(?:image\.rootfs|container\.image)\.|buildkit\.cacheconfig\.)/;

/**
 * True of the types of layers and configs. Caches of BuildKit are indexes that list them, and distribution 2.8 answers 500 where one is
 * asked for as a manifest.
 */
export function isBlobType(mediaType: string): boolean {
  return BLOB_TYPE.test(mediaType);
}

/** True of the artifact types that a signature carries as a referrer (cosign, sigstore bundle, notation). */
export function isSignatureType(artifactType: string): boolean {
  return (
    artifactType === 'application/vnd.dev.cosign.artifact.sig.v1+json' ||
    artifactType.startsWith('application/vnd.dev.sigstore.bundle.') ||
    artifactType === 'application/vnd.cncf.notary.signature'
  );
}

/** Artifact types of SBOMs, by how they begin; many others have the word in them. */
const SBOM_TYPES: readonly string[] = ['application/spdx', 'text/spdx', 'application/vnd.cyclonedx', 'application/vnd.syft'];
/** Artifact types of statements whose predicate may be an SBOM, by how they begin. */
const STATEMENT_TYPES: readonly string[] = [
  'application/vnd.in-toto',
  'application/vnd.dsse.',
  'application/vnd.docker.attestation.',
  'application/vnd.dev.sigstore.bundle.',
  'application/vnd.dev.cosign.artifact.att',
];

/** True of the artifact types of SBOMs. */
export function isSbomType(artifactType: string): boolean {
  return /\bsbom\b/i.test(artifactType) || SBOM_TYPES.some((start) => artifactType.startsWith(start));
}

/** True of the artifact types of statements whose predicate may be an SBOM. */
export function isStatementType(artifactType: string): boolean {
  return STATEMENT_TYPES.some((start) => artifactType.startsWith(start));
}
