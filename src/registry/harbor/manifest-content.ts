import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import { hasCode, refused } from '../../distribution/answer-errors.ts';
import type { OciClient } from '../../distribution/client.ts';
import { openManifest, understand } from '../../distribution/manifest-content.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import { findArtifact, type Reading } from './artifacts.ts';
import { splitRepository } from './client.ts';
import type { Projects } from './projects.ts';

/**
 * A manifest's bytes; undefined only if Harbor says that the manifest is not there. The REST API does not have them, and Harbor counts
 * reading them by `/v2` as a pull, except by its own services (src/server/registry/manifest.go), and this program does not pretend to be
 * one. So only manifests that are about to be deleted or put back are read, and those that they turn out to hold. A proxy cache is first
 * asked whether it has the manifest, because `/v2` would fetch it from the other registry again.
 */
export async function readManifest(
  reading: Reading,
  registry: OciClient,
  projects: Projects,
  digest: Digest,
): Promise<RawManifest | undefined> {
  const { repository } = reading;
  const doing = `read the manifest ${registry.label(repository, digest)}`;
  const project = await projects.find(splitRepository(repository)?.project ?? '');
  if (project?.isProxyCache !== false && !(await findArtifact(reading, digest, BARE))) return undefined;
  const response = await registry.getManifest(repository, digest).catch((error: unknown) => {
    if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
    throw new ToolError('AUTH', error.message, {
      hint: 'Nothing is deleted whose manifest cannot be kept for "undo". A robot account needs the permission repository:pull.',
      cause: error,
    });
  });
  if (response.status === 404 && !(await findArtifact(reading, digest, BARE))) return undefined;
  if (response.status === 412 && hasCode(response, 'PROJECTPOLICYVIOLATION')) {
    throw new ToolError('REGISTRY_ERROR', refused(doing, response).message, {
      hint: 'The project lets nobody pull this image (vulnerabilities or signatures). An account with project:read is told so beforehand.',
    });
  }
  if (response.status !== 200) throw refused(doing, response);
  const { bytes, digested, contentType } = openManifest(response, doing, digest);
  return { digest, bytes, mediaType: understand(digested, digest, contentType, doing).mediaType };
}

const BARE = 'with_tag=false&with_accessory=false';
