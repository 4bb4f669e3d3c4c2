import { ToolError } from '../../diagnostics/tool-error.ts';
import type { OciClient } from '../../distribution/client.ts';
import { readManifest } from '../../distribution/manifest-content.ts';
import type { ManifestSource } from './manifest-source.ts';

/**
 * Reads manifests by the OCI API: ECR Public has no BatchGetImage, and records no pulls. `nameOf` is what the OCI API calls a repository.
 */
export function createPublicManifests(registry: OciClient, nameOf: (repository: string) => string): ManifestSource {
  return {
    most: 1,
    async read(repository, digests) {
      const read = digests.map(
        async (digest) =>
          [
            digest,
            await readManifest(registry, nameOf(repository), digest).catch((error: unknown) =>
              refuse(error, registry.label(repository, digest)),
            ),
          ] as const,
      );
      return new Map((await Promise.all(read)).flatMap(([digest, manifest]) => (manifest ? [[digest, { manifest }]] : [])));
    },
  };
}

/** Throws the error again, with the image named: the login, which may have failed, is not about any. */
function refuse(error: unknown, image: string): never {
  if (!(error instanceof ToolError) || error.message.includes(image)) throw error;
  throw new ToolError(error.code, `Cannot read the manifest ${image}: ${error.message}`, { hint: error.hint, cause: error });
}
