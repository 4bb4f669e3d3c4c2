import { type Digest, isDigest } from '../domain/digest.ts';
import { type Blob, type Capabilities, type Manifest, type RepositoryInventory, SEVERITIES } from '../domain/inventory.ts';
import { OCI_MANIFEST } from '../domain/media-types.ts';
import { isRepositoryName, parseReference } from '../domain/reference.ts';
import { isTag } from '../domain/tag.ts';
import {
  bytesOf,
  daysOf,
  digestOf,
  digestsOf,
  type Fields,
  fieldsOf,
  flagOf,
  isByteCount,
  isObject,
  listOf,
  missing,
  pathOf,
  type Report,
  textMapOf,
  textOf,
  textsOf,
  timeOf,
  timesOf,
  wrong,
} from './inventory-fields.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Checks one repository of an inventory document and fills in what may be left out. By hand rather than by a schema: a document may
 * hold hundreds of thousands of manifests. Unknown keys are passed over, null counts as missing. Undefined after reporting what keeps it
 * from being used.
 */
export function checkRepository(value: unknown, at: string, report: Report): RepositoryInventory | undefined {
  const fields = fieldsOf(value, at, report);
  if (!fields) return undefined;
  const registry = textOf(fields, 'registry') ?? missing(fields, 'registry');
  const repository = textOf(fields, 'repository') ?? missing(fields, 'repository');
  const url = textOf(fields, 'url');
  if (repository !== undefined && !isRepositoryName(repository)) wrong(fields, 'repository', 'not a repository name');
  // Whether it was read whole decides about deleting, so nobody guesses.
  const complete = flagOf(fields, 'complete') ?? missing(fields, 'complete');
  const names = textsOf(fields, 'names');
  names?.forEach((name, index) => {
    if (!isImageName(name)) wrong(fields, `names[${index}]`, 'expected a host and a path, such as "registry.example.com/team/app"');
  });
  const problems = textsOf(fields, 'problems');
  const notes = textsOf(fields, 'notes');
  const recoverableDays = daysOf(fields, 'recoverableDays');
  const archiveMinimumDays = daysOf(fields, 'archiveMinimumDays');
  const manifests = checkManifests(fields);
  const capabilities = checkCapabilities(fields, manifests);
  if (registry === undefined || repository === undefined || complete === undefined) return undefined;
  const said = {
    ...(problems && { problems }),
    ...(notes && { notes }),
    ...(recoverableDays !== undefined && { recoverableDays }),
    ...(archiveMinimumDays !== undefined && { archiveMinimumDays }),
  };
  return {
    registry,
    type: textOf(fields, 'type') ?? 'oci',
    ...(url !== undefined && { url }),
    repository,
    ...(names && { names }),
    complete,
    ...said,
    capabilities,
    manifests,
  };
}

function isImageName(text: string): boolean {
  const reference = parseReference(text);
  return reference?.host !== undefined && reference.tag === undefined && reference.digest === undefined;
}

function checkManifests(repository: Fields): Manifest[] {
  const manifests: Manifest[] = [];
  const digests = new Set<Digest>();
  const holders = new Map<string, string>();
  const list = listOf(repository, 'manifests') ?? missing(repository, 'manifests') ?? [];
  for (let index = 0; index < list.length; index++) {
    const fields = fieldsOf(list[index], pathOf(repository, `manifests[${index}]`), repository.report);
    const manifest = fields && checkManifest(fields);
    if (!manifest) continue;
    manifests.push(manifest);
    if (digests.has(manifest.digest)) wrong(fields, 'digest', `${manifest.digest} is there twice in this repository`);
    digests.add(manifest.digest);
    for (const tag of manifest.tags) {
      const holder = holders.get(tag);
      if (holder === undefined) holders.set(tag, fields.at);
      else wrong(fields, 'tags', `the tag "${tag}" is there twice, first in ${holder}`);
    }
  }
  return manifests;
}

