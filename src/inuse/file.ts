import path from 'node:path';
import { filesOf } from '../config/files-of.ts';
import { readSource } from '../diagnostics/source.ts';
import { SourceError } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { Found } from './found.ts';
import { addFluxImages } from './manifests.ts';
import { readText } from './text.ts';

const WHAT = 'list of images in use';
const LONGEST_FILE = 64 * 2 ** 20;

interface FileOptions {
  readonly signal?: AbortSignal;
  /** Nothing may be in use. */
  readonly mayBeEmpty?: boolean | undefined;
}

/**
 * Reads a file of images in use, or every file that a glob matches (see {@link filesOf}). {@link readText} says what may stand in them.
 *
 * Throws `FILE` if something cannot be read or nothing is there, also if one of several files is empty, or a list of no objects: the
 * program that was to write it has failed, or has looked in the wrong place. Throws `IN_USE_INVALID` with everything in all of the files
 * that is not understood ({@link SourceError}): it may be the image that must not go.
 */
export async function readInUseFile(text: string, { signal, mayBeEmpty = false }: FileOptions = {}): Promise<InUseImage[]> {
  const found = new Found();
  const files = await filesOf(text, WHAT);
  // One after the other: their texts need not be in memory together.
  for (const file of files) {
    const { objects, emptyLists } = found;
    const source = await readSource(file, { what: WHAT, maxBytes: LONGEST_FILE, ...(signal && { signal }) });
    readText(source, found);
    const isEmpty = source.text.trim() === '' || (found.emptyLists > emptyLists && found.objects === objects);
    // Of a single one, whoever asked tells. What keeps a folder in Git, such as .gitkeep, is empty on purpose.
    if (!isEmpty || files.length === 1 || mayBeEmpty || path.basename(file).startsWith('.')) continue;
    throw new ToolError('FILE', `${file}: it holds nothing, and is one of several that tell what is in use.`, {
      hint: 'See to what writes it, or delete it. Where it may be empty, give it in the config, with "mayBeEmpty: true".',
    });
  }
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
