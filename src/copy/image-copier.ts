import pLimit, { type LimitFunction } from 'p-limit';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { manifestBlobs, type NeededBlob, possibleBlobs } from '../domain/manifest-blobs.ts';
import { listedManifests, readManifestLinks } from '../domain/manifest-links.ts';
import { SCHEMA1, SIGNED_SCHEMA1 } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import { copyBlob, type CopyBlobOptions } from './copy-blob.ts';
import type { CopyPlace } from './copy-place.ts';
import { isFallbackTag, listAttachments, mergeIndex } from './fallback-index.ts';

export interface ImageCopierOptions extends CopyBlobOptions {
  readonly from: CopyPlace & {
    /** A manifest's bytes, checked against its digest; undefined where it is not there. */
    readonly readManifest: (digest: Digest) => Promise<RawManifest | undefined>;
  };
  readonly to: CopyPlace;
  /** A tag that points elsewhere there is set anew. Default: it is left, and its image is not copied. */
  readonly movesTags?: boolean;
  /** Blobs side by side. */
  readonly concurrency: number;
}

/** An image with all that belongs to it. */
export interface ImageToCopy {
  readonly digest: Digest;
  /** The tags that it gets where it is copied to. */
  readonly tags: readonly string[];
  /**
   * What belongs to it and is in its repository, each with its attachment tags: what an index lists, and what is attached, to any depth. It
   * may be in there itself.
   */
  readonly parts: ReadonlyMap<Digest, readonly string[]>;
}

/**
 * Copies images from one repository to another, which may be in another registry. Each manifest goes byte for byte, after all that it
 * needs: its blobs, what it lists, its subject; tags go last. What is there already is not sent again, but looked for: when {@link copy} is
 * done, every manifest, blob and tag of the image was seen in the target. So copying again is the way to go on after any error.
 */
export class ImageCopier {
  readonly #options: ImageCopierOptions;
  readonly #limit: LimitFunction;
  readonly #manifests = new Map<Digest, Promise<RawManifest | undefined>>();
  readonly #blobs = new Map<Digest, Promise<boolean>>();

  constructor(options: ImageCopierOptions) {
    this.#options = options;
    this.#limit = pLimit(options.concurrency);
  }

