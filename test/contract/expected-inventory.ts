import type { Digest } from '../../src/domain/digest.ts';
import type { Blob, Manifest } from '../../src/domain/inventory.ts';
import { isIndexType } from '../../src/domain/media-types.ts';
import { parseDigestTag } from '../../src/domain/attachment.ts';
import type { ContractTarget, Feature, Shape, TrueManifest, Truth } from './contract-target.ts';
import { CONFIGS } from './history.ts';
import { tagsOf } from './truth.ts';
import { asDigest } from '../digest.ts';

interface Descriptor extends Blob {
  readonly mediaType: string;
}

interface Document {
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

const IMAGE_CONFIGS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];

/** What an inventory must say of each manifest in it, sorted by digest. Of what the target lacks, it must say nothing. */
export function expectedManifests(target: ContractTarget, truth: Truth): Partial<Manifest>[] {
  const tells = (feature: Feature): boolean => !(feature in target.skips);
  return expectedDigests(target, truth).map((digest) => {
    const { mediaType, bytes, pushedAt, pulledAt, tagTimes, vulnerability } = truth.manifests[digest]!;
    const { artifactType, config, layers = [], manifests = [], subject, annotations } = read(bytes);
    const type = artifactType ?? (config && !IMAGE_CONFIGS.includes(config.mediaType) ? config.mediaType : undefined);
    const parts = config ? [config, ...layers] : [];
    return normalized({
      digest,
      mediaType,
      tags: tagsOf(truth, digest),
      children: [...new Set(manifests.map((child) => child.digest))],
      subject: subject?.digest,
      size: tells('size') ? distinct(parts).reduce((sum, { size }) => sum + size, bytes.length) : undefined,
      config: tells('config') ? config?.digest : undefined,
      blobs: tells('blobs') ? distinct([{ digest, size: bytes.length }, ...parts]) : undefined,
      artifactType: tells('artifactType') ? type : undefined,
      annotations: tells('annotations') ? annotations : undefined,
      pushedAt: tells('pushedAt') ? pushedAt : undefined,
      pulledAt: tells('pulledAt') ? pulledAt : undefined,
      tagTimes: tells('tagTimes') ? tagTimes : undefined,
      vulnerability: tells('vulnerability') ? vulnerability : undefined,
    });
  });
}

/** The same of an inventory, made comparable. What images say of themselves (created, labels, platforms) has a check of its own. */
export function comparable(target: ContractTarget, manifests: readonly Manifest[]): Partial<Manifest>[] {
  return manifests.map(({ createdAt: _created, labels: _labels, platforms: _platforms, size, blobs, ...rest }) =>
    normalized({
      ...rest,
      findings: undefined,
      scan: undefined,
      attestation: undefined,
      predicates: undefined,
      size: 'size' in target.skips ? undefined : size,
      blobs: blobs && distinct(blobs),
      children: [...new Set(rest.children)],
      locked: rest.locked || undefined,
      lockedTags: rest.lockedTags?.length ? rest.lockedTags : undefined,
      signed: undefined,
    }),
  );
}

/** Everything that is there where untagged manifests are listed; else what tags lead to. Sorted. */
function expectedDigests(target: ContractTarget, truth: Truth): Digest[] {
  if (!('listUntagged' in target.skips)) return Object.keys(truth.manifests).map(asDigest).toSorted();
  const found = new Set<Digest>();
  const pending = Object.values(truth.tags);
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    const manifest = truth.manifests[digest];
    if (!manifest || found.has(digest)) continue;
    found.add(digest);
    pending.push(...neededBy(manifest), ...signedBy(truth, digest));
    if (target.referrersApi)
      pending.push(
        ...Object.keys(truth.manifests)
          .map(asDigest)
          .filter((other) => read(truth.manifests[other]!.bytes).subject?.digest === digest),
      );
  }
  return [...found].toSorted();
}

/** What of a truth must be there for it to be whole, beginning with some digests: children and subjects, to any depth. */
export function needs(truth: Truth, roots: readonly Digest[]): Truth['manifests'] {
  const found: Record<Digest, TrueManifest> = {};
  const pending = [...roots];
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    const manifest = truth.manifests[digest];
    if (!manifest || found[digest]) continue;
    found[digest] = manifest;
    pending.push(...neededBy(manifest));
  }
  return found;
}

/** What requests may be counted by. */
export function shapeOf(target: ContractTarget, truth: Truth): Shape {
  const digests = expectedDigests(target, truth);
  return {
    tags: Object.keys(truth.tags).length,
    manifests: digests.length,
    tagged: new Set(Object.values(truth.tags)).size,
    indexes: digests.filter((digest) => isIndexType(truth.manifests[digest]!.mediaType)).length,
    referrers: digests.filter((digest) => read(truth.manifests[digest]!.bytes).subject).length,
    lost: new Set(
      digests
        .flatMap((digest) => [...neededBy(truth.manifests[digest]!), ...signedBy(truth, digest)])
        .filter((digest) => !truth.manifests[digest]),
    ).size,
    configs: new Set(digests.flatMap((digest) => CONFIGS.get(digest) ?? [])).size,
  };
}

function neededBy({ bytes }: TrueManifest): Digest[] {
  const { manifests = [], subject } = read(bytes);
  return [...manifests, ...(subject ? [subject] : [])].map(({ digest }) => digest);
}

/** What a manifest is attached to by its tags. */
function signedBy(truth: Truth, digest: Digest): Digest[] {
  return tagsOf(truth, digest).flatMap((tag) => subjectOf(tag) ?? []);
}

function subjectOf(tag: string): Digest | undefined {
  return parseDigestTag(tag)?.key as Digest | undefined;
}

function read(bytes: Buffer): Document {
  return JSON.parse(bytes.toString('utf8')) as Document;
}

function distinct(blobs: readonly Blob[]): Blob[] {
  return [...new Map(blobs.map(({ digest, size }) => [digest, { digest, size }])).values()].toSorted((a, b) =>
    a.digest < b.digest ? -1 : 1,
  );
}

/**
 * Without what is missing. What a manifest is attached to by a tag may be told as its subject, and of what is an attachment and nothing
 * else neither times nor findings matter to any decision: a registry may keep them to itself.
 */
function normalized(manifest: { readonly [Key in keyof Manifest]?: Manifest[Key] | undefined }): Partial<Manifest> {
  const { tags = [], subject = subjectOf(tags[0] ?? ''), pulledAt, tagTimes, vulnerability, ...rest } = manifest;
  const attachment = subject !== undefined && tags.every((tag) => subjectOf(tag) !== undefined);
  const entries = Object.entries({ ...rest, tags, subject, ...(!attachment && { pulledAt, tagTimes, vulnerability }) });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
