import { DOCKER_MANIFEST, isIndexType, MANIFEST_TYPES, OCI_MANIFEST, SCHEMA1, SIGNED_SCHEMA1 } from '../../domain/media-types.ts';
import { isImageConfigType } from '../../distribution/image-config.ts';
import type { ImageDetail } from './image-detail.ts';

/**
 * True of an image whose manifest must be read: an index, for its children; one of a type that is not known here; one in the archive, to see whether it can be read at
 * all; and an untagged artifact for which ECR names no subject, since nearly all of those have one.
 */
export function mustRead(image: ImageDetail): boolean {
  const { mediaType, artifactType, archived, subject, tags } = image;
  if (holdsOthers(mediaType) || archived) return true;
  const artifact = mediaType === OCI_MANIFEST && artifactType !== undefined && !isImageConfigType(artifactType);
  return artifact && tags.length === 0 && subject === undefined;
}

/** On ECR Public, which names no subjects, true of everything that can have one. Docker's manifests cannot. */
export function mustReadPublic({ mediaType }: ImageDetail): boolean {
  return holdsOthers(mediaType) || mediaType === OCI_MANIFEST || !SUBJECTLESS.includes(mediaType ?? '');
}

const SUBJECTLESS: readonly string[] = [DOCKER_MANIFEST, SIGNED_SCHEMA1, SCHEMA1];

function holdsOthers(mediaType: string | undefined): boolean {
  return mediaType === undefined || isIndexType(mediaType) || !MANIFEST_TYPES.includes(mediaType);
}
