import type { LimitFunction } from 'p-limit';
import type { Digest } from '../domain/digest.ts';
import { isCosignTag } from '../domain/attachment.ts';
import { attestationsIn } from './attestations-in.ts';
import { badAnswer, refused } from './answer-errors.ts';
import { createdTime } from './created-time.ts';
import { contentDigest } from './content-digest.ts';
import { type ImageConfig, type ImageConfigs, isImageConfigType, readImageConfig } from './image-config.ts';
import { asText, parseJsonObject } from '../domain/json.ts';
import type { ManifestDocument } from './manifest-document.ts';
import type { Reading } from './manifest-reader.ts';
import type { Problems } from './problems.ts';
import type { ReadingProgress } from './reading-progress.ts';
import type { ReadManifests } from './build-manifests.ts';
import { eachOf } from './each-of.ts';

/** Configs of artifacts that never tell when the artifact was made. */
const TIMELESS = ['application/vnd.oci.empty.v1+json', 'application/vnd.cncf.helm.config.v1+json'];

/**
 * The digests of the configs that are worth reading, each once, with one of its images: those that describe images, and those of other
 * artifacts, such as Wasm modules, that may tell when they were made where the manifest does not. Not those of attestations and cosign's
 * signatures, which have the type of an image's config but describe nothing.
 */
function wantedConfigs(read: ReadManifests): Map<Digest, ManifestDocument> {
  const { documents, tags } = read;
  const attestations = attestationsIn(read);
  const wanted = new Map<Digest, ManifestDocument>();
  for (const document of documents.values()) {
    const { config, digest } = document;
    if (!config || !(isImageConfigType(config.mediaType) || mayTellTime(document, config.mediaType))) continue;
    if (hasCosignTagsAlone(digest, tags.get(digest)) || (attestations.has(digest) && !tags.has(digest))) continue;
    wanted.set(config.digest, document);
  }
  return wanted;
}

function mayTellTime({ annotations }: ManifestDocument, mediaType: string): boolean {
  return /[+/]json$/.test(mediaType) && !TIMELESS.includes(mediaType) && createdTime(undefined, annotations) === undefined;
}

/** True where there are tags, and by all of them cosign attaches the manifest to another one. */
function hasCosignTagsAlone(digest: Digest, tags: readonly string[] | undefined): boolean {
  return tags !== undefined && tags.every((tag) => isCosignTag(tag, digest));
}

interface ConfigsOptions {
  readonly limit: LimitFunction;
  readonly problems: Problems;
  readonly progress: ReadingProgress;
  /** Whether anybody needs what they say. */
  readonly areWanted: () => boolean;
}

/**
 * Reads the configs of what was read, where they are wanted. One of an image that cannot be read is a problem: its labels could protect the
 * image. Of another artifact's config only the time counts, and what it says otherwise may be anything.
 */
export async function readConfigs(
  reading: Reading,
  read: ReadManifests,
  { limit, problems, progress, areWanted }: ConfigsOptions,
): Promise<ImageConfigs> {
  if (!areWanted()) return undefined;
  const wanted = wantedConfigs(read);
  progress.found(wanted.size);
  const configs = new Map<Digest, ImageConfig>();
  await eachOf(limit, wanted, async ([digest, document]) => {
    const config = await problems.attempt(() => readConfig(reading, digest, document));
    if (config) configs.set(digest, config);
    progress.read();
  });
  return configs;
}

async function readConfig(
  { client, repository, cache, signal }: Reading,
  digest: Digest,
  document: ManifestDocument,
): Promise<ImageConfig> {
  const doing = `read the config ${digest} of the image ${client.label(repository, document.digest)}`;
  const isImage = isImageConfigType(document.config?.mediaType ?? '');
  let bytes = cache?.read(digest);
  if (!bytes) {
    const response = await client.getConfig(repository, digest, signal);
    if (response.status === 404 && !isImage) return {};
    if (response.status !== 200) throw refused(doing, response);
    bytes = response.body;
    if (contentDigest(bytes, digest) !== digest)
      throw badAnswer(doing, `what the registry sent has the digest ${contentDigest(bytes, digest)}`);
    await cache?.write(digest, bytes);
  }
  const json = parseJsonObject(bytes);
  if (!isImage) {
    const created = asText(json?.['created']);
    return created === undefined ? {} : { created };
  }
  if (!json) throw badAnswer(doing, 'it is not a JSON object');
  return readImageConfig(json);
}
