import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { ChangeStep } from '../plan/plan.ts';
import type { DeleteOutcome } from '../registry/registry.ts';
import type { Presence } from './presence.ts';
import type { RunState } from './run-state.ts';
import { sideBySide } from './side-by-side.ts';
import { stepTags } from './step-tags.ts';
import { failed, type Verdict } from './verdict.ts';

/** Asks the registry to carry out steps, and finds out what it did. */
export class StepRequests {
  readonly #state: RunState;
  readonly #presence: Presence;

  constructor(state: RunState, presence: Presence) {
    this.#state = state;
    this.#presence = presence;
  }

  /**
   * "Not there" is believed once another manifest of the repository is. What went along with another one was deleted by this run. What went
   * because somebody set its tag on another image has drifted: that tag is there.
   */
  async gone(step: ChangeStep): Promise<Verdict> {
    if (this.#state.takenAlong.has(step.digest)) return { outcome: 'deleted' };
    try {
      await this.#presence.mustBeThere();
      const tags = stepTags(step);
      const digests = await sideBySide(tags, this.#state.concurrency, (tag) => this.#state.resolveTag(tag));
      const moved = digests.findIndex((digest) => digest !== undefined && digest !== step.digest);
      if (moved < 0) return { outcome: 'gone' };
      return { outcome: 'drifted', message: `it is not there any more, and its tag ${tags[moved]} is on ${digests[moved]} now` };
    } catch (error) {
      return failed(error);
    }
  }

  /** Asks the registry to delete. Where its answer is an error, looks whether it did: an answer may get lost, and not the deletion. */
  async send(step: ChangeStep): Promise<{ readonly verdict: Verdict; readonly answer: DeleteOutcome | undefined }> {
    const { registry, plan } = this.#state;
    if (step.op === 'archive-manifest') return { verdict: await this.#archive(step.digest), answer: undefined };
    try {
      const answer =
        step.op === 'delete-tag'
          ? await registry.deleteTag(plan.repository, step.tag, step.digest)
          : await registry.deleteManifest(plan.repository, step.digest, stepTags(step));
      return { verdict: answer.outcome === 'gone' ? await this.gone(step) : answer, answer };
    } catch (error) {
      return { verdict: await this.#afterError(step, error), answer: undefined };
    }
  }

  async #afterError(step: ChangeStep, error: unknown): Promise<Verdict> {
    const { registry, plan } = this.#state;
    try {
      const there =
        step.op === 'delete-tag' ? (await this.#state.resolveTag(step.tag)) !== undefined : await this.#state.isThere(step.digest);
      if (!there) {
        await this.#presence.mustBeThere();
        return { outcome: 'deleted' };
      }
    } catch {
      return { ...failed(error), uncertain: true };
    }
    if (error instanceof ToolError && error.underWay) return { ...failed(error), uncertain: true };
    if (!(error instanceof ToolError) || error.code !== 'AUTH') return failed(error);
    // Some registries refuse a protected image with 403. Where others may be deleted, it is this one that may not.
    return registry.checkDelete(plan.repository, { tags: step.op === 'delete-tag' }).then(
      () => ({ outcome: 'locked', message: error.message }),
      () => failed(error),
    );
  }

  /**
   * What is archived can be restored: whatever became of a request that failed, the next run finds out. One that the registry put off was
   * not carried out.
   */
  async #archive(digest: Digest): Promise<Verdict> {
    const { registry, plan } = this.#state;
    if (!registry.archiveManifest)
      return failed(new ToolError('REGISTRY_ERROR', `${plan.registry} has no archive`, { hint: 'make a new plan' }));
    return registry
      .archiveManifest(plan.repository, digest)
      .catch((error: unknown) => ({ ...failed(error), uncertain: !(error instanceof ToolError && error.transient) }));
  }
}
