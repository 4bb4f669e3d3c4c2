import { type Candidate, partsOf } from './candidate.ts';

/**
 * True of an image of which no scan tells anything, nor of anything that it lists as an index. What cannot be scanned is not unscanned, and
 * neither is an image whose scan is under way, waits or went wrong: what it would tell is not known. Artifacts that are no images are not
 * scanned by anybody.
 */
export function isUnscanned(image: Candidate): boolean {
  if (image.manifest.artifactType !== undefined) return false;
  for (const { manifest } of partsOf(image))
    if (manifest.vulnerability !== undefined || manifest.findings !== undefined || manifest.scan !== undefined) return false;
  return true;
}
