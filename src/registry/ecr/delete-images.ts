import { type Digest, isDigest } from '../../domain/digest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import type { Call, EcrClient, ImageId } from './client.ts';

/**
 * What BatchDeleteImage says of one image or tag: that it was deleted, with the image that it was or had the tag and all tags that were
 * deleted with it, or why not (`failureCode`
 * and its reason).
 */
export type Answered =
  | { readonly deleted: true; readonly digest?: Digest; readonly tags: readonly string[] }
  | { readonly deleted: false; readonly code: string; readonly reason: string };

/**
 * Deletes up to 100 images, or takes up to 100 tags off, in one call, and returns the outcome of each. What the answer does not mention is
 * asked for once more, alone; its outcome is undefined if ECR says nothing of it even then. Throws where the whole call fails.
 */
export async function deleteImages(
  client: EcrClient,
  repository: string,
  ids: readonly ImageId[],
  doing: string,
  { once = true }: Pick<Call, 'once'> = {},
): Promise<(Answered | undefined)[]> {
  const answer = await client.call({ operation: 'BatchDeleteImage', doing, repository, input: { imageIds: ids }, once });
  const done = asList(answer['imageIds']);
  const failures = asList(answer['failures']);
  if (!done || !failures || !('imageIds' in answer || 'failures' in answer))
    throw badAnswer(doing, 'the answer is not a list of what was deleted');
  const results: (Answered | undefined)[] = [];
  for (const id of ids) {
    const failure =
      failures.map((one) => asObject(one) ?? {}).find((one) => isOf(one['imageId'], id)) ??
      (ids.length === 1 ? asObject(failures[0]) : undefined);
    const entries = done.map((one) => asObject(one) ?? {}).filter((one) => isOf(one, id));
    const [entry] = entries;
    if (failure)
      results.push({
        deleted: false,
        code: asText(failure['failureCode']) ?? 'an unknown failure',
        reason: asText(failure['failureReason']) ?? '',
      });
    else if (entry) {
      const digest = entry['imageDigest'];
      const tags = entries.flatMap((one) => asText(one['imageTag']) ?? []);
      results.push({ deleted: true, tags, ...(isDigest(digest) && { digest }) });
    } else results.push(ids.length > 1 ? (await deleteImages(client, repository, [id], doing))[0] : undefined);
  }
  return results;
}

/** True where an id of an answer is that of the request. An image that is deleted by digest is answered once for each of its tags. */
function isOf(value: unknown, { imageDigest, imageTag }: ImageId): boolean {
  const id: JsonObject = asObject(value) ?? {};
  return (imageDigest === undefined || id['imageDigest'] === imageDigest) && (imageTag === undefined || id['imageTag'] === imageTag);
}