function checkManifest(fields: Fields): Manifest | undefined {
  const digest = digestOf(fields, 'digest') ?? missing(fields, 'digest');
  const tags = textsOf(fields, 'tags') ?? [];
  for (const tag of tags) if (!isTag(tag)) wrong(fields, 'tags', `"${tag}" is not a tag`);
  const manifest: Writable<Manifest> = {
    digest: digest ?? '',
    mediaType: textOf(fields, 'mediaType') ?? OCI_MANIFEST,
    size: bytesOf(fields, 'size') ?? 0,
    tags,
    children: digestsOf(fields, 'children') ?? [],
  };
  setKnown(manifest, 'tagTimes', timesOf(fields, 'tagTimes'));
  setKnown(manifest, 'pushedAt', timeOf(fields, 'pushedAt'));
  setKnown(manifest, 'createdAt', timeOf(fields, 'createdAt'));
  setKnown(manifest, 'pulledAt', timeOf(fields, 'pulledAt'));
  setKnown(manifest, 'config', digestOf(fields, 'config'));
  setKnown(manifest, 'subject', digestOf(fields, 'subject'));
  setKnown(manifest, 'artifactType', textOf(fields, 'artifactType'));
  setKnown(manifest, 'labels', textMapOf(fields, 'labels'));
  setKnown(manifest, 'annotations', textMapOf(fields, 'annotations'));
  setKnown(manifest, 'platforms', textsOf(fields, 'platforms'));
  setKnown(manifest, 'blobs', checkBlobs(fields));
  setKnown(manifest, 'locked', flagOf(fields, 'locked'));
  setKnown(manifest, 'archived', flagOf(fields, 'archived'));
  setKnown(manifest, 'lockedTags', textsOf(fields, 'lockedTags'));
  setKnown(manifest, 'signed', flagOf(fields, 'signed'));
  setKnown(manifest, 'vulnerability', checkSeverity(fields));
  return digest === undefined ? undefined : manifest;
}

function setKnown<Key extends keyof Manifest>(manifest: Writable<Manifest>, key: Key, value: Manifest[Key] | undefined): void {
  if (value !== undefined) manifest[key] = value;
}

function checkSeverity(fields: Fields): Manifest['vulnerability'] {
  const text = textOf(fields, 'vulnerability');
  if (text === undefined) return undefined;
  return SEVERITIES.find((name) => name === text) ?? wrong(fields, 'vulnerability', `expected ${SEVERITIES.join(', ')}`);
}

function checkBlobs(manifest: Fields): readonly Blob[] | undefined {
  const list = listOf(manifest, 'blobs');
  // Of layers there are ten times as many as of anything else: what is right is passed on as it is.
  if (list === undefined || list.every(isBlob)) return list;
  list.forEach((value, index) => {
    const fields = fieldsOf(value, pathOf(manifest, `blobs[${index}]`), manifest.report);
    if (!fields || isBlob(value)) return;
    if (digestOf(fields, 'digest') === undefined) missing(fields, 'digest');
    if (bytesOf(fields, 'size') === undefined) missing(fields, 'size');
  });
  return undefined;
}

function isBlob(value: unknown): value is Blob {
  return isObject(value) && typeof value['digest'] === 'string' && isDigest(value['digest']) && isByteCount(value['size']);
}

/** What the registry can do and tell, where the document does not say: everything but what needs proof. */
function checkCapabilities(repository: Fields, manifests: readonly Manifest[]): Capabilities {
  const value = repository.object['capabilities'] ?? {};
  if (!isObject(value)) wrong(repository, 'capabilities', 'expected an object');
  const fields: Fields = { ...repository, object: isObject(value) ? value : {}, at: pathOf(repository, 'capabilities') };
  return {
    deleteTag: flagOf(fields, 'deleteTag') ?? false,
    listUntagged: flagOf(fields, 'listUntagged') ?? true,
    pushedAt: flagOf(fields, 'pushedAt') ?? true,
    createdAt: flagOf(fields, 'createdAt') ?? true,
    // A pull time that is missing means "never pulled" where pulls are recorded, and nothing where they are not.
    pulledAt: flagOf(fields, 'pulledAt') ?? manifests.some(({ pulledAt }) => pulledAt !== undefined),
    tagTimes: flagOf(fields, 'tagTimes') ?? manifests.some(({ tagTimes }) => tagTimes !== undefined),
    labels: flagOf(fields, 'labels') ?? true,
    annotations: flagOf(fields, 'annotations') ?? true,
    platforms: flagOf(fields, 'platforms') ?? true,
    artifactType: flagOf(fields, 'artifactType') ?? true,
    vulnerability: flagOf(fields, 'vulnerability') ?? true,
    ...(flagOf(fields, 'cascades') && { cascades: true }),
    ...(flagOf(fields, 'archive') && { archive: true }),
  };
}
