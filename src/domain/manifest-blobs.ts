import { type Digest, isDigest } from './digest.ts';
import { asList, asObject, asText, parseJsonObject } from './json.ts';

/** A layer of this kind may lie elsewhere, and never was in the registry (OCI image-spec, layer.md, "Non-Distributable Layers"). */
const FOREIGN = /nondistributable|foreign/;

/** A blob that a manifest needs of its repository. */
export interface NeededBlob {
  readonly digest: Digest;
  /** Bytes; missing where the manifest does not say it in a way that can be understood. */
  readonly size?: number;
}

/** The config, the layers and the other blobs of a manifest that lie in its repository, each once. An index has none. */
export function manifestBlobs(bytes: Uint8Array): NeededBlob[] {
  const manifest = parseJsonObject(bytes);
  const listed = [manifest?.['config'], ...(asList(manifest?.['layers']) ?? []), ...(asList(manifest?.['blobs']) ?? [])].map(asObject);
  const found = new Map<Digest, NeededBlob>();
  for (const descriptor of listed) {
    const { digest, size, mediaType } = descriptor ?? {};
    if (!isDigest(digest) || FOREIGN.test(asText(mediaType) ?? '')) continue;
    found.set(digest, { digest, ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && { size }) });
  }
  return [...found.values()];
}
