import { ToolError } from '../../diagnostics/tool-error.ts';
import { isDigest } from '../../domain/digest.ts';
import type { InUseImage } from '../../domain/in-use.ts';
import { parseImage } from '../parse-image.ts';
import type { AwsCall, AwsCalls } from './aws-calls.ts';
import type { UsedImages } from './read-regions.ts';

/** A container as ECS tells of it: `image` as it was written, `imageDigest` what that was when it was started. Either may be absent. */
interface ImageOfContainer {
  readonly image?: string | undefined;
  readonly imageDigest?: string | undefined;
}

/** The image that somebody has written. Throws `IN_USE_INVALID` for a text that is not an image: it may be the one that must not go. */
export function imageOf(text: string, source: string): InUseImage['image'] {
  const image = parseImage(text);
  if (typeof image !== 'string') return image;
  throw new ToolError('IN_USE_INVALID', `${source}: the image ${JSON.stringify(text).slice(0, 300)} is ${image}.`, {
    hint: 'Correct it there, or deregister what names it if nothing needs it any more. Nothing was planned.',
  });
}

/** Both of what is written and what was started are in use. */
export function addContainer(
  { image, imageDigest }: ImageOfContainer,
  source: string,
  found: UsedImages,
  calls: AwsCalls,
  call: AwsCall,
): void {
  if (image) found.add(imageOf(image, source), source);
  if (!imageDigest) return;
  if (!isDigest(imageDigest)) throw calls.misunderstood(call, `${source}: ${JSON.stringify(imageDigest).slice(0, 100)} is not a digest`);
  found.add({ digest: imageDigest }, source);
}
