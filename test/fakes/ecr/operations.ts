import type { Digest } from '../../../src/domain/digest.ts';
import { imageOfTag, partsOf, type Store, type StoredImage, type StoredRepository } from './store.ts';
import { asDigest } from '../../digest.ts';

/** An error of the service: its name and message. */
export class ServiceError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface Rules {
  readonly account: string;
  readonly store: Store;
  readonly public: boolean;
  /** Longest page, whatever is asked for. */
  readonly maxPage: number;
  /** Reading a manifest counts as a pull, of which one in 24 hours is written down. */
  readonly recordPulls: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Public: begins the address of each repository. */
  readonly alias: string;
  /** Public: a second one. */
  readonly customAlias?: string;
}

type Input = Readonly<Record<string, unknown>>;

interface Id {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

/** What the service answers to a call. Throws {@link ServiceError}. */
export function carryOut(operation: string, input: Input, rules: Rules): object {
  const handler = (rules.public ? PUBLIC : PRIVATE)[operation];
  if (!handler) throw new ServiceError('UnknownOperationException', '');
  const { registryId } = input;
  if (registryId !== undefined && registryId !== rules.account && registryId !== rules.alias) {
    throw new ServiceError('AccessDeniedException', `not authorized in the registry with id '${String(registryId)}'`);
  }
  return handler(input, rules);
}

function repositoryOf({ repositoryName }: Input, { store, account }: Rules): StoredRepository {
  const found = store.repositories.get(String(repositoryName));
  if (found) return found;
  throw new ServiceError(
    'RepositoryNotFoundException',
    `The repository with name '${String(repositoryName)}' does not exist in the registry with id '${account}'`,
  );
}

function describeRepositories(input: Input, rules: Rules): object {
  const wanted = input['repositoryNames'] as readonly string[] | undefined;
  if (wanted && (input['maxResults'] !== undefined || input['nextToken'] !== undefined))
    throw new ServiceError('InvalidParameterException', 'maxResults and nextToken cannot be used with repositoryNames');
  const names =
    wanted?.map((name) => repositoryOf({ repositoryName: name }, rules).name) ?? [...rules.store.repositories.keys()].toSorted();
  const { page, nextToken } = paged(names, input, rules);
  const repositories = page.map((repositoryName) => ({
    registryId: rules.account,
    repositoryName,
    repositoryArn: `arn:aws:ecr:eu-central-1:${rules.account}:repository/${repositoryName}`,
    repositoryUri: rules.public
      ? `public.ecr.aws/${rules.alias}/${repositoryName}`
      : `${rules.account}.dkr.ecr.eu-central-1.amazonaws.com/${repositoryName}`,
    ...(!rules.public && { imageTagMutability: rules.store.repository(repositoryName).mutability }),
  }));
  return { repositories, ...(nextToken !== undefined && { nextToken }) };
}

function describeImages(input: Input, rules: Rules): object {
  const repository = repositoryOf(input, rules);
  const filter = (input['filter'] ?? {}) as { tagStatus?: string; imageStatus?: string };
  const wanted = filter.imageStatus ?? 'ACTIVE';
  const seen = (image: StoredImage): boolean => rules.public || wanted === 'ANY' || image.status === wanted;
  const ids = input['imageIds'] as readonly Id[] | undefined;
  if (ids) {
    if (input['maxResults'] !== undefined || input['nextToken'] !== undefined)
      throw new ServiceError('InvalidParameterException', 'maxResults and nextToken cannot be used with imageIds');
    checkCount(ids);
    const images = ids.map((id) => {
      const image = find(repository, id);
      if (image && seen(image)) return image;
      const shown = `{imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'}`;
      throw new ServiceError(
        'ImageNotFoundException',
        `The image with imageId ${shown} does not exist within the repository with name '${repository.name}' in the registry with ` +
          `id '${rules.account}'`,
      );
    });
    return { imageDetails: [...new Set(images)].map((image) => detail(image, repository, rules)) };
  }
  const tagged = (image: StoredImage): boolean =>
    filter.tagStatus === undefined || filter.tagStatus === 'ANY' || (filter.tagStatus === 'TAGGED') === image.tags.size > 0;
  const all = [...repository.images.values()].filter((image) => seen(image) && tagged(image));
  const { page, nextToken } = paged(all, input, rules);
  return { imageDetails: page.map((image) => detail(image, repository, rules)), ...(nextToken !== undefined && { nextToken }) };
}

function detail(image: StoredImage, { name }: StoredRepository, rules: Rules): object {
  const { digest, tags, size, pushedAt, pulledAt, mediaType, artifactType, subject, status, vulnerability } = image;
  const shown = {
    registryId: rules.account,
    repositoryName: name,
    imageDigest: digest,
    // Absent, and not empty, where there are none.
    ...(tags.size > 0 && { imageTags: [...tags] }),
    imageSizeInBytes: size,
    imagePushedAt: pushedAt / 1000,
    imageManifestMediaType: mediaType,
    ...(artifactType !== undefined && { artifactMediaType: artifactType }),
  };
  if (rules.public) return shown;
  return {
    ...shown,
    imageStatus: status,
    ...(pulledAt !== undefined && { lastRecordedPullTime: pulledAt / 1000 }),
    ...(image.activatedAt !== undefined && { lastActivatedAt: image.activatedAt / 1000 }),
    ...(subject !== undefined && { subjectManifestDigest: subject }),
    ...(vulnerability && {
      imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' },
      imageScanFindingsSummary: {
        imageScanCompletedAt: pushedAt / 1000,
        findingSeverityCounts: vulnerability === 'none' ? {} : { [vulnerability.toUpperCase()]: 2, INFORMATIONAL: 9 },
      },
    }),
  };
}

function describeImageScanFindings(input: Input, rules: Rules): object {
  const repository = repositoryOf(input, rules);
  const image = find(repository, input['imageId'] as Id);
  if (!image) throw new ServiceError('ImageNotFoundException', `The image does not exist within the repository '${repository.name}'`);
  const { scan, digest } = image;
  if (!scan) throw new ServiceError('ScanNotFoundException', `Image scan does not exist for the image with '{imageDigest:'${digest}'}'`);
  const { status, findings = [], enhancedFindings } = scan;
  const { page, nextToken } = paged(enhancedFindings ?? findings, input, rules);
  return {
    registryId: rules.account,
    repositoryName: repository.name,
    imageId: { imageDigest: digest },
    imageScanStatus: { status },
    ...(['COMPLETE', 'ACTIVE'].includes(status) && {
      imageScanFindings: {
        imageScanCompletedAt: image.pushedAt / 1000,
        ...(enhancedFindings ? { enhancedFindings: page } : { findings: page }),
      },
    }),
    ...(nextToken !== undefined && { nextToken }),
  };
}

function batchGetImage(input: Input, rules: Rules): object {
  const repository = repositoryOf(input, rules);
  const accepted = input['acceptedMediaTypes'] as readonly string[] | undefined;
  const images: object[] = [];
  const failures: object[] = [];
  for (const imageId of idsIn(input)) {
    const image = find(repository, imageId);
    if (!image || (accepted && !accepted.includes(image.mediaType)))
      failures.push({ imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' });
    else if (image.status !== 'ACTIVE')
      failures.push({ imageId, failureCode: 'ImageInaccessible', failureReason: 'Requested image is archived' });
    else {
      if (rules.recordPulls && rules.now() - (image.pulledAt ?? 0) >= 86_400_000) image.pulledAt = rules.now();
      const { digest, bytes, mediaType } = image;
      images.push({
        registryId: rules.account,
        repositoryName: repository.name,
        imageId: { imageDigest: digest, ...imageId },
        imageManifest: bytes.toString('utf8'),
        imageManifestMediaType: mediaType,
      });
    }
  }
  return { images, failures };
}

function batchDeleteImage(input: Input, rules: Rules): object {
  const repository = repositoryOf(input, rules);
  const ids = idsIn(input);
  // By how it was when the call came: that an index goes in the same call is too late for what it lists.
  const referenced = new Map<Digest, Digest>();
  for (const { digest, children } of repository.images.values()) for (const child of children) referenced.set(child, digest);
  const imageIds: Id[] = [];
  const failures: object[] = [];
  for (const imageId of ids) {
    const fail = (failureCode: string, failureReason: string): void => void failures.push({ imageId, failureCode, failureReason });
    const { imageDigest, imageTag } = imageId;
    const image = find(repository, imageId);
    if (imageDigest === undefined && imageTag === undefined)
      fail('MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null');
    else if (!image && imageDigest !== undefined && imageTag !== undefined && imageOfTag(repository, imageTag))
      fail('ImageTagDoesNotMatchDigest', 'The digest does not match the tag');
    else if (!image) fail('ImageNotFound', 'Requested image not found');
    else if (imageDigest === undefined && image.status !== 'ACTIVE') fail('ImageInaccessible', 'Requested image is archived');
    else if ((imageTag === undefined || image.tags.size === 1) && referenced.has(image.digest)) {
      fail('ImageReferencedByManifestList', `Requested image referenced by manifest list: [${referenced.get(image.digest)}]`);
    } else {
      // Of a digest with a tag the documentation does not say whether it means the tag or the image.
      const tags = imageTag === undefined || imageDigest !== undefined ? [...image.tags] : [imageTag];
      for (const tag of tags) image.tags.delete(tag);
      // With its last tag goes the image.
      if (image.tags.size === 0) repository.images.delete(image.digest);
      imageIds.push(
        ...(tags.length === 0 ? [{ imageDigest: image.digest }] : tags.map((tag) => ({ imageDigest: image.digest, imageTag: tag }))),
      );
    }
  }
  return { imageIds, failures };
}

function putImage(input: Input, rules: Rules): object {
  const repository = repositoryOf(input, rules);
  const { imageManifest, imageManifestMediaType, imageTag, imageDigest } = input as Readonly<Record<string, string | undefined>>;
  const bytes = Buffer.from(imageManifest ?? '', 'utf8');
  const { layers, children } = partsOf(bytes);
  const missing = layers.filter((layer) => !repository.layers.has(layer));
  if (missing.length > 0) throw new ServiceError('LayersNotFoundException', `One or more layers do not exist: ${missing.join(', ')}`);
  const absent = children.filter((child) => !repository.images.has(child));
  if (absent.length > 0)
    throw new ServiceError(
      'ReferencedImagesNotFoundException',
      `One or more images referenced by the manifest list do not exist: ${absent.join(', ')}`,
    );
  const known = imageDigest === undefined ? undefined : repository.images.get(asDigest(imageDigest));
  if (known && (imageTag === undefined || known.tags.has(imageTag)))
    throw new ServiceError(
      'ImageAlreadyExistsException',
      `Image with digest '${imageDigest}' and tag '${imageTag ?? 'null'}' already exists in the repository`,
    );
  if (imageTag !== undefined && repository.mutability === 'IMMUTABLE' && imageOfTag(repository, imageTag)) {
    throw new ServiceError(
      'ImageTagAlreadyExistsException',
      `The image tag '${imageTag}' already exists in the '${repository.name}' repository and cannot be overwritten because the ` +
        'repository is immutable.',
    );
  }
  const mediaType = imageManifestMediaType ?? (JSON.parse(imageManifest ?? '{}') as { mediaType?: string }).mediaType ?? '';
  const probe = rules.store.put(
    { ...repository, images: new Map(repository.images), layers: new Set(repository.layers) },
    { bytes, mediaType },
  );
  if (imageDigest !== undefined && probe.digest !== imageDigest)
    throw new ServiceError('ImageDigestDoesNotMatchException', 'The digest does not match the manifest');
  const image = rules.store.put(repository, { bytes, mediaType, ...(imageTag !== undefined && { tag: imageTag }) });
  return {
    image: {
      registryId: rules.account,
      repositoryName: repository.name,
      imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) },
      imageManifest,
      imageManifestMediaType: mediaType,
    },
  };
}

function updateImageStorageClass(input: Input, rules: Rules): object {
  const repository = repositoryOf(input, rules);
  const imageId = input['imageId'] as Id;
  const image = find(repository, imageId);
  if (!image) throw new ServiceError('ImageNotFoundException', 'The image requested does not exist in the specified repository.');
  if (image.unarchivable)
    throw new ServiceError('ImageStorageClassUpdateNotSupportedException', 'The requested image storage class update is not supported.');
  if (input['targetStorageClass'] === 'ARCHIVE') image.status = 'ARCHIVED';
  else if (image.status === 'ARCHIVED') image.status = 'ACTIVATING';
  return { registryId: rules.account, repositoryName: repository.name, imageId: { imageDigest: image.digest }, imageStatus: image.status };
}

function batchCheckLayerAvailability(input: Input, rules: Rules): object {
  const { layers } = repositoryOf(input, rules);
  const digests = input['layerDigests'] as readonly string[];
  if (digests.length < 1 || digests.length > 100) throw new ServiceError('InvalidParameterException', 'too many layers');
  const availability = (digest: string): string => (layers.has(asDigest(digest)) ? 'AVAILABLE' : 'UNAVAILABLE');
  return { layers: digests.map((layerDigest) => ({ layerDigest, layerAvailability: availability(layerDigest) })), failures: [] };
}

function getLifecyclePolicy(input: Input, rules: Rules): object {
  const { name, lifecyclePolicy } = repositoryOf(input, rules);
  if (lifecyclePolicy !== undefined)
    return { registryId: rules.account, repositoryName: name, lifecyclePolicyText: lifecyclePolicy, lastEvaluatedAt: rules.now() / 1000 };
  throw new ServiceError(
    'LifecyclePolicyNotFoundException',
    `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${rules.account}'`,
  );
}

/** The registry of the account that the credentials are of. */
function describeRegistry(_input: Input, { account }: Rules): object {
  return { registryId: account, replicationConfiguration: { rules: [] } };
}

function describeRegistries(_input: Input, { account, alias, customAlias }: Rules): object {
  const aliases = [
    { name: alias, status: 'ACTIVE', primaryRegistryAlias: customAlias === undefined, defaultRegistryAlias: true },
    ...(customAlias === undefined
      ? []
      : [{ name: customAlias, status: 'ACTIVE', primaryRegistryAlias: true, defaultRegistryAlias: false }]),
  ];
  return {
    registries: [
      {
        registryId: account,
        registryArn: `arn:aws:ecr-public::${account}:registry/${account}`,
        registryUri: `public.ecr.aws/${alias}`,
        verified: false,
        aliases,
      },
    ],
  };
}

const PRIVATE: Readonly<Record<string, (input: Input, rules: Rules) => object>> = {
  BatchCheckLayerAvailability: batchCheckLayerAvailability,
  BatchDeleteImage: batchDeleteImage,
  BatchGetImage: batchGetImage,
  DescribeImageScanFindings: describeImageScanFindings,
  DescribeImages: describeImages,
  DescribeRegistry: describeRegistry,
  DescribeRepositories: describeRepositories,
  GetLifecyclePolicy: getLifecyclePolicy,
  PutImage: putImage,
  UpdateImageStorageClass: updateImageStorageClass,
};

const PUBLIC: typeof PRIVATE = {
  BatchCheckLayerAvailability: batchCheckLayerAvailability,
  BatchDeleteImage: batchDeleteImage,
  DescribeImages: describeImages,
  DescribeRegistries: describeRegistries,
  DescribeRepositories: describeRepositories,
  GetAuthorizationToken: () => ({
    authorizationData: {
      authorizationToken: Buffer.from(`AWS:${PUBLIC_PASSWORD}`).toString('base64'),
      expiresAt: Date.now() / 1000 + 43_200,
    },
  }),
};

/** What a login to the public registry is done with. */
export const PUBLIC_PASSWORD = 'public-registry-password-7890';

function idsIn(input: Input): readonly Id[] {
  const ids = (input['imageIds'] ?? []) as readonly Id[];
  checkCount(ids);
  return ids;
}

function checkCount(ids: readonly Id[]): void {
  if (ids.length >= 1 && ids.length <= 100) return;
  throw new ServiceError(
    'InvalidParameterException',
    `Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must have length less than or equal to 100'`,
  );
}

/** The image that an id means: with digest and tag, only if they belong together. */
function find(repository: StoredRepository, { imageDigest, imageTag }: Id): StoredImage | undefined {
  if (imageDigest === undefined) return imageTag === undefined ? undefined : imageOfTag(repository, imageTag);
  const image = repository.images.get(asDigest(imageDigest));
  return imageTag === undefined || image?.tags.has(imageTag) ? image : undefined;
}

function paged<T>(all: readonly T[], { maxResults, nextToken }: Input, rules: Rules): { page: readonly T[]; nextToken?: string } {
  const most = Number(maxResults ?? 100);
  if (most < 1 || most > 1000)
    throw new ServiceError('InvalidParameterException', `Invalid parameter at 'maxResults' failed to satisfy constraint`);
  const begin = nextToken === undefined ? 0 : Number(Buffer.from(String(nextToken), 'base64url').toString('utf8'));
  const end = begin + Math.min(most, rules.maxPage);
  return { page: all.slice(begin, end), ...(end < all.length && { nextToken: Buffer.from(String(end)).toString('base64url') }) };
}
