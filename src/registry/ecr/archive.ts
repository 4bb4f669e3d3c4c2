import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, digestOf } from '../../domain/digest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText } from '../../domain/json.ts';
import type { ArchiveOutcome } from '../registry.ts';
import type { EcrClient } from './client.ts';
import type { Images } from './images.ts';

/** Days that ECR charges for at least once an image is in the archive (user guide, "Archiving an image"). */
export const ARCHIVE_MINIMUM_DAYS = 90;

const NOT_THERE = 'ImageNotFoundException';
/** ECR does not document which images it does not archive. */
const NOT_SUPPORTED = 'ImageStorageClassUpdateNotSupportedException';

/**
 * Finds out whether images can be archived in a repository, by archiving one that does not exist: that takes the permission and changes
 * nothing. Throws `AUTH`, `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR`.
 */
export async function checkArchive(client: EcrClient, repository: string): Promise<void> {
  const doing = `find out whether images can be archived in ${client.label(repository)}`;
  await move(client, repository, digestOf(`sha256:${randomBytes(32).toString('hex')}`), 'ARCHIVE', { doing, unless: NOT_THERE });
}

/**
 * Moves an image into the archive, by digest (UpdateImageStorageClass, one image a call). It is sent once: an image that is tagged or
 * pulled during a wait must stay where it is. Whether one that failed was carried out is looked at.
 */
export async function archiveManifest(client: EcrClient, images: Images, repository: string, digest: Digest): Promise<ArchiveOutcome> {
  const doing = `archive the image ${client.label(repository, digest)}`;
  const asked = { doing, unless: NOT_SUPPORTED, once: true };
  const status = await move(client, repository, digest, 'ARCHIVE', asked).catch(async (error: unknown) => {
    // "Not there" is believed once DescribeImages says so too.
    const image = await images.find(repository, digest);
    if (image && !image.archived) throw error;
    return image ? 'ARCHIVED' : 'gone';
  });
  if (status === 'gone') return { outcome: 'gone' };
  if (status === undefined) return { outcome: 'locked', message: `Cannot ${doing}: ${client.service.title} answered ${NOT_SUPPORTED}.` };
  if (status !== 'ARCHIVED') throw badAnswer(doing, `the image is ${JSON.stringify(status)} afterwards`);
  return { outcome: 'archived' };
}

/** Begins to take an image out of the archive, which may take 20 minutes (user guide, "Restoring an image"). False: it is not in there. */
export async function restoreManifest(client: EcrClient, images: Images, repository: string, digest: Digest): Promise<boolean> {
  const doing = `take the image ${client.label(repository, digest)} out of the archive`;
  const image = await images.find(repository, digest);
  if (!image) throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: it is not there any more.`, { hint: 'Push it again.' });
  if (image.archived) await move(client, repository, digest, 'STANDARD', { doing });
  return image.archived;
}

/** The image's status afterwards; undefined where ECR answers with the error `unless`. */
async function move(
  client: EcrClient,
  repository: string,
  imageDigest: Digest,
  targetStorageClass: 'ARCHIVE' | 'STANDARD',
  { doing, unless = '', once = false }: { readonly doing: string; readonly unless?: string; readonly once?: boolean },
): Promise<string | undefined> {
  const answer = await client.callUnless(
    { operation: 'UpdateImageStorageClass', doing, repository, input: { imageId: { imageDigest }, targetStorageClass }, once },
    unless,
  );
  return answer && (asText(answer['imageStatus']) ?? '');
}
