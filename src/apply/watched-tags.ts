import type { Digest } from '../domain/digest.ts';
import type { ChangeStep } from '../plan/plan.ts';
import { deletedIn, HitTags } from './hit-tags.ts';
import type { Presence } from './presence.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';
import type { TagLookup } from './tag-lookup.ts';
import { sideBySide } from './side-by-side.ts';
import { stepTags } from './step-tags.ts';
import type { Objection, Sent, TagGuard } from './tag-guard.ts';
import { type Trial, TrialStep } from './trial.ts';
import { failed } from './verdict.ts';

/** So many lists in a row may each show new tags; then the last one has to do. */
const MOST_LISTS = 5;

export interface WatchedTagsParts {
  readonly state: RunState;
  readonly tags: TagLookup;
  readonly putBack: PutBack;
  readonly presence: Presence;
  readonly trial: Trial;
  /** The plan was made from a reading of just now: what stays by it was looked at. */
  readonly justRead: boolean;
}

/**
 * For a registry that tells the digest of a tag, and the names of all tags, and no more. All tags are listed before each wave of deletions,
 * after the wave's own tags were resolved, and after it: a new name is seen in the first list, and a tag that a deletion took along is
 * missing in the second.
 *
 * No list tells that a tag whose name is known was moved onto a digest that is to go. Such a tag is missing after the deletion, and is put
 * back. Where several deletions went side by side nobody knows which of the digests it was on, so all of them are put back, and the
 * tag is reported.
 */
export class WatchedTags implements TagGuard {
  readonly #parts: WatchedTagsParts;
  #listed: ReadonlySet<string> | undefined;
  /** Requests that a list takes. */
  #pages = 1;
  /** The deletions since the last list. */
  #since: Sent[] = [];
  readonly #hits: HitTags;
  /** Tags that are listed and point to nothing. `true` of those that nothing explains which was deleted: they were so before. */
  readonly #broken = new Map<string, boolean>();
  /** While this repository tries what the registry does. */
  #first: { readonly step: TrialStep; readonly leave: () => void; sent?: Sent } | undefined;

  constructor(parts: WatchedTagsParts) {
    this.#parts = parts;
    this.#hits = new HitTags(parts);
  }

  async begin(): Promise<void> {
    const { state, tags, justRead } = this.#parts;
    if (!justRead) this.#listed = await tags.survey();
    for (const [tag, digest] of state.seen) if (digest === undefined) this.#broken.set(tag, true);
  }

