import { registryErrorText } from '../../http/registry-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { contentDigest, digestedBytes } from '../../distribution/content-digest.ts';
import { isNotFound } from './answer-errors.ts';
import { type QuayClient, repositoryPath } from './client.ts';
import { readRepositorySettings } from './repository-settings.ts';
import { findTag } from './tags.ts';

/**
 * Puts a manifest back under a tag by Quay's own call, which takes it from the time machine. Without a tag there is nothing to do: Quay
 * keeps no manifest without one, and what an index lists comes back with that index. Throws `BAD_RESPONSE` where the bytes have another
 * digest.
 */
export async function putBack(client: QuayClient, repository: string, manifest: RawManifest, tag?: string): Promise<void> {
  const { digest, mediaType, bytes } = manifest;
  const digested = digestedBytes(bytes, mediaType);
  if (!digested || contentDigest(digested, digest) !== digest) {
    throw badAnswer(`put back the manifest ${client.label(repository, digest)}`, 'the bytes that were kept of it have another digest');
  }
  if (tag !== undefined) await restoreTag(client, repository, tag, digest);
}

/**
 * Sets a tag again on a digest that had it. A tag that is on another digest by now is left there, which Quay itself does not look after.
 * Throws `REGISTRY_ERROR` in that case, and where Quay has not got the manifest any more.
 */
export async function restoreTag(client: QuayClient, repository: string, tag: string, digest: Digest): Promise<void> {
  const doing = `put back the tag ${client.label(repository, tag)} on ${digest}`;
  const now = await findTag(client, repository, tag);
  if (now?.digest === digest) return;
  if (now) {
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: by now it is on ${now.digest}, and is left there.`, {
      hint: 'Delete the tag there first, if it is to be put back all the same.',
    });
  }
  const call = {
    doing,
    scope: 'repo:write',
    method: 'POST',
    path: `${repositoryPath(client, repository)}/tag/${tag}/restore`,
    repository,
    json: { manifest_digest: digest },
  } as const;
  const response = await client.call(call);
  if (!isNotFound(response)) {
    await client.read(call, response);
    return;
  }
  await readRepositorySettings(client, repository);
  throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Quay answered ${registryErrorText(response)} (MANIFEST_UNKNOWN).`, {
    hint: 'The time for which Quay keeps deleted tags is over. Push the image again.',
  });
}
