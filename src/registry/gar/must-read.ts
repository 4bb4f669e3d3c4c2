import type { Digest } from '../../domain/digest.ts';
import { isIndexType, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST } from '../../domain/media-types.ts';
import { attachmentTagSubject } from '../../domain/tag.ts';
import { isImageConfigType } from '../../distribution/image-config.ts';
import type { DockerImage, ListedChild } from './docker-image.ts';

/**
 * Those images whose manifest must be read for what the list does not tell: what an index lists, where it says nothing of that, and what an artifact is attached to. What has a
 * subject has an artifact type too (API reference, `DockerImage.artifactType`), and Docker's own manifests have neither. Artifacts without one, such as charts, are told from
 * images by the build time that only images have, or that an index lists them with a platform; cosign's by their tags.
 */
export function imagesToRead(images: readonly DockerImage[]): DockerImage[] {
  const listed = new Map<Digest, ListedChild>();
  for (const { children } of images) for (const child of children) listed.set(child.digest, child);
  return images.filter((image) => mustRead(image, listed.get(image.digest)));
}

function mustRead({ mediaType, artifactType, tags, createdAt, children }: DockerImage, listed: ListedChild | undefined): boolean {
  if (mediaType === undefined || !MANIFEST_TYPES.includes(mediaType)) return true;
  if (isIndexType(mediaType) && children.length === 0) return true;
  if (mediaType !== OCI_MANIFEST && mediaType !== OCI_INDEX) return mediaType.includes('.oci.');
  if (artifactType !== undefined) return isImageConfigType(artifactType) ? tags.length === 0 && !listed : true;
  if (mediaType === OCI_INDEX || createdAt !== undefined || listed?.hasPlatform === true) return false;
  return tags.length === 0 || tags.some((tag) => attachmentTagSubject(tag) === undefined);
}