  /**
   * A wave takes at least as long as its list, so that lists are never the larger part, and the time since the list never is much longer
   * than it. One request less than may go at once: what is attached is asked for beside the list.
   */
  width(wave: readonly ChangeStep[], begun: number): number {
    const { concurrency } = this.#parts.state;
    const most = wave[begun]?.op === 'delete-tag' ? concurrency : Math.max(1, concurrency - 1) * this.#pages;
    const untried = wave.slice(begun, begun + most).findIndex((step) => !this.#hasPassed(step));
    return this.#hits.movedOntoDeleted || untried === 0 ? 1 : untried > 0 ? untried : most;
  }

  async check(steps: readonly ChangeStep[]): Promise<ReadonlyMap<ChangeStep, Objection>> {
    const { state, tags } = this.#parts;
    if (this.#first && !this.#first.sent) this.#leaveTrial();
    // What the last one has shown is known before the next is tried.
    if (this.#first && steps[0] && !this.#hasPassed(steps[0])) await this.#readLists();
    await this.#enterTrial(steps);
    const failures = new Map<ChangeStep, Objection>();
    const attempt = async (step: ChangeStep, look: () => Promise<Objection | undefined>): Promise<void> => {
      const objection = await look().catch(failed);
      if (objection) failures.set(step, objection);
    };
    const own = steps.flatMap((step) => stepTags(step).map((tag) => ({ step, tag })));
    await sideBySide(own, state.concurrency, ({ step, tag }) => attempt(step, () => this.#look(tag)));
    // The image of a single tag stays, whatever else is set on it by now: thousands of tags of one image need no list in between.
    const needsList = this.#first !== undefined || steps.some(({ op }) => op !== 'delete-tag');
    await Promise.all([
      needsList && this.#readLists(),
      sideBySide(steps, state.concurrency, (step) => attempt(step, () => this.#attachedSince(step))),
    ]);
    return new Map(
      steps.flatMap((step) => {
        const objection = failures.get(step) ?? tags.objection(step);
        return objection ? [[step, objection]] : [];
      }),
    );
  }

  /** Looks at a tag, unless the last list has shown that it is not there. */
  async #look(tag: string): Promise<undefined> {
    if (this.#listed?.has(tag) === false) this.#parts.state.seen.set(tag, undefined);
    else await this.#parts.tags.look(tag);
  }

  /** What was attached since the plan and has no tag: no list of tags tells of it. */
  async #attachedSince(step: ChangeStep): Promise<Objection | undefined> {
    const { state, tags } = this.#parts;
    const { registry, plan } = state;
    if (step.op !== 'delete-manifest') return undefined;
    const referrers = (await registry.referrersOf?.(plan.repository, step.digest)) ?? [];
    const late = referrers.find((referrer) => !state.image(referrer));
    return late === undefined ? undefined : { outcome: 'drifted', message: await tags.attached(step.digest, late) };
  }

  sent(deletions: readonly Sent[]): void {
    const [first] = deletions;
    if (this.#first && first) this.#first.sent = first;
    this.#since.push(...deletions.filter(({ answer }) => answer === undefined || answer.outcome === 'deleted'));
  }

  async end(thoroughly: boolean): Promise<void> {
    try {
      await this.#readLists();
    } finally {
      this.#leaveTrial();
    }
    if (!thoroughly) return;
    await this.#verify();
  }

  /** The first deletion of its kind in the registry goes alone. */
  async #enterTrial([step]: readonly ChangeStep[]): Promise<void> {
    const { state, putBack, trial } = this.#parts;
    if (!step || this.#first || this.#hasPassed(step)) return;
    const leave = await trial.enter(step, state.isIndex(step.digest));
    if (!leave) return;
    try {
      this.#first = { step: await TrialStep.before(step, state, putBack, trial), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  #hasPassed(step: ChangeStep): boolean {
    return this.#parts.trial.passed(step, this.#parts.state.isIndex(step.digest));
  }

  #leaveTrial(): void {
    this.#first?.leave();
    this.#first = undefined;
  }

  /** Lists the tags until a list shows nothing that has to be looked at. */
  async #readLists(): Promise<void> {
    const { state, tags } = this.#parts;
    for (let lists = 1; ; lists++) {
      let pages = 0;
      const listed = new Set(await tags.list(() => (pages += 1)));
      this.#pages = Math.max(1, pages);
      this.#listed = listed;
      await this.#judgeFirst(listed);
      const quiet = await this.#settle(listed);
      if (quiet || lists === MOST_LISTS || state.halted()) return;
    }
  }

  async #judgeFirst(listed: ReadonlySet<string>): Promise<void> {
    if (!this.#first?.sent) return;
    try {
      await this.#first.step.judge(this.#first.sent, listed);
    } finally {
      this.#leaveTrial();
    }
  }

  /** Compares a list with what was known, and puts back what the last deletions hit. True if there was nothing to look at. */
  async #settle(listed: ReadonlySet<string>): Promise<boolean> {
    const { state, tags } = this.#parts;
    const since = this.#since;
    this.#since = [];
    const takers = new Map(since.flatMap(({ step }) => stepTags(step).map((tag): [string, ChangeStep] => [tag, step])));
    const unclear = [...listed].filter((tag) => takers.has(tag) || (state.seen.get(tag) === undefined && !this.#broken.has(tag)));
    await tags.lookPatiently(unclear);
    for (const tag of unclear) {
      if (state.seen.get(tag) !== undefined) continue;
      this.#broken.set(tag, deletedIn(since).length === 0);
      await this.#hits.dangles(tag, takers.get(tag), since);
      // One that is back may be moved again.
      if (state.seen.get(tag) !== undefined) this.#broken.delete(tag);
    }
    const missing: [string, Digest][] = [];
    const vanished: string[] = [];
    for (const [tag, digest] of state.seen) {
      if (listed.has(tag)) continue;
      state.seen.delete(tag);
      if (digest === undefined && this.#broken.delete(tag)) vanished.push(tag);
      if (digest !== undefined && takers.get(tag)?.digest !== digest) missing.push([tag, digest]);
    }
    const hit = since.length === 0 ? [] : missing.filter(([tag, digest]) => !this.#isMeantToGo(tag, digest));
    if (hit.length > 0 && ![...listed].some((tag) => !state.expectsToLose(tag))) await this.#parts.presence.mustBeThere();
    for (const [tag, digest] of hit) await this.#hits.vanished(tag, digest, since);
    for (const tag of vanished) await this.#hits.vanishedDangling(tag, since);
    return unclear.length === 0 && hit.length === 0;
  }

  /** A tag of the plan that is missing before its turn: somebody else has taken it off. */
  #isMeantToGo(tag: string, digest: Digest): boolean {
    const { state } = this.#parts;
    return state.expectsToLose(tag) && state.tags.get(tag) === digest;
  }

  /** Where every tag points to now that stays, or pointed to nothing before. */
  async #verify(): Promise<void> {
    const { state, tags, putBack } = this.#parts;
    for (const [tag, isUnexplained] of this.#broken) {
      const under = isUnexplained ? await state.deletedUnder(tag) : undefined;
      if (under !== undefined) await putBack.restore(under, `the tag ${tag} was set on it while it was deleted`, tag);
    }
    const staying = [...(this.#listed ?? [])].filter((tag) => !this.#broken.has(tag));
    const before = new Map(staying.map((tag) => [tag, state.seen.get(tag)]));
    await tags.lookAtAll(staying);
    const lost = staying.filter((tag) => before.get(tag) !== undefined && state.seen.get(tag) === undefined);
    if (lost.length === 0) return;
    const listed = new Set(await tags.list());
    for (const tag of lost.filter((one) => listed.has(one))) {
      const digest = before.get(tag) as Digest;
      const under = await state.deletedUnder(tag);
      if (under !== undefined) await putBack.restore(under, `the tag ${tag} was moved from ${digest} to it while it was deleted`, tag);
      else await putBack.restore(digest, `the tag ${tag}, which was on it, points to nothing any more`, tag);
    }
  }
}
