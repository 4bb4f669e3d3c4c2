import type { LimitFunction } from 'p-limit';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { isCosignTag, parseDigestTag } from '../../domain/attachment.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import type { OciClient } from '../../distribution/client.ts';
import type { Problems } from '../../distribution/problems.ts';
import { readTags } from '../../distribution/tags.ts';
import type { Accessory, Artifact } from './artifact.ts';
import { findArtifact, type Reading } from './artifacts.ts';
import { splitRepository } from './client.ts';
import type { Collection } from './collection.ts';
import type { Projects } from './projects.ts';

export interface HiddenOptions {
  readonly reading: Reading;
  /** For the list of tags, which the REST API does not have. */
  readonly registry: OciClient;
  readonly projects: Projects;
  readonly limit: LimitFunction;
  readonly problems: Problems;
}

/**
 * Types of accessories that tell all that matters of them. They may have accessories of their own, which are not looked for, since what is
 * signed is nearly always an image; if there are any, they are found when the image is about to be deleted, and stop that. Only the
 * artifact itself tells what a `subject.accessory` is, and whether a cosign signature is of the old or the new kind.
 */
const PLAIN_TYPES = ['signature.notation', 'sbom.harbor'];

/**
 * Finds what the list of artifacts leaves out: all accessories (src/pkg/artifact/dao/dao.go, `setAccessoryQuery`) and, where `base=*` is
 * not known, the untagged children of indexes. Each takes one request, except signatures under cosign's tags and other types that tell all
 * that matters ({@link PLAIN_TYPES}): where everything is signed, every image has one. Their tags are told by a single list of all tags.
 */
export async function addHidden(collection: Collection, options: HiddenOptions): Promise<void> {
  await readUntilDone(collection, options, ({ type }) => !PLAIN_TYPES.includes(type) && type !== 'signature.cosign');
  if (collection.unread.size === 0) return;
  const tags = await hiddenTags(collection, options);
  if (tags) {
    const left = await placeSignatureTags(collection, options, tags);
    await readTagged(collection, options, left);
    for (const accessory of collection.unread.values()) if (PLAIN_TYPES.includes(accessory.type)) collection.keepBrief(accessory, []);
    // A tag of something that is attached to nothing that was read belongs to what is attached to one of those that were not.
    if ([...collection.artifacts.values()].some((artifact) => isStray(collection, artifact, left))) collection.forgetBriefs();
  }
  await readUntilDone(collection, options, () => true);
}

/**
 * Reads missing children, and accessories of these types, until none are left, since what is read may name others. What Harbor says is not
 * there is left out.
 */
async function readUntilDone(collection: Collection, options: HiddenOptions, wanted: (accessory: Accessory) => boolean): Promise<void> {
  const asked = new Set<Digest>();
  for (;;) {
    const accessories = [...collection.unread.values()].filter(wanted).map(({ digest }) => digest);
    const next = [...accessories, ...collection.missing].filter((digest) => !asked.has(digest));
    if (next.length === 0) return;
    for (const digest of next) asked.add(digest);
    await options.limit.map(next, (digest) => readOne(collection, options, digest));
  }
}

async function readOne(collection: Collection, { reading, problems }: HiddenOptions, reference: string): Promise<Digest | undefined> {
  const artifact = await problems.attempt(() => findArtifact(reading, reference));
  if (!artifact) return undefined;
  const contradiction = collection.add(artifact);
  if (contradiction !== undefined) problems.add(`In ${reading.client.label(reading.repository)}, ${contradiction}.`);
  return artifact.digest;
}

/**
 * The tags that no artifact seen so far has. Undefined where they cannot be read: `/v2` must not be read, or the project caches another
 * registry, so that the list has the tags of that one too (src/server/middleware/repoproxy).
 */
async function hiddenTags(collection: Collection, { reading, registry, projects }: HiddenOptions): Promise<Set<string> | undefined> {
  const { repository } = reading;
  const project = await projects.find(splitRepository(repository)?.project ?? '');
  if (!project || project.isProxyCache) return undefined;
  try {
    const known = collection.tags();
    return new Set((await readTags(registry, repository, { signal: reading.signal }))?.filter((tag) => !known.has(tag)));
  } catch (error) {
    reading.signal?.throwIfAborted();
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

/**
 * Assigns cosign's tags to the signatures that they belong to, which then need not be read. Not where an image has several signatures, and
 * not where the tag may be immutable, because then its image cannot be deleted either. Returns the tags that are left.
 */
async function placeSignatureTags(
  collection: Collection,
  { reading, projects }: HiddenOptions,
  tags: ReadonlySet<string>,
): Promise<Set<string>> {
  const left = new Set(tags);
  const signatures = new Map<Digest, Accessory[]>();
  for (const accessory of collection.unread.values()) {
    const subject = collection.subjects.get(accessory.digest);
    if (accessory.type === 'signature.cosign' && subject !== undefined)
      signatures.set(subject, [...(signatures.get(subject) ?? []), accessory]);
  }
  for (const tag of tags) {
    const { suffix, key } = parseDigestTag(tag) ?? {};
    const [signature, ...others] = (suffix === 'sig' && isDigest(key) && signatures.get(key)) || [];
    if (!signature || others.length > 0) continue;
    if (await projects.mayHaveImmutableTags(splitRepository(reading.repository)?.project ?? '')) continue;
    collection.keepBrief(signature, [{ name: tag, immutable: false }]);
    left.delete(tag);
  }
  return left;
}

/** Reads what has these tags. */
async function readTagged(collection: Collection, options: HiddenOptions, tags: ReadonlySet<string>): Promise<void> {
  await options.limit.map(tags, (tag) => readOne(collection, options, tag));
}

/** True of an artifact that is hidden, since its tag is, and attached to nothing that was seen. */
function isStray({ subjects }: Collection, { digest, tags }: Artifact, hidden: ReadonlySet<string>): boolean {
  return !subjects.has(digest) && tags.some(({ name }) => hidden.has(name) && !isCosignTag(name, digest));
}
