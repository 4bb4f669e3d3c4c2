import { type FakeAccount, type FakeEcr, OWNER } from '../../fakes/ecr/fake-ecr.ts';
import type { Account, Answers, Feature, Kind, Push, TrueManifest, Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { THINGS } from '../history.ts';
import type { Digest } from '../../../src/domain/digest.ts';

/** Longest page of the fakes. */
export const PAGE = 5;

export const ECR_ACCOUNTS: Record<Account, FakeAccount> = {
  owner: OWNER,
  reader: {
    accessKeyId: 'AKIAREADER0000000000',
    secretAccessKey: 'read-it-all-secret-key-4711',
    may: (operation) => /^(?:Describe|BatchGet|BatchCheck|GetAuth)/.test(operation),
  },
  stranger: { accessKeyId: OWNER.accessKeyId, secretAccessKey: 'guess-it-all-secret-key-1234' },
};

/** AWS JSON 1.1: the kind of an error is in its body, and nearly all of them have the status 400. */
function refusal(name: string, message: string, status = 400): Answer {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify({ __type: name, message }) };
}

/** What ECR refuses of one image is in an answer that went through; it names the image. */
function itemRefusal(failureCode: string): Answer {
  const failures = [THINGS.oldSingle, THINGS.old].map(({ digest }) => ({
    imageId: { imageDigest: digest },
    failureCode,
    failureReason: 'Requested image referenced by manifest list',
  }));
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify({ imageIds: [], failures }) };
}

export const ECR_ANSWERS: Answers = {
  unauthorized: refusal('UnrecognizedClientException', 'The security token included in the request is invalid.'),
  forbidden: refusal('AccessDeniedException', 'User: arn:aws:iam::123456789012:user/ci is not authorized to perform this action'),
  repositoryGone: refusal(
    'RepositoryNotFoundException',
    "The repository with name 'x' does not exist in the registry with id '123456789012'",
  ),
  manifestGone: refusal('ImageNotFoundException', 'The image does not exist'),
  locked: itemRefusal('ImageReferencedByManifestList'),
  throttled: refusal('ThrottlingException', 'Rate exceeded'),
  unavailable: { status: 503, headers: { 'retry-after': '1' }, body: 'Service Unavailable' },
};

const KINDS: Readonly<Record<string, Kind>> = {
  DescribeRepositories: 'list',
  DescribeImages: 'list',
  BatchGetImage: 'manifest',
  BatchDeleteImage: 'delete',
  PutImage: 'put',
};

/** What a call of the API is for. */
export function ecrKind({ headers }: Seen): Kind {
  return KINDS[String(headers['x-amz-target']).split('.')[1] ?? ''] ?? 'other';
}

/** What neither ECR nor ECR Public tells or does. */
export const ECR_SKIPS = {
  layers: 'the fake holds no blobs',
  restoreLabels: 'its registry has no labels that users put on an image',
  createdAt: 'only the config of an image tells it, and reading that is a pull',
  tagTimes: 'images are listed with times of the images alone',
  labels: 'only the config of an image tells them, and reading that is a pull',
  annotations: 'only the manifest tells them, and reading that is a pull',
  platforms: 'only the config of an image tells it, and reading that is a pull',
  cascades: 'ECR deletes only what it is told to',
  config: 'only the manifest tells it, and reading that is a pull',
  blobs: 'only the manifest tells them, and reading that is a pull',
  size: 'ECR counts layers and config, and not the manifest itself',
  totals: 'ECR does not say how long a list is',
  locks: 'ECR has no locks: an immutable tag cannot be moved, but deleted',
  deletionSwitch: 'ECR cannot have deletion switched off, but by permissions',
  retryAfter: 'AWS does not say how long to wait when it throttles',
} as const satisfies Partial<Record<Feature, string>>;

export const ECR_SECRETS: readonly string[] = Object.values(ECR_ACCOUNTS).map(({ secretAccessKey }) => secretAccessKey);

/** Puts things into the fake's storage. */
export function pushToFake(fake: FakeEcr, repository: string, pushes: readonly Push[]): void {
  for (const { thing, tags, ...facts } of pushes) fake.push(repository, thing, tags, facts);
}

/** What the fake's storage holds of a repository. */
export function truthOf(fake: FakeEcr, repository: string): Truth {
  const { images } = fake.store.repository(repository);
  const manifests = [...images.values()].map(({ digest, mediaType, bytes, pushedAt, pulledAt, vulnerability }): [string, TrueManifest] => [
    digest,
    {
      mediaType,
      bytes,
      pushedAt: new Date(pushedAt).toISOString(),
      ...(pulledAt !== undefined && { pulledAt: new Date(pulledAt).toISOString() }),
      ...(vulnerability && { vulnerability }),
    },
  ]);
  const tags = [...images.values()].flatMap(({ digest, tags }) => [...tags].map((tag): [string, Digest] => [tag, digest]));
  return { tags: Object.fromEntries(tags), manifests: Object.fromEntries(manifests) };
}
