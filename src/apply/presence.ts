import { ToolError } from '../diagnostics/tool-error.ts';
import type { RunState } from './run-state.ts';

/** Somebody else may have deleted any one of them. */
const WITNESSES = 3;

/** Tells a manifest that is gone from a repository that is gone, or may not be read any more. */
export class Presence {
  readonly #state: RunState;

  constructor(state: RunState) {
    this.#state = state;
  }

  /**
   * Makes sure that the repository can still be read, by another of its manifests: one that the plan keeps, or else one whose turn is yet
   * to come. Throws `NOT_FOUND` where none of them can be found. Where the plan leaves nothing in the repository, that it can be listed has
   * to do.
   */
  async mustBeThere(): Promise<void> {
    const { plan, registry } = this.#state;
    const kept = plan.images.filter(({ action }) => action !== 'delete');
    const witnesses = kept.length > 0 ? kept : plan.images.filter(({ digest }) => this.#state.outcomeOf(digest) === undefined);
    const tried = [...witnesses.filter(({ tags }) => tags.length > 0), ...witnesses.filter(({ tags }) => tags.length === 0)].slice(
      0,
      WITNESSES,
    );
    for (const { digest, tags } of tried) {
      const [tag] = tags;
      // Where its tag can be resolved, the manifest need not be asked for, which may count as a pull.
      if (tag !== undefined && (await this.#state.resolveTag(tag)) !== undefined) return;
      if (await this.#state.isThere(digest)) return;
    }
    if (kept.length === 0) {
      await registry.listTags(plan.repository).catch((error: unknown) => {
        if (!(error instanceof ToolError) || error.code !== 'NOT_FOUND') throw error;
      });
      return;
    }
    const message =
      `${plan.repository} of ${plan.registry} seems to be gone: ` +
      `of ${kept.length} manifests that stay by the plan, none that was looked for is there`;
    throw new ToolError('NOT_FOUND', message, {
      hint: 'somebody else has deleted the repository meanwhile, or the credentials may not see it any more. Nothing more is deleted there',
    });
  }
}
