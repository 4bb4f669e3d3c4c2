import { byCodeUnit } from '../../domain/compare.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Manifest } from '../../domain/inventory.ts';
import { isIndexType } from '../../domain/media-types.ts';
import { createdTime } from '../../distribution/created-time.ts';
import { isImageConfigType } from '../../distribution/image-config.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { timesOf } from '../../distribution/seen-tags.ts';
import type { DockerImage } from './docker-image.ts';

/** What was read of a repository. */
export interface ReadImages {
  readonly images: ReadonlyMap<Digest, DockerImage>;
  /** The manifests that had to be read. */
  readonly documents: ReadonlyMap<Digest, ManifestDocument>;
  readonly immutableTags: boolean;
  /** When tags were first seen where they are, as far as that is remembered. */
  readonly firstSeen: ReadonlyMap<string, string>;
}

/** Makes the manifests of an inventory, sorted by digest. */
export function buildManifests(read: ReadImages): Manifest[] {
  const facts = new Facts(read);
  return [...read.images.values()]
    .toSorted((a, b) => byCodeUnit(a.digest, b.digest))
    .map((image): Manifest => {
      const { digest, pushedAt } = image;
      const document = read.documents.get(digest);
      const mediaType = facts.mediaType(image);
      const tags = image.tags.toSorted(byCodeUnit);
      const artifactType = facts.artifactType(image);
      const createdAt = facts.createdAt(image);
      const seen = timesOf(tags, read.firstSeen);
      return {
        digest,
        mediaType,
        // What it tells of an index is not its own size, which is a few hundred bytes for each of its children.
        size: isIndexType(mediaType) ? (document?.bytes ?? 0) : image.size,
        tags,
        ...(seen && { firstSeen: seen }),
        ...(pushedAt !== undefined && { pushedAt }),
        ...(createdAt !== undefined && { createdAt }),
        children: [...new Set(facts.children(image).map((child) => child.digest))],
        ...(document?.subject !== undefined && { subject: document.subject }),
        ...(artifactType !== undefined && { artifactType }),
        ...(facts.isAttestation(digest) && { attestation: true }),
        ...(document?.predicates && { predicates: document.predicates }),
        ...(read.immutableTags && tags.length > 0 && { lockedTags: tags }),
      };
    });
}

/** What the list and, where it was read, the manifest say together. */
class Facts {
  readonly #read: ReadImages;
  readonly #created = new Map<Digest, string | undefined>();
  #attestations: ReadonlySet<Digest> | undefined;

  constructor(read: ReadImages) {
    this.#read = read;
  }

  /** True of what is called an attestation by every index that lists it. */
  isAttestation(digest: Digest): boolean {
    if (!this.#attestations) {
      const all = [...this.#read.images.values()].flatMap((image) => this.children(image));
      const images = new Set(all.filter(({ attestation }) => !attestation).map((child) => child.digest));
      this.#attestations = new Set(all.map((child) => child.digest).filter((child) => !images.has(child)));
    }
    return this.#attestations.has(digest);
  }

  mediaType({ digest, mediaType = 'application/octet-stream' }: DockerImage): string {
    return this.#read.documents.get(digest)?.mediaType ?? mediaType;
  }

  children({ digest, children }: DockerImage): readonly { readonly digest: Digest; readonly attestation: boolean }[] {
    return this.#read.documents.get(digest)?.children ?? children;
  }

  artifactType({ digest, artifactType }: DockerImage): string | undefined {
    const document = this.#read.documents.get(digest);
    if (document) return document.artifactType;
    return artifactType !== undefined && isImageConfigType(artifactType) ? undefined : artifactType;
  }

  /**
   * The build time of an index is that of its newest image, leaving out attestations; without images, what the API says of the index
   * itself. It is unknown if one of its images does not tell its time: that image may be the newest, and unknown must not become old.
   */
  createdAt(image: DockerImage): string | undefined {
    const { digest } = image;
    if (!this.#created.has(digest)) {
      // An index that holds itself, over others, must not go on for ever.
      this.#created.set(digest, undefined);
      this.#created.set(digest, this.#createdAt(image));
    }
    return this.#created.get(digest);
  }

  #createdAt(image: DockerImage): string | undefined {
    let newest: string | undefined;
    for (const { digest, attestation } of this.children(image)) {
      const child = attestation ? undefined : this.#read.images.get(digest);
      if (!child) continue;
      const time = this.createdAt(child);
      if (time === undefined && (isIndexType(this.mediaType(child)) || this.artifactType(child) === undefined)) return undefined;
      if (time !== undefined && (newest === undefined || time > newest)) newest = time;
    }
    return newest ?? image.createdAt ?? createdTime(undefined, this.#read.documents.get(image.digest)?.annotations);
  }
}
