import { isDigest } from '../domain/digest.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { parseReference } from '../domain/reference.ts';

/** What container runtimes put before an image: kubelet's `imageID` under dockershim, and the same with other runtimes. */
const PREFIX = /^(?:docker-pullable|docker|containerd):\/\//;

/** What stands after what a runtime puts before an image. */
export function withoutPrefix(text: string): string {
  return text.replace(PREFIX, '');
}

/**
 * One image in use as people and runtimes write it: a digest, or a reference, where one with neither tag nor digest means `:latest`, as it
 * does for those that run it. Answers why, as a sentence without its subject, where the text is neither.
 */
export function parseImage(text: string): InUseImage['image'] | string {
  const image = withoutPrefix(text);
  if (isDigest(image)) return { digest: image };
  if (/^[0-9a-f]{64}$/.test(image))
    return 'an identifier without its kind: write "sha256:" before the digest of an image; the identifier of a container is not a digest';
  // It would pass for a repository called "sha256".
  if (/^sha(?:256|384|512):/i.test(image)) return 'not a whole digest, such as sha256: and 64 lower-case hexadecimal digits';
  const reference = parseReference(image);
  if (!reference)
    return 'neither an image reference, such as registry.example.com/team/app:v1, nor a digest, such as sha256: and 64 hexadecimal digits';
  return { reference: reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference };
}
