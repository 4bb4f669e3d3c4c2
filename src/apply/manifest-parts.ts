import { type Digest, isDigest } from '../domain/digest.ts';
import { asList, asObject, parseJsonObject } from '../domain/json.ts';

/** What a manifest says of itself besides what it needs of its repository. */
export interface ManifestParts {
  /** The media type that it gives itself. */
  readonly mediaType?: string;
  /** The digests of its config and of its first layer. */
  readonly config?: Digest;
  readonly layer?: Digest;
}

/** Reads them from its bytes. What is not understood is left out. */
export function manifestParts(bytes: Uint8Array): ManifestParts {
  const manifest = parseJsonObject(bytes) ?? {};
  const mediaType = manifest['mediaType'];
  const config = asObject(manifest['config'])?.['digest'];
  const layer = asObject(asList(manifest['layers'])?.[0])?.['digest'];
  return {
    ...(typeof mediaType === 'string' && mediaType !== '' && { mediaType }),
    ...(isDigest(config) && { config }),
    ...(isDigest(layer) && { layer }),
  };
}
