import { type Source, readSource } from '../diagnostics/source.ts';
import { type Problem, problemAt, SourceError } from '../diagnostics/source-error.ts';
import { isDigest } from '../domain/digest.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { parseReference } from '../domain/reference.ts';

const LONGEST_FILE = 64 * 2 ** 20;

/** What container runtimes put before an image: kubelet's `imageID` under dockershim, and the same with other runtimes. */
const PREFIX = /^(?:docker-pullable|docker|containerd):\/\//;

/**
 * Reads a file of images in use: a reference or a digest a line; blank lines and what stands after `#` say nothing. A reference with
 * neither tag nor digest means `:latest`, as it does for those that run it.
 *
 * Throws `FILE` if it cannot be read and `IN_USE_INVALID` with every line that is neither ({@link SourceError}): a line that is not
 * understood may be the image that must not go.
 */
export async function readInUseFile(file: string): Promise<InUseImage[]> {
  return parseInUse(await readSource(file, { what: 'list of images in use', maxBytes: LONGEST_FILE }));
}

/** {@link readInUseFile} for a text that was read. */
export function parseInUse(source: Source): InUseImage[] {
  const images: InUseImage[] = [];
  const problems: Problem[] = [];
  source.lineStarts.forEach((start, index) => {
    const line = source.text.slice(start, source.lineStarts[index + 1]).replace(/(?:^|\s)#.*$/s, '');
    const text = line.trim();
    if (text === '') return;
    const image = parseImage(text.replace(PREFIX, ''));
    const at = start + line.indexOf(text);
    if (typeof image === 'string') problems.push(problemAt(source, { start: at, end: at + text.length }, image));
    else images.push({ image, source: `${source.file}:${index + 1}` });
  });
  if (problems.length > 0) throw invalid(problems);
  return images;
}

/** The image, or why the text is none. */
function parseImage(text: string): InUseImage['image'] | string {
  if (isDigest(text)) return { digest: text };
  if (/^[0-9a-f]{64}$/.test(text)) return 'an identifier without its kind: write "sha256:" before the digest of an image; the identifier of a container is none';
  // It would pass for a repository called "sha256".
  if (/^sha(?:256|384|512):/i.test(text)) return 'not a whole digest, such as sha256: and 64 lower-case hexadecimal digits';
  const reference = parseReference(text);
  if (!reference) return 'neither an image reference, such as registry.example.com/team/app:v1, nor a digest, such as sha256: and 64 hexadecimal digits';
  return { reference: reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference };
}

function invalid(problems: readonly Problem[]): SourceError {
  return new SourceError('IN_USE_INVALID', problems, {
    hint: 'Write one reference or digest a line. Nothing was planned.',
  });
}
