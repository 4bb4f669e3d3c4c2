import type { Digest } from '../domain/digest.ts';
import { copyName } from '../plan/copies.ts';
import type { ChangeStep, CopyImageStep } from '../plan/plan.ts';
import type { RunState } from './run-state.ts';

/** The copies that must be made before something is deleted. */
export class NeededCopies {
  readonly #state: RunState;
  readonly #isStillThere: (copy: CopyImageStep) => Promise<boolean>;
  /** Of each manifest, and of each tag that is taken off by itself. */
  readonly #before = new Map<Digest | string, CopyImageStep[]>();

  /** `isStillThere`: whether a copy that was made is in its new place now. */
  constructor(state: RunState, isStillThere: (copy: CopyImageStep) => Promise<boolean>) {
    this.#state = state;
    this.#isStillThere = isStillThere;
    const deleted = new Set(state.changes.flatMap(({ op, digest }) => (op === 'delete-manifest' ? [digest] : [])));
    for (const copy of state.copies)
      for (const key of deleted.has(copy.digest) ? [copy.digest, ...copy.parts] : Object.keys(copy.expect))
        this.#before.set(key, [...(this.#before.get(key) ?? []), copy]);
  }

  /** Why a step must not be carried out: its image, or one that it is a part of, was not copied as the plan says. Undefined otherwise. */
  objection(step: ChangeStep): string | undefined {
    const missing = this.#of(step).find((copy) => this.#state.resultOf(copy)?.outcome !== 'copied');
    if (!missing) return undefined;
    if (missing.digest !== step.digest) return `it belongs to ${missing.digest}, which was not copied to ${copyName(missing)}`;
    return `it was not copied to ${copyName(missing)}: ${this.#state.resultOf(missing)?.message ?? 'that was not tried'}`;
  }

  /**
   * Why an image must not go although it was copied: its copy went meanwhile, which may be hours. What belongs to the image goes after it,
   * and is not asked for. Throws the errors of the registry of the copy.
   */
  async lost(step: ChangeStep): Promise<string | undefined> {
    for (const copy of this.#of(step))
      if (copy.digest === step.digest && !(await this.#isStillThere(copy))) return `its copy in ${copyName(copy)} is gone again`;
    return undefined;
  }

  #of(step: ChangeStep): readonly CopyImageStep[] {
    return this.#before.get(step.op === 'delete-tag' ? step.tag : step.digest) ?? [];
  }
}
