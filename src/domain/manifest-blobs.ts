import { type Digest, isDigest } from './digest.ts';
import { asList, asObject, asText, type JsonObject, parseJsonObject } from './json.ts';

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
  return blobsIn(descriptorsOf(bytes, 'config', 'layers', 'blobs').filter((descriptor) => !isForeign(descriptor)));
}

/**
 * What may lie in a manifest's repository as a blob, and need not: its foreign layers, and what an index lists. Caches of BuildKit are
 * indexes that list layers.
 */
export function possibleBlobs(bytes: Uint8Array): NeededBlob[] {
  return blobsIn([...descriptorsOf(bytes, 'layers').filter(isForeign), ...descriptorsOf(bytes, 'manifests')]);
}

function descriptorsOf(bytes: Uint8Array, ...fields: readonly string[]): (JsonObject | undefined)[] {
  const manifest = parseJsonObject(bytes);
  return fields.flatMap((field) => asList(manifest?.[field]) ?? [manifest?.[field]]).map(asObject);
}

function isForeign(descriptor: JsonObject | undefined): boolean {
  return FOREIGN.test(asText(descriptor?.['mediaType']) ?? '');
}

function blobsIn(descriptors: readonly (JsonObject | undefined)[]): NeededBlob[] {
  const found = new Map<Digest, NeededBlob>();
  for (const { digest, size } of descriptors.map((descriptor) => descriptor ?? {}))
    if (isDigest(digest))
      found.set(digest, { digest, ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && { size }) });
  return [...found.values()];
}
