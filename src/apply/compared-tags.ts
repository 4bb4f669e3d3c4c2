import type { ChangeStep } from '../plan/plan.ts';
import type { TagLookup } from './tag-lookup.ts';
import type { Objection, Sent, TagGuard } from './tag-guard.ts';
import { ToldTags, type ToldTagsParts } from './told-tags.ts';

/**
 * For a registry whose adapter compares by itself: it is told with the deletion which tags may go, and deletes nothing that has another
 * one. So nothing has to be asked before; new uses are looked for as {@link ToldTags} does.
 */
export class ComparedTags implements TagGuard {
  readonly #told: ToldTags;
  readonly #tags: TagLookup;

  constructor(parts: ToldTagsParts) {
    this.#told = new ToldTags(parts);
    this.#tags = parts.tags;
  }

  begin(): Promise<void> {
    return this.#told.begin();
  }

  width(wave: readonly ChangeStep[], begun: number): number {
    return this.#told.width(wave, begun);
  }

  async check(steps: readonly ChangeStep[]): Promise<ReadonlyMap<ChangeStep, Objection>> {
    await this.#told.judgeFirst();
    return new Map(
      steps.flatMap((step) => {
        const objection = step.op === 'delete-tag' ? undefined : this.#tags.objection(step);
        return objection ? [[step, objection]] : [];
      }),
    );
  }

  sent(deletions: readonly Sent[]): void {
    this.#told.sent(deletions);
  }

  end(thoroughly: boolean): Promise<void> {
    return this.#told.end(thoroughly);
  }
}
