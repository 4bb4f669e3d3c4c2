import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { Presence } from './presence.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';
import { sideBySide } from './side-by-side.ts';

/** A page of a list of manifests has at least so many. */
const PAGE = 100;

/**
 * Looks, after the last deletion, for what stays by the plan although no tag leads to it: an index that has lost a child answers as before.
 * What is gone is put back, or reported. It may have gone along with what this run deleted, or somebody else has deleted it.
 */
export async function verifyParts(state: RunState, putBack: PutBack, presence: Presence): Promise<void> {
  const parts = state.partsThatStay();
  const listed = await listedOf(parts, state);
  const unlisted = parts.filter((digest) => !listed.has(digest));
  const width = Math.max(state.concurrency, state.registry.batch ?? 1);
  const there = await sideBySide(unlisted, width, (digest) => state.isThere(digest));
  const lost = unlisted.filter((_, position) => !there[position]);
  if (lost.length > 0 && lost.length === parts.length) await presence.mustBeThere();
  for (const digest of lost) await putBack.restore(digest, 'something that stays by the plan needs it, and it is gone');
}

/** Those that the registry lists, where its list takes fewer requests than asking for each. One that cannot be read tells nothing. */
async function listedOf(parts: readonly Digest[], { registry, plan }: RunState): Promise<ReadonlySet<Digest>> {
  if (!registry.listManifests || parts.length * PAGE <= plan.images.length) return new Set();
  try {
    return await registry.listManifests(plan.repository);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return new Set();
  }
}
