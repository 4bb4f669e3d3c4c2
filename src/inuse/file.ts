import { readSource } from '../diagnostics/source.ts';
import { SourceError } from '../diagnostics/source-error.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { filesOf } from './files-of.ts';
import type { Found } from './manifests.ts';
import { readText } from './text.ts';

const LONGEST_FILE = 64 * 2 ** 20;

/**
 * Reads a file of images in use, or every file that a glob matches (see {@link filesOf}); what may stand in them says {@link readText}.
 *
 * Throws `FILE` if something cannot be read or nothing is there, and `IN_USE_INVALID` with everything in all of the files that is not understood ({@link SourceError}):
 * it may be the image that must not go.
 */
export async function readInUseFile(text: string): Promise<InUseImage[]> {
  const found: Found = { images: [], problems: [] };
  // One after the other: their texts need not be in memory together.
  for (const file of await filesOf(text)) {
    const { images, problems } = readText(await readSource(file, { what: 'list of images in use', maxBytes: LONGEST_FILE }));
    for (const image of images) found.images.push(image);
    for (const problem of problems) found.problems.push(problem);
  }
  return understood(found);
}

/** The images; throws `IN_USE_INVALID` with every problem, if there is one. */
export function understood({ images, problems }: Found): InUseImage[] {
  if (problems.length === 0) return images;
  throw new SourceError('IN_USE_INVALID', problems, {
    hint: 'Give one reference or digest a line, or Kubernetes objects as kubectl prints them or as they are rendered. Nothing was planned.',
  });
}
