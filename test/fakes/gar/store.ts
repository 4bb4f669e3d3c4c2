import { createHash } from 'node:crypto';
import type { Digest } from '../../../src/domain/digest.ts';
import { asDigest } from '../../digest.ts';

/** An image as Artifact Registry keeps it. Times are milliseconds since the epoch. */
export interface StoredImage {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** Bytes of config and layers; of an index those of all that it lists. */
  readonly size: number;
  readonly artifactType?: string;
  readonly buildTime?: string;
  readonly children: readonly StoredChild[];
  readonly uploadedAt: number;
  updatedAt: number;
}

interface StoredChild {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly platform?: { readonly architecture?: string; readonly os?: string; readonly variant?: string };
}

export interface StoredPackage {
  readonly images: Map<Digest, StoredImage>;
  readonly tags: Map<string, Digest>;
}

export interface StoredRepository {
  readonly project: string;
  readonly location: string;
  readonly id: string;
  /** By their paths, slashes as they are. */
  readonly packages: Map<string, StoredPackage>;
  format: string;
  mode: 'STANDARD_REPOSITORY' | 'VIRTUAL_REPOSITORY' | 'REMOTE_REPOSITORY';
  immutableTags: boolean;
  /** By their ids. */
  cleanupPolicies?: Readonly<Record<string, object>>;
  cleanupPolicyDryRun?: boolean;
}

/** What is pushed. */
export interface Put {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly tag?: string;
  readonly uploadedAt?: number;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: StoredChild['platform'];
}

interface Document {
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
}

/** What the service refuses, by its word for it (google.rpc.Code). */
export class ServiceError extends Error {
  readonly status:
    | 'NOT_FOUND'
    | 'FAILED_PRECONDITION'
    | 'INVALID_ARGUMENT'
    | 'PERMISSION_DENIED'
    | 'UNAUTHENTICATED'
    | 'ALREADY_EXISTS'
    | 'RESOURCE_EXHAUSTED';

  constructor(status: ServiceError['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** Everything that a location holds. */
export class Store {
  readonly repositories = new Map<string, StoredRepository>();
  /** Configs and layers; what is deleted does not take them along at once. */
  readonly blobs = new Map<string, Buffer | undefined>();

  repository(project: string, location: string, id: string): StoredRepository {
    const name = `projects/${project}/locations/${location}/repositories/${id}`;
    const known = this.repositories.get(name) ?? {
      project,
      location,
      id,
      packages: new Map(),
      format: 'DOCKER',
      mode: 'STANDARD_REPOSITORY',
      immutableTags: false,
    };
    this.repositories.set(name, known);
    return known;
  }

  /** Keeps a manifest; moves the tag to it. Its time of upload stays where it was there already. */
  put(repository: StoredRepository, path: string, { bytes, mediaType, tag, uploadedAt = Date.now() }: Put): StoredImage {
    const known = repository.packages.get(path) ?? { images: new Map<Digest, StoredImage>(), tags: new Map<string, Digest>() };
    repository.packages.set(path, known);
    const digest = asDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    const moved = tag !== undefined && known.tags.get(tag) !== undefined && known.tags.get(tag) !== digest;
    if (moved && repository.immutableTags) throw new ServiceError('FAILED_PRECONDITION', `The tag ${tag} is immutable.`);
    const image = known.images.get(digest) ?? this.#image(known, digest, { bytes, mediaType, uploadedAt });
    image.updatedAt = uploadedAt;
    known.images.set(digest, image);
    if (tag !== undefined) known.tags.set(tag, digest);
    return image;
  }

  #image({ images }: StoredPackage, digest: Digest, { bytes, mediaType, uploadedAt = Date.now() }: Put): StoredImage {
    const { artifactType, config, layers = [], manifests = [], subject } = JSON.parse(bytes.toString('utf8')) as Document;
    for (const part of [...(config ? [config] : []), ...layers]) if (!this.blobs.has(part.digest)) this.blobs.set(part.digest, undefined);
    const type = artifactType ?? (subject ? mediaType : undefined);
    const buildTime =
      config && /image/.test(config.mediaType)
        ? (JSON.parse(this.blobs.get(config.digest)?.toString('utf8') ?? '{}') as { created?: string }).created
        : undefined;
    return {
      digest,
      mediaType,
      bytes,
      size:
        manifests.length > 0
          ? manifests.reduce((sum, child) => sum + (images.get(child.digest)?.size ?? 0), 0)
          : [...(config ? [config] : []), ...layers].reduce((sum, { size }) => sum + size, 0),
      ...(type !== undefined && { artifactType: type }),
      ...(buildTime !== undefined && { buildTime }),
      children: manifests.map((child) => ({
        digest: child.digest,
        mediaType: child.mediaType,
        ...(child.platform && { platform: child.platform }),
      })),
      uploadedAt,
      updatedAt: uploadedAt,
    };
  }
}

export function tagsOf({ tags }: StoredPackage, digest: Digest): string[] {
  return [...tags].flatMap(([tag, on]) => (on === digest ? [tag] : [])).toSorted();
}

/** The tags of all images. */
export function tagsByDigest({ tags }: StoredPackage): Map<Digest, string[]> {
  const found = new Map<Digest, string[]>();
  for (const [tag, digest] of tags) {
    const known = found.get(digest);
    if (known) known.push(tag);
    else found.set(digest, [tag]);
  }
  return found;
}

/** Deletes one; throws where it has tags (unless `force`) or an index lists it. */
export function deleteImage(repository: StoredRepository, path: string, digest: Digest, force: boolean): void {
  const { images, tags } = repository.packages.get(path) ?? { images: new Map<Digest, StoredImage>(), tags: new Map<string, Digest>() };
  if (!images.has(digest)) throw new ServiceError('NOT_FOUND', 'Requested entity was not found.');
  const own = tagsOf({ images, tags }, digest);
  if (own.length > 0 && (!force || repository.immutableTags))
    throw new ServiceError(
      'FAILED_PRECONDITION',
      `GOOGLE_MANIFEST_DANGLING_TAG: cannot delete the version, it has the tags ${own.join(', ')}.`,
    );
  const parents = [...images.values()].filter(({ children }) => children.some((child) => child.digest === digest));
  if (parents.length > 0)
    throw new ServiceError(
      'FAILED_PRECONDITION',
      `GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE: manifest is still referenced by ${parents.map((parent) => parent.digest).join(', ')}`,
    );
  images.delete(digest);
  for (const tag of own) tags.delete(tag);
}
