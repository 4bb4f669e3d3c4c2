import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import { readManifest as readOciManifest } from '../../distribution/manifest-content.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import type { GarClient } from './client.ts';
import { isThere } from './presence.ts';

/** A manifest's bytes, by `/v2/`; undefined where that and the API say that it is not there, in a repository that is. */
export async function readManifest(client: GarClient, repository: string, digest: Digest): Promise<RawManifest | undefined> {
  const manifest = await readOciManifest(client.oci, repository, digest);
  if (manifest || !(await isThere(client, repository, digest))) return manifest;
  const doing = `read the manifest ${client.label(repository, digest)}`;
  throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Artifact Registry lists it, and says at /v2/ that it is not there.`, {
    hint: 'Run again.',
  });
}
