import { badAnswer } from '../../distribution/answer-errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isLocked, isTagGone, refused } from './answer-errors.ts';
import type { ApiClient, Call } from './client.ts';
import type { TagDeletion } from './tag-api.ts';

/** Sends the call that deletes a tag. `saysDone` is true of an answer that says that it was done. Throws `AUTH` and `REGISTRY_ERROR`. */
export async function sendTagDeletion(
  client: ApiClient,
  call: Call,
  saysDone: (json: JsonObject) => boolean = () => true,
): Promise<TagDeletion> {
  const answer = await client.call(call);
  if ('json' in answer) {
    if (!saysDone(answer.json)) throw badAnswer(call.doing, 'the answer does not say that it was done');
    return { outcome: 'deleted' };
  }
  const { complaint, keys } = answer;
  if (isTagGone(complaint)) return { outcome: 'gone' };
  if (isLocked(complaint)) return { outcome: 'locked', message: `Cannot ${call.doing}: Alibaba Cloud answered ${complaint.text}.` };
  throw refused(call, complaint, keys.accessKeyId);
}
