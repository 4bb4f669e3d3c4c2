import { hasManifest } from '../../distribution/manifest-content.ts';
import type { Digest } from '../../domain/digest.ts';
import type { GhcrClient } from './client.ts';
import type { PackageVersions } from './versions.ts';

/**
 * Whether a manifest is there now: by `/v2/`, which is not counted against the limit of the API, and where it says so, by the API too,
 * since a deleted version may be served for a while.
 */
export async function isThere(client: GhcrClient, versions: PackageVersions, repository: string, digest: Digest): Promise<boolean> {
  if (!(await hasManifest(client.oci, repository, digest))) return false;
  return (await versions.find(repository, digest)) !== undefined;
}
