import type { Digest } from '../domain/digest.ts';
import { type Blob, type FindingGroup, type Manifest, type RepositoryInventory, SCAN_STATES, SEVERITIES } from '../domain/inventory.ts';
import { OCI_MANIFEST } from '../domain/media-types.ts';
import { isTag } from '../domain/tag.ts';
import { checkCapabilities } from './capabilities-check.ts';
import { type Fields, fieldsOf, type Report } from './fields.ts';
import {
  ANY_TEXT,
  BYTES,
  COUNT,
  DAYS,
  DIGEST,
  FLAG,
  IMAGE_NAME,
  type Kind,
  LIST,
  listOf,
  mapOf,
  OBJECT,
  oneOf,
  REPOSITORY,
  TAG,
  TEXT,
} from './kinds.ts';

const SEVERITY = oneOf(SEVERITIES);
const BLOB: Kind<Blob> = {
  name: 'a blob',
  is: (value): value is Blob => OBJECT.is(value) && DIGEST.is(value['digest']) && BYTES.is(value['size']),
};

const SCAN_STATE = oneOf(SCAN_STATES);
const FINDING: Kind<FindingGroup> = {
  name: 'a finding',
  is: (value): value is FindingGroup =>
    OBJECT.is(value) &&
    SEVERITY.is(value['severity']) &&
    COUNT.is(value['count']) &&
    (value['fixable'] === undefined || FLAG.is(value['fixable'])) &&
    ['since', 'id'].every((key) => value[key] === undefined || ANY_TEXT.is(value[key])),
};

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Checks one repository of an inventory document and fills in what may be left out. Its manifests come apart from it, some at a time, and
 * their blobs are kept where that is asked for. By hand rather than by a schema, since a document may hold hundreds of thousands of
 * manifests. Unknown keys are passed over. Undefined after reporting what keeps it from being used.
 */
export function checkRepository(
  value: unknown,
  { manifests: lists, blobs }: { readonly manifests: Iterable<readonly unknown[]> | undefined; readonly blobs: boolean },
  at: string,
  report: Report,
): RepositoryInventory | undefined {
  const fields = fieldsOf(value, at, report);
  if (!fields) return undefined;
  const registry = fields.required('registry', TEXT);
  const repository = fields.required('repository', REPOSITORY);
  const url = fields.optional('url', TEXT);
  // Whether it was read whole decides about deleting, so nobody guesses.
  const complete = fields.required('complete', FLAG);
  const names = fields.optionalList('names', IMAGE_NAME);
  const problems = fields.optionalList('problems', TEXT);
  const danglingTags = checkDanglingTags(fields);
  const notes = fields.optionalList('notes', TEXT);
  const recoverableDays = fields.optional('recoverableDays', DAYS);
  const archiveMinimumDays = fields.optional('archiveMinimumDays', DAYS);
  if (!lists) fields.required('manifests', LIST);
  const manifests = checkManifests(lists ?? [], fields, blobs);
  const capabilities = checkCapabilities(fields, manifests);
  if (registry === undefined || repository === undefined || complete === undefined) return undefined;
  const said = {
    ...(problems && { problems }),
    ...(danglingTags && { danglingTags }),
    ...(notes && { notes }),
    ...(recoverableDays !== undefined && { recoverableDays }),
    ...(archiveMinimumDays !== undefined && { archiveMinimumDays }),
  };
  return {
    registry,
    type: fields.optional('type', TEXT) ?? 'oci',
    ...(url !== undefined && { url }),
    repository,
    ...(names && { names }),
    complete,
    ...said,
    capabilities,
    manifests,
  };
}

function checkDanglingTags(repository: Fields): RepositoryInventory['danglingTags'] {
  if (repository.optional('danglingTags', LIST) === undefined) return undefined;
  return [...repository.children('danglingTags')].flatMap((fields) => {
    const tag = fields.required('tag', TEXT);
    const digest = fields.optional('digest', DIGEST);
    return tag === undefined ? [] : [{ tag, ...(digest !== undefined && { digest }) }];
  });
}

