import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { MANIFEST_TYPES } from '../../domain/media-types.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { digestedBytes, contentDigest } from '../../distribution/content-digest.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { understand } from '../../distribution/manifest-content.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import { failed } from './answer-errors.ts';
import { type EcrClient, MOST_IMAGES } from './client.ts';
import type { Images } from './images.ts';
import type { Found, ManifestSource } from './manifest-source.ts';

/** The answer for an image in the archive; no pull gets it (user guide, "Archiving an image"). */
const WITHHELD = 'ImageInaccessible';

/**
 * Reads manifests by BatchGetImage. ECR counts that as a pull (API reference, `BatchGetImage`), unless these credentials are exempt by
 * RegisterPullTimeUpdateExclusion. Only digests of images that are there are asked for, so that a pull-through cache has nothing to import.
 */
export function createManifestSource(client: EcrClient): ManifestSource {
  const read = async (repository: string, digests: readonly Digest[], signal: AbortSignal | undefined): Promise<Map<Digest, Found>> => {
    const [only] = digests;
    const what =
      digests.length === 1
        ? `the manifest ${client.label(repository, only)}`
        : `${digests.length} manifests of ${client.label(repository)}`;
    const doing = `read ${what}`;
    // A type that is left out may be answered with another manifest than the one that was asked for.
    const input = { imageIds: digests.map((imageDigest) => ({ imageDigest })), acceptedMediaTypes: MANIFEST_TYPES };
    const answer = await client.call({ operation: 'BatchGetImage', doing, repository, input, signal });
    const images = asList(answer['images']);
    const failures = asList(answer['failures']);
    if (!images || !failures || !('images' in answer || 'failures' in answer)) throw badAnswer(doing, 'the answer is not a list of images');
    const found = new Map<Digest, Found>();
    const missing = new Set<Digest>();
    for (const image of images) {
      const digest = idIn(image);
      if (digest !== undefined && digests.includes(digest))
        found.set(digest, { manifest: openImage(asObject(image) ?? {}, digest, `read the manifest ${client.label(repository, digest)}`) });
    }
    for (const failure of failures.map((one) => asObject(one) ?? {})) {
      // Of a single one it is known whose failure it is, whatever it calls it.
      const digest = idIn(failure) ?? (digests.length === 1 ? only : undefined);
      if (digest === undefined || !digests.includes(digest) || found.has(digest)) continue;
      const code = asText(failure['failureCode']) ?? 'an unknown failure';
      const error = failed(
        `read the manifest ${client.label(repository, digest)}`,
        code,
        asText(failure['failureReason']) ?? '',
        client.service,
      );
      if (code === 'ImageNotFound') missing.add(digest);
      else if (code === WITHHELD) found.set(digest, { withheld: error.message });
      else throw error;
    }
    const unanswered = digests.filter((digest) => !found.has(digest) && !missing.has(digest));
    if (unanswered.length > 0 && digests.length === 1) throw badAnswer(doing, 'the answer says nothing of it');
    for (const digest of unanswered) for (const [key, value] of await read(repository, [digest], signal)) found.set(key, value);
    return found;
  };
  return { most: MOST_IMAGES, read };
}

/** A manifest's bytes. ECR says the same of what is archived and of what is not there, so that DescribeImages has the last word. */
export async function readManifest(
  found: Found | undefined,
  client: EcrClient,
  images: Images,
  repository: string,
  digest: Digest,
): Promise<RawManifest | undefined> {
  if (found && 'manifest' in found) {
    const { mediaType, bytes } = found.manifest;
    const doing = `read the manifest ${client.label(repository, digest)}`;
    return { digest, bytes, mediaType: understand(digestedBytes(bytes, mediaType) ?? bytes, digest, mediaType, doing).mediaType };
  }
  const detail = await images.find(repository, digest);
  if (!detail) return undefined;
  const why =
    found?.withheld ??
    `Cannot read the manifest ${client.label(repository, digest)}: ${client.service.title} lists the image, and says that it has no ` +
      'manifest.';
  if (!detail.archived)
    throw new ToolError('REGISTRY_ERROR', why, { hint: 'Run again; if it stays so, push the image again or delete it by hand.' });
  throw new ToolError(
    'REGISTRY_ERROR',
    `${why} It is in the archive, from where it cannot be read, so that it could not be put back either.`,
    {
      hint: 'Restore it first (aws ecr update-image-storage-class --target-storage-class STANDARD), or delete it by hand.',
    },
  );
}

/** Takes the bytes, once their digest is the one that was asked for. */
function openImage(image: JsonObject, digest: Digest, doing: string): RawManifest {
  const text = asText(image['imageManifest']);
  if (text === undefined) throw badAnswer(doing, 'the answer holds no manifest');
  const bytes = Buffer.from(text, 'utf8');
  const mediaType = asText(image['imageManifestMediaType']) ?? '';
  const digested = digestedBytes(bytes, mediaType);
  const actual = digested && contentDigest(digested, digest);
  if (actual !== digest)
    throw badAnswer(doing, `what ECR sent has the digest ${actual ?? 'of a signed manifest without signature'} and not ${digest}`);
  return { digest, mediaType, bytes };
}

function idIn(value: unknown): Digest | undefined {
  const digest = asObject(asObject(value)?.['imageId'])?.['imageDigest'];
  return isDigest(digest) ? digest : undefined;
}
