/**
 * The annotations, of a manifest or of one of its layers, that tell the predicate type of an in-toto statement (in-toto attestation
 * bundles; BuildKit; cosign, pkg/oci/static and pkg/oci/remote; GitHub's attestations).
 */
const PREDICATE_KEYS: readonly string[] = ['in-toto.io/predicate-type', 'predicateType', 'dev.sigstore.bundle.predicateType'];

/** The predicate types that annotations tell. */
export function predicatesIn(annotations: Readonly<Record<string, string>> | undefined): string[] {
  if (!annotations) return [];
  return PREDICATE_KEYS.flatMap((key) => (Object.hasOwn(annotations, key) ? [annotations[key] as string] : []));
}

/** Predicate types of SBOMs, by how they begin (in-toto/attestation, spec/predicates). */
const SBOM_PREDICATES: readonly string[] = ['https://spdx.dev/Document', 'https://cyclonedx.org/', 'https://syft.dev/bom'];

export function isSbomPredicate(predicate: string): boolean {
  return SBOM_PREDICATES.some((start) => predicate.startsWith(start));
}
