import type { DeleteManifestStep } from '../plan/plan.ts';
import type { Companion } from '../registry/registry.ts';
import type { Holds } from './holds.ts';
import type { NeededCopies } from './needed-copies.ts';
import type { RunState } from './run-state.ts';
import type { Verdict } from './verdict.ts';

/**
 * What a registry deletes by itself along with what it is told to delete: none of it may be lost without its bytes, or go although it stays
 * by the plan.
 */
export class Companions {
  readonly #state: RunState;
  readonly #holds: Holds;
  readonly #copies: NeededCopies;

  constructor(state: RunState, holds: Holds, copies: NeededCopies) {
    this.#state = state;
    this.#holds = holds;
    this.#copies = copies;
  }

  /**
   * What may go along with a step's manifest; a verdict where something of that is to stay. Nothing on a registry that deletes only what it
   * is told to.
   */
  async of({ digest }: DeleteManifestStep): Promise<readonly Companion[] | Verdict> {
    const { registry, plan } = this.#state;
    const all = (await registry.takenAlong?.(plan.repository, digest)) ?? [];
    // What another index holds stays with it, unless that is deleted too.
    const along = all.filter(({ heldBy }) => heldBy.every((index) => this.#state.stepOf(index)));
    for (const companion of along) {
      const { digest: other, unreadable } = companion;
      const why = this.#objection(companion);
      if (why !== undefined) return { outcome: 'drifted', message: `the registry would delete ${other} along with it: ${why}` };
      if (unreadable?.deletable === false)
        return { outcome: 'locked', message: `the registry would delete ${other} along with it, and ${unreadable.why}` };
    }
    return along;
  }

  /** Writes them into the journal, each as if it were deleted itself. Answers the numbers of the intents. */
  async keep(along: readonly Companion[]): Promise<number[]> {
    const { journal, place } = this.#state;
    const ids: number[] = [];
    for (const { digest, tags, unreadable } of along) {
      const copy = await this.#state.copyOf(digest, unreadable);
      if (copy) ids.push(await journal.intent({ ...place, op: 'delete-manifest', digest, tags, ...copy, ...this.#state.known(digest) }));
    }
    return ids;
  }

  #objection({ digest, tags, labels = [] }: Companion): string | undefined {
    const step = this.#state.stepOf(digest);
    if (!step) return 'the plan does not delete it';
    const uncopied = this.#copies.objection(step);
    if (uncopied !== undefined) return uncopied;
    const unexpected = tags.find((tag) => !Object.hasOwn(step.expect, tag));
    if (unexpected !== undefined) return `the tag ${unexpected} was set on it after the plan was made`;
    const label = this.#state.newLabel(digest, labels);
    return label === undefined ? this.#holds.reason(digest)?.message : `the label ${label} was put on it after the plan was made`;
  }
}