function checkManifests(lists: Iterable<readonly unknown[]>, repository: Fields, blobs: boolean): Manifest[] {
  const manifests: Manifest[] = [];
  const digests = new Set<Digest>();
  const holders = new Map<string, number>();
  const placeOf = (index: number): string => `${repository.path('manifests')}[${index}]`;
  const check = (value: unknown, index: number): void => {
    const manifest = isRight(value) ? completed(value) : checkManifest(value, placeOf(index), repository.report);
    if (!manifest) return;
    // Not by "delete", which makes an object slow.
    if (!blobs && manifest.blobs) (manifest as { blobs?: readonly Blob[] | undefined }).blobs = undefined;
    manifests.push(manifest);
    const { digest, tags } = manifest;
    if (digests.has(digest)) repository.report(`${placeOf(index)}.digest`, `${digest} is there twice in this repository`);
    digests.add(digest);
    for (const tag of tags) {
      const holder = holders.get(tag);
      if (holder === undefined) holders.set(tag, index);
      else repository.report(`${placeOf(index)}.tags`, `the tag "${tag}" is there twice, first in ${placeOf(holder)}`);
    }
  };
  let index = 0;
  for (const list of lists) for (const value of list) check(value, index++);
  return manifests;
}

/** What each field of a manifest must be. */
const MANIFEST: { readonly [Key in keyof Manifest]-?: Kind<NonNullable<Manifest[Key]>> } = {
  digest: DIGEST,
  mediaType: TEXT,
  size: BYTES,
  tags: listOf(TAG),
  tagTimes: mapOf(ANY_TEXT),
  pushedAt: ANY_TEXT,
  unarchivedAt: ANY_TEXT,
  firstSeen: mapOf(ANY_TEXT),
  createdAt: ANY_TEXT,
  pulledAt: ANY_TEXT,
  config: DIGEST,
  children: listOf(DIGEST),
  subject: DIGEST,
  artifactType: TEXT,
  labels: mapOf(ANY_TEXT),
  registryLabels: listOf(TEXT),
  annotations: mapOf(ANY_TEXT),
  platforms: listOf(TEXT),
  blobs: listOf(BLOB),
  locked: FLAG,
  archived: FLAG,
  lockedTags: listOf(TEXT),
  signed: FLAG,
  vulnerability: SEVERITY,
  findings: listOf(FINDING),
  scan: SCAN_STATE,
  attestation: FLAG,
  predicates: listOf(TEXT),
};
const KINDS: ReadonlyMap<string, Kind<unknown>> = new Map(Object.entries(MANIFEST));

/** True of a manifest whose every field is as it must be, so that it needs no copy. Nearly all are: the others are looked at once more. */
function isRight(value: unknown): value is Partial<Manifest> & Pick<Manifest, 'digest'> {
  if (!OBJECT.is(value) || value['digest'] === undefined) return false;
  for (const key in value) {
    const kind = KINDS.get(key);
    if (kind !== undefined && !kind.is(value[key])) return false;
  }
  return true;
}

function completed(value: Partial<Writable<Manifest>> & Pick<Manifest, 'digest'>): Manifest {
  value.mediaType ??= OCI_MANIFEST;
  value.size ??= 0;
  value.tags ??= NONE;
  value.children ??= NONE;
  return value as Manifest;
}

const NONE: readonly never[] = Object.freeze([]);

