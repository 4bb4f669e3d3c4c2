import { createHash } from 'node:crypto';
import type { Digest } from '../../../src/domain/digest.ts';
import type { Severity } from '../../../src/domain/inventory.ts';
import { asDigest } from '../../digest.ts';

/** An image as ECR keeps it. Times are milliseconds since the epoch. */
export interface StoredImage {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly tags: Set<string>;
  readonly size: number;
  readonly artifactType?: string;
  readonly subject?: Digest;
  readonly children: readonly Digest[];
  pushedAt: number;
  pulledAt?: number;
  /** When it was last taken out of the archive. */
  activatedAt?: number;
  status: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING';
  /** It is one that the service does not archive. */
  unarchivable?: true;
  vulnerability?: Severity;
  /** What a scan by DescribeImageScanFindings tells; the list tells of it by `vulnerability` alone. */
  scan?: StoredScan;
}

/** A scan of basic scanning, or of Inspector; without either, one that has not ended well. */
export interface StoredScan {
  readonly status: string;
  readonly findings?: readonly object[];
  readonly enhancedFindings?: readonly object[];
}

export interface StoredRepository {
  readonly name: string;
  readonly images: Map<Digest, StoredImage>;
  /** Layers and configs that PutImage finds. */
  readonly layers: Set<Digest>;
  mutability: 'MUTABLE' | 'IMMUTABLE';
  /** The text of its lifecycle policy. */
  lifecyclePolicy?: string;
}

/** What is pushed. */
export interface Put {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly tag?: string;
  readonly pushedAt?: number;
}

interface Document {
  readonly artifactType?: string;
  readonly config?: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  readonly layers?: readonly { readonly digest: Digest; readonly size: number }[];
  readonly manifests?: readonly { readonly digest: Digest }[];
  readonly subject?: { readonly digest: Digest };
}

/** Everything that a registry holds. */
export class Store {
  readonly repositories = new Map<string, StoredRepository>();

  repository(name: string): StoredRepository {
    const known = this.repositories.get(name) ?? { name, images: new Map(), layers: new Set(), mutability: 'MUTABLE' };
    this.repositories.set(name, known);
    return known;
  }

  /** Keeps a manifest; moves the tag to it. Its time of push stays where it was there already. */
  put(repository: StoredRepository, { bytes, mediaType, tag, pushedAt = Date.now() }: Put): StoredImage {
    const digest = asDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    const { artifactType, config, layers = [], manifests = [], subject } = documentOf(bytes);
    const children = manifests.map((child) => child.digest);
    const parts = [...(config ? [config] : []), ...layers];
    for (const part of parts) repository.layers.add(part.digest);
    const type = artifactType ?? config?.mediaType;
    const image = repository.images.get(digest) ?? {
      digest,
      mediaType,
      bytes,
      tags: new Set<string>(),
      // Of an index the largest of what it lists.
      size:
        children.length > 0
          ? Math.max(0, ...children.map((child) => repository.images.get(child)?.size ?? 0))
          : parts.reduce((sum, { size }) => sum + size, 0),
      ...(type !== undefined && { artifactType: type }),
      ...(subject && { subject: subject.digest }),
      children,
      pushedAt,
      status: 'ACTIVE' as const,
    };
    repository.images.set(digest, image);
    if (tag !== undefined) {
      for (const other of repository.images.values()) other.tags.delete(tag);
      image.tags.add(tag);
    }
    return image;
  }
}

/** What a manifest refers to. */
export function partsOf(bytes: Buffer): { readonly layers: readonly Digest[]; readonly children: readonly Digest[] } {
  const { config, layers = [], manifests = [] } = documentOf(bytes);
  return { layers: [...(config ? [config] : []), ...layers].map(({ digest }) => digest), children: manifests.map(({ digest }) => digest) };
}

/** The image with a tag. */
export function imageOfTag({ images }: StoredRepository, tag: string): StoredImage | undefined {
  return [...images.values()].find(({ tags }) => tags.has(tag));
}

function documentOf(bytes: Buffer): Document {
  return JSON.parse(bytes.toString('utf8')) as Document;
}
