import type { Digest } from '../../domain/digest.ts';
import type { Companion } from '../registry.ts';
import type { Attached } from './attached.ts';
import { type Reading, readTags } from './tag-list.ts';

/**
 * What ACR deletes along with a manifest: everything that is attached to it by its `subject`, to any depth, with its tags
 * (container-registry-manage-artifact.md).
 */
export async function takenAlong(reading: Reading, attached: Attached, digest: Digest): Promise<Companion[]> {
  const attachedTo = await attached.now(reading.repository);
  const found = new Map<Digest, Companion>();
  const pending = [digest];
  for (let subject = pending.pop(); subject !== undefined; subject = pending.pop()) {
    for (const one of await attachedTo(subject)) {
      if (one === digest || found.has(one)) continue;
      found.set(one, { digest: one, tags: [...(await readTags(reading, one)).keys()], heldBy: [] });
      pending.push(one);
    }
  }
  return [...found.values()];
}