/** Undefined where the digest is missing or wrong; everything else is checked all the same. */
function checkManifest(value: unknown, at: string, report: Report): Manifest | undefined {
  const fields = fieldsOf(value, at, report);
  if (!fields) return undefined;
  const digest = fields.required('digest', DIGEST);
  const tags = fields.optionalList('tags', TEXT) ?? [];
  for (const tag of tags) if (!isTag(tag)) fields.wrong('tags', `"${tag}" is not a tag`);
  const manifest: Writable<Omit<Manifest, 'digest'>> = {
    mediaType: fields.optional('mediaType', TEXT) ?? OCI_MANIFEST,
    size: fields.optional('size', BYTES) ?? 0,
    tags,
    children: fields.optionalList('children', DIGEST) ?? [],
  };
  setKnown(manifest, 'tagTimes', timesOf(fields, 'tagTimes'));
  setKnown(manifest, 'pushedAt', timeOf(fields, 'pushedAt'));
  setKnown(manifest, 'unarchivedAt', timeOf(fields, 'unarchivedAt'));
  setKnown(manifest, 'firstSeen', timesOf(fields, 'firstSeen'));
  setKnown(manifest, 'createdAt', timeOf(fields, 'createdAt'));
  setKnown(manifest, 'pulledAt', timeOf(fields, 'pulledAt'));
  setKnown(manifest, 'config', fields.optional('config', DIGEST));
  setKnown(manifest, 'subject', fields.optional('subject', DIGEST));
  setKnown(manifest, 'artifactType', fields.optional('artifactType', TEXT));
  setKnown(manifest, 'labels', fields.optionalMap('labels', ANY_TEXT));
  setKnown(manifest, 'registryLabels', fields.optionalList('registryLabels', TEXT));
  setKnown(manifest, 'annotations', fields.optionalMap('annotations', ANY_TEXT));
  setKnown(manifest, 'platforms', fields.optionalList('platforms', TEXT));
  setKnown(manifest, 'blobs', checkBlobs(fields));
  setKnown(manifest, 'locked', fields.optional('locked', FLAG));
  setKnown(manifest, 'archived', fields.optional('archived', FLAG));
  setKnown(manifest, 'lockedTags', fields.optionalList('lockedTags', TEXT));
  setKnown(manifest, 'signed', fields.optional('signed', FLAG));
  setKnown(manifest, 'vulnerability', fields.optional('vulnerability', SEVERITY));
  setKnown(manifest, 'findings', checkFindings(fields));
  setKnown(manifest, 'scan', fields.optional('scan', SCAN_STATE));
  setKnown(manifest, 'attestation', fields.optional('attestation', FLAG));
  setKnown(manifest, 'predicates', fields.optionalList('predicates', TEXT));
  return digest === undefined ? undefined : { digest, ...manifest };
}

function setKnown<Key extends Exclude<keyof Manifest, 'digest'>>(
  manifest: Writable<Omit<Manifest, 'digest'>>,
  key: Key,
  value: Manifest[Key] | undefined,
): void {
  if (value !== undefined) (manifest as Writable<Manifest>)[key] = value;
}

/** A time as text, even when it makes no sense: whether it is a time is judged where it is used, and any other text is unknown there. */
export function timeOf({ object }: Fields, key: string): string | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : timeText(value);
}

function timeText(value: unknown): string {
  return typeof value === 'string' ? value : `not a time: ${typeof value}`;
}

/** Times by name, each as {@link timeOf} has them. */
function timesOf(fields: Fields, key: string): Readonly<Record<string, string>> | undefined {
  const times = fields.optional(key, OBJECT);
  if (!times) return undefined;
  const entries = Object.entries(times).filter(([, time]) => time !== null);
  return Object.fromEntries(entries.map(([name, time]) => [name, timeText(time)]));
}

function checkBlobs(manifest: Fields): readonly Blob[] | undefined {
  const list = manifest.optional('blobs', LIST);
  // There are ten times as many layers as anything else, so what is right is passed on as it is.
  if (list === undefined || list.every(BLOB.is)) return list;
  for (const fields of manifest.children('blobs')) {
    fields.required('digest', DIGEST);
    fields.required('size', BYTES);
  }
  return undefined;
}

function checkFindings(manifest: Fields): readonly FindingGroup[] | undefined {
  const list = manifest.optional('findings', LIST);
  if (list === undefined || list.every(FINDING.is)) return list;
  for (const fields of manifest.children('findings')) {
    fields.required('severity', SEVERITY);
    fields.required('count', COUNT);
    fields.optional('fixable', FLAG);
    for (const key of ['since', 'id']) fields.optional(key, ANY_TEXT);
  }
  return undefined;
}