  /**
   * Throws the errors of {@link copyBlob}; `NOT_FOUND` where something of the image is not in its repository any more; and
   * `REGISTRY_ERROR` for a tag that points elsewhere in the target, unless tags are moved, and for a manifest of a kind that cannot be
   * copied.
   */
  async copy(image: ImageToCopy): Promise<void> {
    const { digest, tags, parts } = image;
    for (const tag of tags) await this.#isTagged(digest, tag);
    const all = await this.#all([...new Set([digest, ...parts.keys()])], image);
    const [root] = all;
    for (const part of all) for (const tag of parts.get(part.digest) ?? []) await this.#setAttachmentTag(part, tag);
    await listAttachments(this.#options.to, all);
    for (const tag of tags) if (root) await this.#setTag(root, tag);
  }

  async #all(digests: readonly Digest[], image: ImageToCopy): Promise<RawManifest[]> {
    const copied = await Promise.all(digests.map((digest) => this.#manifest(digest, image)));
    return copied.filter((manifest) => manifest !== undefined);
  }

  /** Copies a manifest with all that it needs, once; undefined for one that an index lists and that never was in its repository. */
  #manifest(digest: Digest, image: ImageToCopy): Promise<RawManifest | undefined> {
    return once(this.#manifests, digest, () => this.#copyManifest(digest, image));
  }

  async #copyManifest(digest: Digest, image: ImageToCopy): Promise<RawManifest | undefined> {
    const { from, to, signal } = this.#options;
    signal.throwIfAborted();
    const belongs = (other: Digest): boolean => other === image.digest || image.parts.has(other);
    const manifest = await this.#limit(() => from.readManifest(digest));
    if (!manifest && !belongs(digest)) return undefined;
    if (!manifest) {
      throw new ToolError('NOT_FOUND', `${from.store.label(from.repository, digest)} went away before it was copied.`, {
        hint: 'Run again.',
      });
    }
    const links = this.#linksOf(manifest);
    const { subject } = links;
    const needed = [...listedManifests(links), ...(subject !== undefined && belongs(subject) ? [subject] : [])];
    const [copied] = await Promise.all([
      Promise.all(needed.map((other) => this.#manifest(other, image))),
      ...manifestBlobs(manifest.bytes).map((blob) => this.#blob(manifest, blob)),
    ]);
    const found = new Set(copied.map((other) => other?.digest));
    const possible = possibleBlobs(manifest.bytes).filter((blob) => !found.has(blob.digest));
    await Promise.all(possible.map((blob) => this.#blobIfThere(manifest, blob)));
    await this.#limit(async () => {
      if (!(await to.store.hasManifest(to.repository, digest))) await to.store.putManifest(to.repository, manifest);
    });
    return manifest;
  }

  #linksOf(manifest: RawManifest): NonNullable<ReturnType<typeof readManifestLinks>> {
    const links = readManifestLinks(manifest.bytes);
    const isOld = manifest.mediaType === SCHEMA1 || manifest.mediaType === SIGNED_SCHEMA1;
    if (links && !isOld) return links;
    throw this.#cannot(
      manifest.digest,
      isOld ? 'it is of schema 1, which registries do not take any more' : 'what it needs cannot be told',
    );
  }

  #blob(manifest: RawManifest, { digest, size }: NeededBlob): Promise<boolean> {
    if (size === undefined) throw this.#cannot(manifest.digest, `it does not say how large ${digest} is`);
    const { from, to } = this.#options;
    return once(this.#blobs, digest, () => this.#limit(() => copyBlob(from, to, { digest, size }, this.#options)));
  }

  async #blobIfThere(manifest: RawManifest, blob: NeededBlob): Promise<void> {
    const { store, repository } = this.#options.from;
    if (await this.#limit(() => store.hasBlob(repository, blob.digest))) await this.#blob(manifest, blob);
  }

  /** Whether a tag is on the digest already. Throws for one that is on something else. */
  async #isTagged(digest: Digest, tag: string): Promise<boolean> {
    const { to, movesTags = false } = this.#options;
    const now = await to.store.resolveTag(to.repository, tag);
    if (now === undefined || now === digest || movesTags) return now === digest;
    throw new ToolError('REGISTRY_ERROR', `The tag ${to.store.label(to.repository, tag)} is there and points to ${now}: it is not moved.`, {
      hint: 'Take that tag off, or copy to another place; "copy" sets it anew with --move-tags.',
    });
  }

  async #setTag(manifest: RawManifest, tag: string): Promise<void> {
    const { to } = this.#options;
    if (!(await this.#isTagged(manifest.digest, tag))) await to.store.putManifest(to.repository, manifest, tag);
  }

  /** What a fallback tag lists there stays listed: something else may have been attached there. */
  async #setAttachmentTag(manifest: RawManifest, tag: string): Promise<void> {
    if (isFallbackTag(tag, manifest)) await mergeIndex(this.#options.to, tag, manifest);
    else await this.#setTag(manifest, tag);
  }

  #cannot(digest: Digest, why: string): ToolError {
    const { store, repository } = this.#options.from;
    return new ToolError('REGISTRY_ERROR', `${store.label(repository, digest)} cannot be copied: ${why}.`, {
      hint: 'Keep it by the policy, or copy it by hand.',
    });
  }
}

/** Work that is done once for each digest; what failed is done again when it is asked for again. */
function once<Result>(known: Map<Digest, Promise<Result>>, digest: Digest, work: () => Promise<Result>): Promise<Result> {
  let result = known.get(digest);
  if (!result) {
    result = work();
    known.set(digest, result);
    result.catch(() => known.delete(digest));
  }
  return result;
}
