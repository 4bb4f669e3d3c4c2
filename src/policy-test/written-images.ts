import { createHash } from 'node:crypto';
import { type Digest, digestOf } from '../domain/digest.ts';
import { parseDuration } from '../domain/duration.ts';
import type { Capabilities, Manifest, RepositoryInventory } from '../domain/inventory.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../domain/media-types.ts';
import { parseTime } from '../domain/time.ts';
import { parseSize } from '../policy/size.ts';
import type { WrittenPlace } from './policy-case.ts';
import type { ImageSpec } from './case-schema.ts';

/** Images as a case lists them: each by its name, with an age or with more. */
export type WrittenImages = Readonly<Record<string, string | ImageSpec>>;

const SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json';
const SBOM = 'application/spdx+json';

/** A registry that can do and tell everything. */
const EVERYTHING: Capabilities = {
  deleteTag: true,
  listUntagged: true,
  pushedAt: true,
  createdAt: true,
  pulledAt: true,
  tagTimes: true,
  labels: true,
  annotations: true,
  platforms: true,
  artifactType: true,
  vulnerability: true,
  fixable: true,
  findingTimes: true,
  attachments: true,
  archive: true,
};

/** The digest that stands for an image of a case: the same for the same name. */
function writtenDigest(name: string): Digest {
  return digestOf(`sha256:${createHash('sha256').update(name).digest('hex')}`);
}

/** An image with all that may be said of it. */
export function imageSpec(written: string | ImageSpec): ImageSpec {
  return typeof written === 'string' ? { pushed: written } : written;
}

/** Its tags: its name and the others, or none. */
export function tagsOf(name: string, { untagged, orphaned, tags = [] }: ImageSpec): readonly string[] {
  return untagged || orphaned ? [] : [name, ...tags];
}

/** What the images of a case are called: by their tags, and those without a tag by the names that the case has for them. */
export type Names = ReadonlyMap<string, { readonly digest: Digest; readonly isTag: boolean }>;

export function namesOf(images: WrittenImages): Names {
  const names = Object.entries(images).flatMap(([name, written]) => {
    const tags = tagsOf(name, imageSpec(written));
    const digest = writtenDigest(name);
    return (tags.length === 0 ? [name] : tags).map((called) => [called, { digest, isTag: tags.length > 0 }] as const);
  });
  return new Map(names);
}

/**
 * The repository that holds images as a case lists them, with their children and signatures. Ages are counted back from `now`, in
 * milliseconds.
 */
export function inventoryOfWritten(
  images: WrittenImages,
  { registry, repository }: WrittenPlace,
  now: number,
  can: { readonly [Key in keyof Capabilities]?: boolean | undefined } = {},
): RepositoryInventory {
  const given = Object.fromEntries(Object.entries(can).filter(([, value]) => value !== undefined));
  return {
    registry,
    type: 'oci',
    repository,
    complete: true,
    capabilities: { ...EVERYTHING, ...given },
    manifests: Object.entries(images).flatMap(([name, written]) => manifestsOf(name, imageSpec(written), now)),
  };
}

function manifestsOf(name: string, spec: ImageSpec, now: number): Manifest[] {
  const at = (age: string | undefined): string | undefined => (age === undefined ? undefined : timeOf(age, now));
  const [pushedAt, createdAt] = [at(spec.pushed ?? spec.created), at(spec.created ?? spec.pushed)];
  const times = { ...(pushedAt !== undefined && { pushedAt }), ...(createdAt !== undefined && { createdAt }) };
  const part = (what: string, fields: Partial<Manifest>): Manifest => ({
    digest: writtenDigest(`${what} of ${name}`),
    mediaType: OCI_MANIFEST,
    size: 0,
    tags: [],
    children: [],
    ...times,
    ...fields,
  });
  const { platforms = [], labels, annotations, artifactType, vulnerability, findings, size = 0 } = spec;
  const children = platforms.map((platform) => part(platform, { platforms: [platform] }));
  const tags = tagsOf(name, spec);
  const [taggedAt, pulledAt] = [at(spec.tagged) ?? pushedAt, at(spec.pulled)];
  const image: Manifest = {
    digest: writtenDigest(name),
    mediaType: spec.mediaType ?? (platforms.length > 0 ? OCI_INDEX : OCI_MANIFEST),
    size: typeof size === 'number' ? size : (parseSize(size) ?? 0),
    tags,
    ...(taggedAt !== undefined && tags.length > 0 && { tagTimes: Object.fromEntries(tags.map((tag) => [tag, taggedAt])) }),
    ...times,
    ...(pulledAt !== undefined && { pulledAt }),
    children: children.map(({ digest }) => digest),
    ...(spec.orphaned && { subject: writtenDigest(`the image of ${name}`), artifactType: SIGNATURE }),
    ...(artifactType !== undefined && { artifactType }),
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(platforms.length > 0 && { platforms }),
    ...(spec.locked && { locked: true }),
    ...(vulnerability && { vulnerability }),
    ...(findings && {
      findings: findings.map(({ severity, fixable, since }) => ({
        severity,
        count: 1,
        ...(fixable !== undefined && { fixable }),
        ...(since !== undefined && { since: timeOf(since, now) }),
      })),
    }),
  };
  const attached = [...(spec.signed ? [SIGNATURE] : []), ...(spec.sbom ? [SBOM] : [])];
  return [image, ...children, ...attached.map((type) => part(type, { subject: image.digest, artifactType: type }))];
}

function timeOf(age: string, now: number): string {
  const duration = parseDuration(age);
  return duration === undefined ? age : new Date(now - duration).toISOString();
}

/** True of a time in place of an age, which means the same only as of a time that is given. */
export function isTime(age: string | undefined): boolean {
  return age !== undefined && parseTime(age) !== undefined;
}
