import type { Digest } from '../../domain/digest.ts';
import type { ReferrersApi } from '../../distribution/referrers.ts';
import type { Companion } from '../registry.ts';
import { type Reading, readTags } from './tag-list.ts';

/**
 * What ACR deletes along with a manifest: everything that is attached to it by its `subject`, to any depth, with its tags
 * (container-registry-manage-artifact.md). Empty on a registry without the referrers API (one that is encrypted with a customer's key),
 * where nobody can tell what is attached.
 */
export async function takenAlong(reading: Reading, referrers: ReferrersApi, digest: Digest): Promise<Companion[]> {
  const found = new Map<Digest, Companion>();
  const pending = [digest];
  for (let subject = pending.pop(); subject !== undefined; subject = pending.pop()) {
    for (const { digest: attached } of await referrers.list(reading.repository, subject, reading.signal)) {
      if (attached === digest || found.has(attached)) continue;
      found.set(attached, { digest: attached, tags: [...(await readTags(reading, attached)).keys()], heldBy: [] });
      pending.push(attached);
    }
  }
  return [...found.values()];
}
