import type { Digest } from '../domain/digest.ts';
import type { ArchiveManifestStep, DeleteManifestStep, ChangeStep } from '../plan/plan.ts';
import type { Presence } from './presence.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';
import type { TagLookup } from './tag-lookup.ts';
import { sideBySide } from './side-by-side.ts';
import type { Objection, Sent, TagGuard } from './tag-guard.ts';
import { misbehaves, type Trial } from './trial.ts';

export interface ToldTagsParts {
  readonly state: RunState;
  readonly tags: TagLookup;
  readonly putBack: PutBack;
  readonly presence: Presence;
  readonly trial: Trial;
}

/**
 * For a registry that tells which tags are on a digest: right before a deletion that is asked of every digest. What comes to need a digest
 * otherwise, as a new index that lists it, is looked for before the first step and after the last.
 */
export class ToldTags implements TagGuard {
  readonly #parts: ToldTagsParts;
  #deletes = false;
  /** The first manifest that was deleted, until it is known that it is gone. */
  #first: DeleteManifestStep | undefined;

  constructor(parts: ToldTagsParts) {
    this.#parts = parts;
  }

  async begin(): Promise<void> {
    await this.#parts.tags.survey();
  }

  width(wave: readonly ChangeStep[], begun: number): number {
    const { state, trial } = this.#parts;
    const next = wave[begun];
    if (next?.op === 'delete-manifest' && !trial.passed(next, false)) return 1;
    return Math.max(state.concurrency, state.registry.batch ?? 1);
  }

  async check(steps: readonly ChangeStep[]): Promise<ReadonlyMap<ChangeStep, Objection>> {
    await this.judgeFirst();
    const objections = new Map<ChangeStep, Objection>();
    await sideBySide(steps, Math.max(this.#parts.state.concurrency, steps.length), async (step) => {
      const objection = await this.#objection(step).catch((error: unknown): Objection => ({
        outcome: 'failed',
        message: error instanceof Error ? error.message : String(error),
        error,
      }));
      if (objection) objections.set(step, objection);
    });
    return objections;
  }

  sent(deletions: readonly Sent[]): void {
    this.#deletes ||= deletions.some(({ answer }) => answer === undefined || answer.outcome === 'deleted');
    const [first] = deletions;
    if (first?.step.op === 'delete-manifest' && first.answer?.outcome === 'deleted' && !this.#parts.trial.passed(first.step, false))
      this.#first = first.step;
  }

  /** Throws `REGISTRY_ERROR` where the registry has answered that it deleted the first manifest, and it has its tags all the same. */
  async judgeFirst(): Promise<void> {
    if (!this.#first) return;
    const { state, trial } = this.#parts;
    const first = this.#first;
    const { digest, expect } = first;
    const tags = Object.keys(expect);
    this.#first = undefined;
    const left = tags.length === 0 ? [] : await this.#tagsOn(digest);
    if (tags.length > 0 && tags.every((tag) => left.includes(tag))) {
      state.settleDeletion(digest, 'the registry answered that it was deleted, and it is still there');
      trial.fail(misbehaves(state, `answers that a manifest is deleted and does not delete it: ${digest}`));
    }
    trial.pass(first, false);
  }

  async end(thoroughly: boolean): Promise<void> {
    await this.judgeFirst();
    const { state, tags, putBack, presence } = this.#parts;
    // One list is read even by a run that is stopped: what was pushed while it deleted may need what it has deleted.
    if (!thoroughly && !(this.#deletes && state.registry.resolveTags)) return;
    const before = new Map(state.seen);
    const names = await tags.survey();
    if (!this.#deletes) return;
    const missing = [...before].filter(([tag, digest]) => digest !== undefined && !names.has(tag) && !state.expectsToLose(tag));
    if (missing.length > 0 && ![...names].some((tag) => !state.expectsToLose(tag))) await presence.mustBeThere();
    for (const [tag, digest] of missing) await this.#wasHit(tag, digest as Digest, putBack);
  }

  /** Nobody can tell which of the deletions of the whole run took a tag along whose manifest is still there. */
  async #wasHit(tag: string, digest: Digest, putBack: PutBack): Promise<void> {
    const { state } = this.#parts;
    if (await state.isThere(digest))
      return putBack.giveUp(
        digest,
        tag,
        `the tag ${tag}, which was on it, is gone: somebody took it off, or moved it onto a manifest that was then deleted`,
      );
    await putBack.restore(digest, `the tag ${tag}, which stays by the plan, is gone together with its manifest`, tag);
  }

  async #objection(step: ChangeStep): Promise<Objection | undefined> {
    const { tags } = this.#parts;
    if (step.op === 'archive-manifest') return this.#ofArchived(step);
    if (step.op === 'delete-manifest') return this.#ofDeleted(step);
    await tags.look(step.tag);
    return tags.objection(step);
  }

  async #ofDeleted(step: DeleteManifestStep): Promise<Objection | undefined> {
    const { tags } = this.#parts;
    const expected = Object.keys(step.expect);
    const told = await this.#tagsOn(step.digest);
    const unexpected = told.find((tag) => !expected.includes(tag));
    if (unexpected !== undefined) return { outcome: 'drifted', message: `the tag ${unexpected} was set on it after the plan was made` };
    for (const tag of expected) await tags.look(tag, told.includes(tag) ? step.digest : undefined);
    return tags.objection(step);
  }

  /** A new or moved tag on any image that it belongs to would be one that cannot be pulled. */
  async #ofArchived(step: ArchiveManifestStep): Promise<Objection | undefined> {
    const { tags } = this.#parts;
    const { of, expect } = step;
    for (const digest of of) {
      const unexpected = (await this.#tagsOn(digest)).find((tag) => expect[tag] !== digest);
      if (unexpected !== undefined)
        return { outcome: 'drifted', message: `the tag ${unexpected} was set on ${digest} after the plan was made` };
    }
    await tags.lookAtAll(Object.keys(expect));
    return tags.objection(step);
  }

  async #tagsOn(digest: Digest): Promise<readonly string[]> {
    const { registry, plan } = this.#parts.state;
    return (await registry.tagsOf?.(plan.repository, digest)) ?? [];
  }
}
