import { byCodeUnit } from '../../domain/compare.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Manifest } from '../../domain/inventory.ts';
import { isIndexType } from '../../domain/media-types.ts';
import { isImageConfigType } from '../../distribution/image-config.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import type { ImageDetail } from './image-detail.ts';

/** What was read of a repository. */
export interface ReadImages {
  readonly details: ReadonlyMap<Digest, ImageDetail>;
  /** The manifests that had to be read. */
  readonly documents: ReadonlyMap<Digest, ManifestDocument>;
}

/** Makes the manifests of an inventory, sorted by digest. */
export function buildManifests({ details, documents }: ReadImages): Manifest[] {
  return [...details.values()]
    .toSorted((a, b) => byCodeUnit(a.digest, b.digest))
    .map((detail): Manifest => {
      const { digest, tags, size, pushedAt, pulledAt, vulnerability } = detail;
      const document = documents.get(digest);
      const mediaType = document?.mediaType ?? detail.mediaType ?? 'application/octet-stream';
      const subject = document?.subject ?? detail.subject;
      const artifactType =
        document?.artifactType ??
        (detail.artifactType !== undefined && isImageConfigType(detail.artifactType) ? undefined : detail.artifactType);
      return {
        digest,
        mediaType,
        // Of an index ECR tells the size of its largest image, which counts itself.
        size: document && isIndexType(mediaType) ? document.bytes : size,
        tags: tags.toSorted(byCodeUnit),
        ...(pushedAt !== undefined && { pushedAt }),
        ...(pulledAt !== undefined && { pulledAt }),
        children: [...new Set((document?.children ?? []).map((child) => child.digest))],
        ...(subject !== undefined && { subject }),
        ...(artifactType !== undefined && { artifactType }),
        ...(vulnerability && { vulnerability }),
        ...(detail.archived && { archived: true }),
      };
    });
}
