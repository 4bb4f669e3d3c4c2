import { ToolError } from '../diagnostics/tool-error.ts';
import { digestKey, parseDigestTag } from '../domain/attachment.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { ChangeStep } from '../plan/plan.ts';
import type { Holds } from './holds.ts';
import type { RunState } from './run-state.ts';
import { sideBySide } from './side-by-side.ts';
import type { Objection } from './tag-guard.ts';

/** Milliseconds that a push may take from when its tag is listed until it can be resolved. */
const SETTLE = 1000;
const PATIENCE_STEP = 50;

/** Looks at tags, and holds what they turn out to point to. */
export class TagLookup {
  readonly #state: RunState;
  readonly #holds: Holds;

  constructor(state: RunState, holds: Holds) {
    this.#state = state;
    this.#holds = holds;
  }

  /** Asks what a tag points to, unless `known` says it, and holds that unless it is what the plan says. Answers its digest. */
  async look(tag: string, known?: Digest): Promise<Digest | undefined> {
    const digest = known ?? (await this.#state.resolveTag(tag));
    this.#state.seen.set(tag, digest);
    if (digest === undefined) return undefined;
    if (this.#state.tags.get(tag) === digest && this.#state.outcomeOf(digest) !== 'deleted') return digest;
    const subject = this.#subjectOf(tag);
    if (subject !== undefined) await this.attached(subject, tag);
    await this.#holds.hold(digest, `the tag ${tag} was set on it after the plan was made`);
    return digest;
  }

  /** Holds what something was attached to since the plan. Answers the reason. */
  async attached(subject: Digest, what: string): Promise<string> {
    const message = `${what} was attached to it after the plan was made`;
    await this.#holds.holdAttached(subject, message);
    return message;
  }

  /** What a tag attaches its manifest to, under whatever suffix. A digest that is too long for a tag is looked for in the plan. */
  #subjectOf(tag: string): Digest | undefined {
    const key = parseDigestTag(tag)?.key;
    if (key === undefined || isDigest(key)) return key;
    return this.#state.plan.images.find(({ digest }) => digestKey(digest) === key)?.digest;
  }

  /** Looks at tags side by side. */
  async lookAtAll(tags: readonly string[], known?: ReadonlyMap<string, Digest>): Promise<void> {
    await sideBySide(tags, this.#state.concurrency, (tag) => this.look(tag, known?.get(tag)));
  }

  /** Looks at new tags. While one is being pushed it is listed and cannot be resolved yet, and might be meant for any digest. */
  async lookPatiently(tags: readonly string[]): Promise<void> {
    let waiting = tags;
    for (let waited = 0; waiting.length > 0; waited += PATIENCE_STEP) {
      await this.lookAtAll(waiting);
      waiting = waiting.filter((tag) => this.#state.seen.get(tag) === undefined);
      if (waiting.length === 0 || waited >= SETTLE || this.#state.halted()) return;
      await this.#state.pause(PATIENCE_STEP);
    }
  }

  /** Reads all tags anew, and looks at those that stay by the plan, or that it does not know. Answers the names of all. */
  async survey(): Promise<ReadonlySet<string>> {
    const known = await this.#state.registry.resolveTags?.(this.#state.plan.repository);
    const names = new Set(known ? known.keys() : await this.list());
    const wanted = [...names].filter((tag) => known !== undefined || !this.#state.expectsToLose(tag));
    await this.lookAtAll(wanted, known);
    await this.lookPatiently(wanted.filter((tag) => this.#state.seen.get(tag) === undefined));
    return names;
  }

  /**
   * All tags; none where the registry has forgotten a repository in which every tag was to go. Any other "not found" is an error. `onPage`
   * is called for each request that it takes.
   */
  async list(onPage?: () => void): Promise<readonly string[]> {
    const { registry, plan, seen } = this.#state;
    try {
      return await registry.listTags(plan.repository, { ...(onPage && { onPage }) });
    } catch (error) {
      const emptied = seen.size > 0 && [...seen.keys()].every((tag) => this.#state.expectsToLose(tag));
      if (error instanceof ToolError && error.code === 'NOT_FOUND' && emptied) return [];
      throw error;
    }
  }

  /** What keeps a step from being carried out by the last look at its tags. */
  objection(step: ChangeStep): Objection | undefined {
    const { seen } = this.#state;
    const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
    for (const tag of tags) {
      const digest = seen.get(tag);
      const expected = step.op === 'archive-manifest' ? step.expect[tag] : step.digest;
      if (digest === undefined) {
        if (step.op === 'delete-tag') return { outcome: 'gone' };
        if (step.op === 'archive-manifest') return { outcome: 'drifted', message: `the tag ${tag} was taken off after the plan was made` };
      } else if (digest !== expected) {
        return { outcome: 'drifted', message: `the tag ${tag} was moved to ${digest} after the plan was made` };
      }
    }
    return undefined;
  }
}
