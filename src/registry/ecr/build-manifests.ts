import { byCodeUnit } from '../../domain/compare.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Manifest } from '../../domain/inventory.ts';
import { isIndexType } from '../../domain/media-types.ts';
import { attestationsIn } from '../../distribution/attestations-in.ts';
import { isImageConfigType } from '../../distribution/image-config.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { type OwnPulls, pullByOthers } from '../../distribution/own-pulls.ts';
import { timesOf } from '../../distribution/seen-tags.ts';
import type { ImageDetail } from './image-detail.ts';

/** What was read of a repository. */
export interface ReadImages {
  readonly details: ReadonlyMap<Digest, ImageDetail>;
  /** The manifests that had to be read. */
  readonly documents: ReadonlyMap<Digest, ManifestDocument>;
  /** What this program itself pulled. */
  readonly ownPulls: OwnPulls;
  /** When tags were first seen where they are, as far as that is remembered. */
  readonly firstSeen: ReadonlyMap<string, string>;
}

/** Makes the manifests of an inventory, sorted by digest. */
export function buildManifests({ details, documents, ownPulls, firstSeen }: ReadImages): Manifest[] {
  const tagged = [...details.values()].filter(({ tags }) => tags.length > 0);
  const attestations = attestationsIn({ documents, tags: new Map(tagged.map(({ digest, tags }) => [digest, tags])) });
  return [...details.values()]
    .toSorted((a, b) => byCodeUnit(a.digest, b.digest))
    .map((detail): Manifest => {
      const { digest, tags, size, pushedAt, unarchivedAt, vulnerability, scan } = detail;
      const document = documents.get(digest);
      const mediaType = document?.mediaType ?? detail.mediaType ?? 'application/octet-stream';
      const children = [...new Set((document?.children ?? []).map((child) => child.digest))];
      // Somebody who pulls an index pulls an image of it too, which is recorded there. Of anything else a pull by others that ECR does not
      // write down, since it came within a day of this program's own, would be overlooked.
      const own = children.some((child) => details.has(child)) ? ownPulls.get(digest) : undefined;
      const pulledAt = newer(pullByOthers(detail.pulledAt, own), unarchivedAt);
      const seen = timesOf(tags, firstSeen);
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
        ...(seen && { firstSeen: seen }),
        ...(pushedAt !== undefined && { pushedAt }),
        ...(unarchivedAt !== undefined && { unarchivedAt }),
        ...(pulledAt !== undefined && { pulledAt }),
        children,
        ...(subject !== undefined && { subject }),
        ...(artifactType !== undefined && { artifactType }),
        ...(vulnerability && { vulnerability }),
        ...(scan && { scan }),
        ...(attestations.has(digest) && { attestation: true }),
        ...(document?.predicates && { predicates: document.predicates }),
        ...(detail.archived && { archived: true }),
      };
    });
}

/** Of two times of one form, either of which may be missing. */
function newer(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}
