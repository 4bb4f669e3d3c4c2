import { filesOf } from '../config/files-of.ts';
import { readSource } from '../diagnostics/source.ts';
import { SourceError } from '../diagnostics/source-error.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { Found } from './found.ts';
import { addFluxImages } from './manifests.ts';
import { readText } from './text.ts';

const WHAT = 'list of images in use';
const LONGEST_FILE = 64 * 2 ** 20;

/**
 * Reads a file of images in use, or every file that a glob matches (see {@link filesOf}). {@link readText} says what may stand in them.
 *
 * Throws `FILE` if something cannot be read or nothing is there, and `IN_USE_INVALID` with everything in all of the files that is not
 * understood ({@link SourceError}): it may be the image that must not go.
 */
export async function readInUseFile(text: string, signal?: AbortSignal): Promise<InUseImage[]> {
  const found = new Found();
  // One after the other: their texts need not be in memory together.
  for (const file of await filesOf(text, WHAT)) readText(await readSource(file, { what: WHAT, maxBytes: LONGEST_FILE, signal }), found);
  return understood(found);
}

/** The images; throws `IN_USE_INVALID` with every problem, if there is one. */
export function understood(found: Found): InUseImage[] {
  addFluxImages(found);
  if (found.problems.length === 0) return found.images;
  throw new SourceError('IN_USE_INVALID', found.problems, {
    hint: 'Give one reference or digest a line, or Kubernetes objects as kubectl prints them or as they are rendered. Nothing was planned.',
  });
}
