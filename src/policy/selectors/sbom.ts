import { digestKey, parseDigestTag } from '../../domain/attachment.ts';
import type { Manifest } from '../../domain/inventory.ts';
import { isSbomPredicate, predicatesIn } from '../../domain/predicates.ts';
import { isIndexType, isSbomType, isStatementType } from '../../domain/media-types.ts';
import { type Candidate, partsOf } from './candidate.ts';

/**
 * Whether an SBOM is attached to an image, or to anything that it lists as an index: under cosign's tag `.sbom`, as a referrer of a type of
 * SBOMs, or as an in-toto statement, which BuildKit keeps in the index beside the images (moby/buildkit, docs/attestations). Undefined
 * where it has an attestation, and nothing tells whether that is an SBOM.
 */
export function hasSbom(image: Candidate): boolean | undefined {
  let answer: boolean | undefined = false;
  for (const part of partsOf(image)) {
    const kinds = [...(part === image ? [] : [kindOfChild(part.manifest)]), ...part.attachments.map((one) => kindOfAttachment(one, part))];
    if (kinds.includes('sbom')) return true;
    if (kinds.includes('unknown')) answer = undefined;
  }
  return answer;
}

type Kind = 'sbom' | 'other' | 'unknown';

function kindOfAttachment({ manifest }: Candidate, { manifest: { digest } }: Candidate): Kind {
  const { artifactType, mediaType, tags } = manifest;
  if (artifactType !== undefined && isSbomType(artifactType)) return 'sbom';
  const suffixes = tags.flatMap((tag) => {
    const named = parseDigestTag(tag);
    return named?.key === digestKey(digest) ? [named.suffix] : [];
  });
  if (suffixes.includes('sbom')) return 'sbom';
  if (suffixes.includes('att') || (artifactType !== undefined && isStatementType(artifactType))) return kindOfStatements(manifest);
  // The index under a fallback tag is not an SBOM itself; what it lists is attached on its own.
  if (suffixes.length > 0 || isIndexType(mediaType)) return 'other';
  return artifactType === undefined ? kindOfStatements(manifest) : 'other';
}

/** Of what an index lists, attestations alone tell of SBOMs. */
function kindOfChild(manifest: Manifest): Kind {
  return manifest.attestation === true || manifest.predicates ? kindOfStatements(manifest) : 'other';
}

function kindOfStatements({ predicates, annotations }: Manifest): Kind {
  const told = predicates ?? predicatesIn(annotations);
  if (told.length === 0) return 'unknown';
  return told.some(isSbomPredicate) ? 'sbom' : 'other';
}
