import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { manifestBlobs } from '../domain/manifest-blobs.ts';
import { listedManifests, readManifestLinks } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * What a registry has not got any more of all that a manifest needs, by asking for each part: registries word it in different ways.
 * Undefined where it cannot be asked for, or not with these rights: putting a manifest back need not take them.
 */
export async function lostParts(registry: Registry, repository: string, manifest: RawManifest): Promise<readonly Digest[] | undefined> {
  if (!registry.hasBlob) return undefined;
  const lost: Digest[] = [];
  const links = readManifestLinks(manifest.bytes) ?? { children: [] };
  const blobs = new Set([...manifestBlobs(manifest.bytes).map(({ digest }) => digest), ...(links.blobs ?? [])]);
  try {
    for (const blob of blobs) if (!(await registry.hasBlob(repository, blob))) lost.push(blob);
  } catch (error) {
    if (error instanceof ToolError && error.code === 'AUTH') return undefined;
    throw error;
  }
  for (const child of new Set(listedManifests(links))) if (!(await hasManifest(registry, repository, child))) lost.push(child);
  return lost;
}

/** Whether a manifest is there, where that can be asked without counting as a pull. */
export async function hasManifest(registry: Registry, repository: string, digest: Digest): Promise<boolean> {
  if (registry.hasManifest) return registry.hasManifest(repository, digest);
  return (await registry.readManifest(repository, digest)) !== undefined;
}

/** True of the OCI API's codes for a manifest of which a part is missing, which adapters of other APIs use too. */
export function saysLost(error: unknown): boolean {
  return (
    error instanceof ToolError &&
    error.code === 'REGISTRY_ERROR' &&
    /\b(?:MANIFEST_BLOB_UNKNOWN|BLOB_UNKNOWN|MANIFEST_UNKNOWN)\b/.test(error.message)
  );
}
