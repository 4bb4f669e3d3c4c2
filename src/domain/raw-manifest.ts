import type { Digest } from './digest.ts';

/** A manifest's bytes as the registry stores them. */
export interface RawManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}
