import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { Blob, Manifest } from '../domain/inventory.ts';
import { isIndexType } from '../domain/media-types.ts';
import { agreedLabels } from './agreed-labels.ts';
import { attestationsIn } from './attestations-in.ts';
import { createdTime } from './created-time.ts';
import { type ImageConfig, type ImageConfigs, isImageConfigType } from './image-config.ts';
import type { ChildDescriptor, ManifestDocument } from './manifest-document.ts';
import { timesOf } from './seen-tags.ts';

/** What was read of a repository: its manifests, and the tags that point to each of them. */
export interface ReadManifests {
  readonly documents: ReadonlyMap<Digest, ManifestDocument>;
  readonly tags: ReadonlyMap<Digest, readonly string[]>;
  /** When tags were first seen where they are, ISO 8601 UTC, as far as that is remembered. */
  readonly firstSeen?: ReadonlyMap<string, string>;
}

/** Makes the manifests of an inventory, sorted by digest, of what they say themselves and of the configs of images. */
export function buildManifests(read: ReadManifests, configs: ImageConfigs): Manifest[] {
  const { documents, tags, firstSeen } = read;
  const attestations = attestationsIn(read);
  const facts = new Facts(documents, configs);
  return [...documents.values()]
    .toSorted((a, b) => byCodeUnit(a.digest, b.digest))
    .map((document): Manifest => {
      const { digest, mediaType, bytes, children, config, parts, subject, artifactType, annotations, predicates } = document;
      const sorted = (tags.get(digest) ?? []).toSorted(byCodeUnit);
      const seen = firstSeen && timesOf(sorted, firstSeen);
      const blobs = storedBlobs(document);
      const createdAt = facts.createdAt(document);
      const platforms = facts.platforms(document);
      const labels = facts.labels(document);
      return {
        digest,
        mediaType,
        size: (parts ?? []).reduce((sum, part) => sum + part.size, bytes),
        tags: sorted,
        ...(seen && { firstSeen: seen }),
        ...(createdAt !== undefined && { createdAt }),
        ...(config && { config: config.digest }),
        children: [...new Set(children.map((child) => child.digest))],
        ...(subject !== undefined && { subject }),
        ...(artifactType !== undefined && { artifactType }),
        ...(labels && { labels }),
        ...(annotations && { annotations }),
        ...(platforms.length > 0 && { platforms }),
        ...(blobs && { blobs }),
        ...(attestations.has(digest) && { attestation: true }),
        ...(predicates && { predicates }),
      };
    });
}

/** The manifest itself, config and layers; undefined where those are not known. */
function storedBlobs({ digest, bytes, mediaType, parts }: ManifestDocument): Blob[] | undefined {
  if (parts) return [{ digest, size: bytes }, ...parts];
  return isIndexType(mediaType) ? [{ digest, size: bytes }] : undefined;
}

/**
 * What an image says of itself; of an index, what its images say. That of an index is worked out once, so that indexes in indexes cost
 * nothing; what most are, images, is neither kept nor merged.
 */
class Facts {
  readonly #documents: ReadonlyMap<Digest, ManifestDocument>;
  readonly #configs: ImageConfigs;
  readonly #created = new Map<Digest, string | undefined>();
  readonly #platforms = new Map<Digest, readonly string[]>();
  readonly #labels = new Map<Digest, Readonly<Record<string, string>> | undefined>();

  constructor(documents: ReadonlyMap<Digest, ManifestDocument>, configs: ImageConfigs) {
    this.#documents = documents;
    this.#configs = configs;
  }

  imageOf({ config, image }: ManifestDocument): ImageConfig | undefined {
    return image ?? (config && this.#configs?.get(config.digest));
  }

  /**
   * Of an index the newest of what it holds, without attestations, else its own annotation. Unknown where one of its images does not say:
   * that may be the newest, and unknown must not become old.
   */
  createdAt(document: ManifestDocument): string | undefined {
    if (document.children.length === 0) return this.#createdAt(document);
    if (!this.#created.has(document.digest)) this.#created.set(document.digest, this.#createdAt(document));
    return this.#created.get(document.digest);
  }

  #createdAt(document: ManifestDocument): string | undefined {
    let newest: string | undefined;
    for (const { digest, attestation } of document.children) {
      const child = attestation ? undefined : this.#documents.get(digest);
      if (!child) continue;
      const time = this.createdAt(child);
      if (time === undefined && holdsImages(child)) return undefined;
      if (time !== undefined && (newest === undefined || time > newest)) newest = time;
    }
    // Its config would tell the time, and what is annotated may be another one.
    if (!this.#configs && document.config && isImageConfigType(document.config.mediaType)) return undefined;
    return newest ?? createdTime(this.imageOf(document), document.annotations);
  }

  /** Of an index, what its images agree on ({@link agreedLabels}). */
  labels(document: ManifestDocument): Readonly<Record<string, string>> | undefined {
    if (document.children.length === 0) return this.imageOf(document)?.labels;
    if (!this.#labels.has(document.digest))
      this.#labels.set(document.digest, this.imageOf(document)?.labels ?? this.#labelsOfChildren(document));
    return this.#labels.get(document.digest);
  }

  #labelsOfChildren(document: ManifestDocument): Readonly<Record<string, string>> | undefined {
    return agreedLabels(
      document.children.map(({ digest, attestation }) => {
        const child = attestation ? undefined : this.#documents.get(digest);
        return child && this.labels(child);
      }),
    );
  }

  platforms(document: ManifestDocument): readonly string[] {
    const image = this.imageOf(document)?.platform;
    if (document.children.length === 0) return image === undefined ? [] : [image];
    let platforms = this.#platforms.get(document.digest);
    if (!platforms) {
      const all = [...(image === undefined ? [] : [image]), ...document.children.flatMap((child) => this.#platformsOfChild(child))];
      platforms = [...new Set(all)].toSorted(byCodeUnit);
      this.#platforms.set(document.digest, platforms);
    }
    return platforms;
  }

  #platformsOfChild(child: ChildDescriptor): readonly string[] {
    if (child.attestation) return [];
    if (child.platform !== undefined) return [child.platform];
    const document = this.#documents.get(child.digest);
    return document ? this.platforms(document) : [];
  }
}

/** True of a manifest that tells when it was built, if it is made as most are: an image, or an index. */
function holdsImages({ config, mediaType }: ManifestDocument): boolean {
  return isIndexType(mediaType) || (config !== undefined && isImageConfigType(config.mediaType));
}
