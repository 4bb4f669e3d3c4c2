import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { digestedBytes, contentDigest } from '../../distribution/content-digest.ts';
import { asObject } from '../../domain/json.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import type { EcrClient } from './client.ts';

/**
 * Puts a manifest back, byte for byte, by PutImage. It is fine if the manifest is already there under that tag. Throws `BAD_RESPONSE` if
 * the bytes or the answer have another digest, and `REGISTRY_ERROR` with the code `BLOB_UNKNOWN` or `MANIFEST_UNKNOWN` of the OCI API if
 * ECR no longer has all of its layers or children.
 */
export async function putManifest(client: EcrClient, repository: string, manifest: RawManifest, tag?: string): Promise<void> {
  const { digest, mediaType, bytes } = manifest;
  const doing = `put back the manifest ${client.label(repository, digest)}${tag === undefined ? '' : ` as ${tag}`}`;
  const digested = digestedBytes(bytes, mediaType);
  if (!digested || contentDigest(digested, digest) !== digest) throw badAnswer(doing, 'the bytes that were kept of it have another digest');
  const imageManifest = Buffer.from(bytes).toString('utf8');
  const input = { imageManifest, imageManifestMediaType: mediaType, imageDigest: digest, ...(tag !== undefined && { imageTag: tag }) };
  const answer = await put(client, { operation: 'PutImage', doing, repository, input });
  if (!answer) return;
  const stored = asObject(asObject(answer['image'])?.['imageId'])?.['imageDigest'];
  if (stored !== digest) throw badAnswer(doing, `ECR stored it as ${JSON.stringify(stored ?? null).slice(0, 200)}`);
}

async function put(client: EcrClient, call: Parameters<EcrClient['call']>[0]): ReturnType<EcrClient['callUnless']> {
  try {
    return await client.callUnless(call, 'ImageAlreadyExistsException');
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'REGISTRY_ERROR') throw error;
    const lost = /LayersNotFoundException/.test(error.message)
      ? 'BLOB_UNKNOWN'
      : /ReferencedImagesNotFoundException/.test(error.message)
        ? 'MANIFEST_UNKNOWN'
        : undefined;
    if (lost === undefined) throw error;
    throw new ToolError('REGISTRY_ERROR', `${error.message} (${lost})`, {
      hint: 'ECR has removed parts of it for good. Build it anew.',
      cause: error,
    });
  }
}
