import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { ChangeStep } from '../plan/plan.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';
import type { Sent } from './tag-guard.ts';
import type { TagLookup } from './tag-lookup.ts';

interface HitTagsParts {
  readonly state: RunState;
  readonly tags: TagLookup;
  readonly putBack: PutBack;
}

/** Puts back what deletions hit, as the tags show that should have stayed. `since`: the deletions since all tags were last listed. */
export class HitTags {
  readonly #parts: HitTagsParts;
  /** Somebody moves tags onto what goes: steps had better go one after another, so that it can be told what a tag was on. */
  movedOntoDeleted = false;

  constructor(parts: HitTagsParts) {
    this.#parts = parts;
  }

  /** A tag is listed that points to nothing: it was set on a manifest at the moment in which that was deleted. */
  async dangles(tag: string, taker: ChangeStep | undefined, since: readonly Sent[]): Promise<void> {
    const { state, putBack } = this.#parts;
    const deleted = deletedIn(since);
    const under = taker?.digest ?? (await state.deletedUnder(tag)) ?? (deleted.length === 1 ? deleted[0] : undefined);
    if (under !== undefined && state.outcomeOf(under) === 'deleted') {
      await this.#restore(under, `the tag ${tag} was set on it while it was deleted`, tag);
    } else if (deleted.length > 0) {
      await putBack.giveUp(
        deleted[0] as Digest,
        tag,
        `the tag ${tag}, which was set while this or another manifest was deleted, points to nothing`,
      );
    }
  }

  /** A tag that pointed to nothing is missing after deletions: somebody has set it on something that was deleted, or has taken it off. */
  async vanishedDangling(tag: string, since: readonly Sent[]): Promise<void> {
    const { state, putBack, tags } = this.#parts;
    const deleted = deletedIn(since);
    const [only, ...others] = deleted;
    if (only === undefined || (await tags.look(tag)) !== undefined) return;
    state.seen.delete(tag);
    this.movedOntoDeleted = true;
    const why = `the tag ${tag}, which pointed to nothing, may have been set on it before it was deleted`;
    if (others.length === 0) return this.#restore(only, why, tag);
    for (const one of deleted) await putBack.restore(one, why);
    await putBack.giveUp(only, tag, `${why}: or on one of ${others.length} others, which are put back too`);
  }

  /** A tag that should have stayed is missing after deletions. */
  async vanished(tag: string, digest: Digest, since: readonly Sent[]): Promise<void> {
    const { state, putBack, tags } = this.#parts;
    if ((await tags.look(tag)) !== undefined) return;
    state.seen.delete(tag);
    const on = since.find(({ step }) => step.digest === digest)?.step;
    if (on) {
      const how = on.op === 'delete-tag' ? `went along when ${on.tag} was taken off` : 'was set on it while it was deleted';
      await this.#restore(digest, `the tag ${tag} ${how}`, tag);
      if (on.op === 'delete-tag') state.stop(takesMore(on.tag, state));
      return;
    }
    const isThere = await state.isThere(digest);
    const deleted = deletedIn(since);
    const [only, ...others] = deleted;
    if (!isThere) await this.#restore(digest, `the tag ${tag}, which stays by the plan, is gone together with its manifest`, tag);
    if (only === undefined) return;
    this.movedOntoDeleted = true;
    if (isThere && others.length === 0)
      return this.#restore(only, `the tag ${tag} was moved from ${digest} to it and went along when it was deleted`, tag);
    for (const one of deleted) await putBack.restore(one, `the tag ${tag} may have been moved onto it before it was deleted`);
    await putBack.giveUp(digest, tag, isThere ? movedSomewhere(tag, deleted) : goneOrMoved(tag, deleted));
  }

  /** Puts a manifest back, sets the tag on it, and looks where that points to then. */
  async #restore(digest: Digest, why: string, tag: string): Promise<void> {
    const { putBack, tags } = this.#parts;
    if (await putBack.restore(digest, why, tag)) await tags.look(tag);
  }
}

/** The digests of the manifests that were deleted, or may have been. */
export function deletedIn(since: readonly Sent[]): Digest[] {
  return since.flatMap(({ step, answer }) =>
    step.op === 'delete-manifest' && (answer === undefined || answer.outcome === 'deleted') ? [step.digest] : [],
  );
}

function movedSomewhere(tag: string, { length }: readonly Digest[]): string {
  return (
    `the tag ${tag} was moved from it to one of ${length} manifests, and went along when they were deleted: ` +
    'they are put back, and nobody can tell on which of them it was'
  );
}

/** Some registries drop a manifest as soon as its last tag is set on another one, as zot does. */
function goneOrMoved(tag: string, deleted: readonly Digest[]): string {
  return (
    `the tag ${tag} and its manifest went while ${deleted.join(', ')} ${deleted.length === 1 ? 'was' : 'were'} deleted, which ` +
    `${deleted.length === 1 ? 'is' : 'are'} put back: either somebody deleted them, or moved the tag onto what was deleted. ` +
    'Nobody can tell which: look where it should point to'
  );
}

/** The error for a registry that deletes the image when it is told to take one tag off. */
function takesMore(tag: string, { place }: RunState): ToolError {
  const message = `when the tag ${tag} was taken off in ${place.repository} of ${place.registry}, other tags of its image went along`;
  return new ToolError('REGISTRY_ERROR', message, {
    hint: 'this registry cannot take off single tags: use "sharedTags: keep" in the policy',
  });
}
