import { type Candidate, partsOf } from './candidate.ts';

/**
 * True of an image without a scan, whose children, if it is an index, have none either. What cannot be scanned is not called unscanned. Nor
 * is an image whose scan is under way, waits or went wrong: what that scan would tell is not known. Nobody scans artifacts other than
 * images.
 */
export function isUnscanned(image: Candidate): boolean {
  if (image.manifest.artifactType !== undefined) return false;
  for (const { manifest } of partsOf(image))
    if (manifest.vulnerability !== undefined || manifest.findings !== undefined || manifest.scan !== undefined) return false;
  return true;
}
