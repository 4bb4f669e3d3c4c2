import type { Digest } from '../../domain/digest.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';

/** A manifest's bytes, checked against its digest; or why the service does not hand them out although the image is there. */
export type Found = { readonly manifest: RawManifest } | { readonly withheld: string };

/** Where manifests come from. */
export interface ManifestSource {
  /** Most digests of one call. */
  readonly most: number;
  /** Digests that are not in the answer are not there, says the service. Throws where that or anything else is not clear. */
  read(repository: string, digests: readonly Digest[], signal: AbortSignal | undefined): Promise<ReadonlyMap<Digest, Found>>;
}
