import { setTimeout as wait } from 'node:timers/promises';
import pLimit from 'p-limit';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { attachmentTagSubject } from '../domain/tag.ts';
import type { Step } from '../plan/plan.ts';
import type { DeleteOutcome } from '../registry/registry.ts';
import type { Holds } from './holds.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';
import { tagsOf } from './tags-of.ts';
import { takesMore } from './takes-more.ts';

/** Milliseconds that a push may take from when its tag is listed until it can be resolved. */
const SETTLE = 1000;
const PATIENCE_STEP = 50;
/** Up to so many tags are listed before and after every step. Of more, every so many steps: a list of 100,000 tags takes a second, and a run must come to an end. */
const LISTED_EACH_TIME = 2000;
const UNEXPLAINED = 'someone took it off, or had just moved it onto an image that was deleted';

/**
 * Watches a repository's tags while its steps are carried out.
 *
 * No plain registry deletes "if nothing has changed": between the last look at a digest's tags and its deletion a push may set a tag on it, which is then
 * deleted along; and distribution looks up a digest's tags before it takes them off one by one, so that a tag moved meanwhile is lost with its new image. So a
 * repository's steps go one after another, the tags are listed before and after each and, over and over, while it is under way: what vanished without being meant
 * to can only have vanished with that one step, and is put back.
 *
 * What is left: a tag that is set, or moved for the first time, and taken off again between two of those lists leaves no trace that a registry could be
 * asked for. And a known tag that is moved onto a doomed digest is seen once it has vanished, not before. Of a repository with more than 2,000 tags only every so many
 * steps end with a list, so that more may come and go unseen, and what vanished among several deletions is reported and not always put back.
 */
export class TagWatch {
  readonly #state: RunState;
  readonly #holds: Holds;
  readonly #putBack: PutBack;
  readonly #concurrency: number;
  /** Where each listed tag points to by the last look at it; undefined where it points to nothing that can be read. */
  readonly #seen = new Map<string, Digest | undefined>();
  /** Where tags were seen to point to while the last step was under way. */
  readonly #glimpsed = new Map<string, Digest | undefined>();
  /** Tags that first were seen after a deletion and point to nothing that can be read: to what was deleted then, it seems. */
  readonly #broken = new Map<string, Digest>();
  /** The deletions since the last list. */
  #since: Step[] = [];
  /** Deletions that the registry has carried out, although the manifest may be there again: put back for another of its tags, or pushed. */
  readonly #carriedOut = new Set<Step>();
  #listed: ReadonlySet<string> | undefined;
  #checks = 0;

  constructor(state: RunState, holds: Holds, putBack: PutBack, concurrency: number) {
    this.#state = state;
    this.#holds = holds;
    this.#putBack = putBack;
    this.#concurrency = concurrency;
  }

  /** Resolves every tag there is: a known one may have been moved since the plan, onto a digest that is to go. */
  async survey(): Promise<void> {
    const known = await this.#state.resolveTags();
    await this.#each(known ? [...known.keys()] : await this.#list(), (tag) => this.look(tag, known?.get(tag)));
    // A tag that is being pushed is listed a moment before it can be resolved.
    await this.#each(
      [...this.#seen].flatMap(([tag, digest]) => (digest === undefined ? [tag] : [])),
      (tag) => this.look(tag),
    );
  }

  /** Those of a step's tags that were there at the last look. */
  present(step: Step): string[] {
    return tagsOf(step).filter((tag) => this.#seen.get(tag) === step.digest);
  }

  /** Before a step: lists the tags if it is time to, and answers the last list. */
  async refresh(): Promise<ReadonlySet<string>> {
    this.#checks += 1;
    return this.#listed && this.#checks < this.#stepsBetweenLists() ? this.#listed : this.#refresh();
  }

  #stepsBetweenLists(): number {
    return Math.max(1, Math.ceil(this.#seen.size / LISTED_EACH_TIME));
  }

  /** Lists the tags, resolves new ones, and puts back what went with the last deletions and should not have. Answers the list. */
  async #refresh(): Promise<ReadonlySet<string>> {
    const listed = new Set(await this.#list());
    const since = this.#since;
    const takers = new Map(since.flatMap((step) => tagsOf(step).map((tag): [string, Step] => [tag, step])));
    const fresh = [...listed].filter((tag) => !this.#seen.has(tag));
    for (const tag of [...listed].filter((tag) => this.#seen.has(tag) && (takers.has(tag) || this.#broken.has(tag)))) await this.look(tag);
    await this.#lookPatiently(fresh);
    for (const tag of [...fresh, ...takers.keys()]) {
      const taker = takers.get(tag) ?? (since.length === 1 ? since[0] : undefined);
      if (taker?.op === 'delete-manifest' && listed.has(tag) && this.#seen.get(tag) === undefined && !this.#broken.has(tag))
        this.#broken.set(tag, taker.digest);
    }
    for (const tag of new Set([...this.#seen.keys(), ...this.#glimpsed.keys()])) {
      if (listed.has(tag)) continue;
      const digest = this.#glimpsed.get(tag) ?? this.#seen.get(tag);
      if (digest !== undefined) await this.#vanished(tag, digest, since);
      this.#broken.delete(tag);
      this.#seen.delete(tag);
    }
    this.#glimpsed.clear();
    this.#since = [];
    this.#checks = 0;
    this.#listed = listed;
    return listed;
  }

  /** Keeps looking at the tags while a deletion is under way. */
  async during(step: Step, request: Promise<DeleteOutcome>): Promise<DeleteOutcome> {
    this.#since.push(step);
    const flight = { open: true };
    // What could not be seen now, the look afterwards sees or fails on.
    const watching = this.#stepsBetweenLists() > 1 ? undefined : this.#watch(step, flight).catch(() => {});
    try {
      const answer = await request;
      // Nothing was deleted then, so whatever vanishes has vanished by somebody else's hand.
      if (answer.outcome === 'locked' || answer.outcome === 'drifted') this.#since.pop();
      if (answer.outcome === 'deleted') this.#carriedOut.add(step);
      return answer;
    } finally {
      flight.open = false;
      await watching;
    }
  }

  /** After the last step: what it hit, and, if `thoroughly`, where every tag points to now and whether that is whole. */
  async verify(thoroughly: boolean): Promise<void> {
    await this.#refresh();
    if (this.#broken.size > 0) await this.#mend();
    if (!thoroughly) return;
    const known = await this.#state.resolveTags();
    await this.#each([...this.#seen.keys()], async (tag) => {
      const before = this.#seen.get(tag);
      await this.look(tag, known?.get(tag));
      if (before === undefined || this.#seen.get(tag) !== undefined || !(await this.#list()).includes(tag)) return;
      const under = await this.#state.deletedUnder(tag);
      if (under) return this.#restore(under, tag, `the tag ${tag} was moved from ${before} to it while it was deleted`);
      return this.#putBack.giveUp(before, tag, `the tag ${tag}, which was on it, points to nothing any more: ${UNEXPLAINED}`);
    });
  }

  /** Tags that still point to nothing: a push set them on a manifest at the moment it was deleted. */
  async #mend(): Promise<void> {
    await wait(SETTLE);
    const listed = await this.#list();
    for (const [tag, digest] of this.#broken) {
      await this.look(tag);
      if (this.#seen.get(tag) === undefined && listed.includes(tag))
        await this.#restore(digest, tag, `the tag ${tag} was set on it while it was deleted`);
    }
    this.#broken.clear();
  }

  /** Resolves a tag, unless that was just done, and holds what it points to unless that is what the plan knows. Answers its digest. */
  async look(tag: string, known?: Digest): Promise<Digest | undefined> {
    const digest = known ?? (await this.#state.resolveTag(tag));
    this.#seen.set(tag, digest);
    if (digest === undefined) return undefined;
    this.#broken.delete(tag);
    if (this.#state.tags.get(tag) === digest && this.#state.outcomeOf(digest) !== 'deleted') return digest;
    const why = `the tag ${tag} was set on it after the plan was made`;
    await this.#holds.hold(digest, why);
    const subject = attachmentTagSubject(tag);
    if (subject !== undefined) await this.#holds.hold(subject, `${tag} was attached to it after the plan was made`);
    return digest;
  }

  /** New tags: while one is being pushed it is listed and cannot be resolved yet, and might be meant for any digest. */
  async #lookPatiently(tags: readonly string[]): Promise<void> {
    let waiting = tags;
    for (let waited = 0; waiting.length > 0; waited += PATIENCE_STEP) {
      for (const tag of waiting) await this.look(tag);
      waiting = waiting.filter((tag) => this.#seen.get(tag) === undefined);
      if (waiting.length === 0 || waited >= SETTLE) return;
      await wait(PATIENCE_STEP);
    }
  }

  /**
   * One request after another, so that the registry has no more than one besides the deletion: all tags, for new ones that come and perhaps go, and then one of
   * the step's own, that may be moved off the digest at the last moment (it cannot be resolved from when the manifest is gone until then).
   */
  async #watch(step: Step, flight: { readonly open: boolean }): Promise<void> {
    const own = tagsOf(step);
    const asked: Promise<void>[] = [];
    for (let turn = 0; flight.open; turn++) {
      for (const tag of await this.#list()) {
        if (own.includes(tag) || this.#seen.has(tag) || this.#glimpsed.has(tag)) continue;
        // If it is gone before it can be asked for, it was taken off with the manifest that is being deleted.
        this.#glimpsed.set(tag, step.op === 'delete-manifest' ? step.digest : undefined);
        asked.push(this.#glimpse(tag));
      }
      const tag = own[turn % own.length];
      const digest = flight.open && tag !== undefined ? await this.#state.resolveTag(tag) : undefined;
      if (tag !== undefined && digest !== undefined && digest !== step.digest) this.#glimpsed.set(tag, digest);
    }
    await Promise.allSettled(asked);
  }

  async #glimpse(tag: string): Promise<void> {
    const digest = await this.#state.resolveTag(tag);
    if (digest !== undefined) this.#glimpsed.set(tag, digest);
  }

  /** A tag is gone that pointed to `digest`, and `since` was deleted in between. */
  async #vanished(tag: string, digest: Digest, since: readonly Step[]): Promise<void> {
    if (since.length === 0) return this.#vanishedSideBySide(tag, digest);
    const own = since.find((step) => tagsOf(step).includes(tag));
    // As planned by this step, or taken off by another run of the same plan.
    if (own ? digest === own.digest : this.#state.takesOff(tag)) return;
    if ((await this.look(tag)) !== undefined) return;
    if (own) return this.#restore(digest, tag, `the tag ${tag} was moved to it while ${own.digest} was deleted, and went along`);
    const on = since.find((step) => step.digest === digest);
    if (on) {
      await this.#restore(
        digest,
        tag,
        `the tag ${tag} ${on.op === 'delete-tag' ? `went along when ${on.tag} was taken off` : 'was set on it while it was deleted'}`,
      );
      if (on.op === 'delete-tag') this.#state.stop(takesMore(on.tag, this.#state));
      return;
    }
    const [only, ...others] = since.filter((step) => step.op === 'delete-manifest');
    // If its manifest is gone too, somebody else has deleted that. If not, the tag had been moved onto what was deleted.
    if (!only || !(await this.#state.readManifest(digest))) return;
    if (others.length > 0) return this.#giveUp(tag, digest);
    if (!this.#carriedOut.has(only) && (await this.#state.readManifest(only.digest))) return;
    await this.#restore(only.digest, tag, `the tag ${tag} was moved from ${digest} to it and went along when it was deleted`);
  }

  #giveUp(tag: string, digest: Digest): Promise<void> {
    return this.#putBack.giveUp(digest, tag, `the tag ${tag}, which was on it, is gone: ${UNEXPLAINED}`);
  }

  /** Where steps go side by side, nothing tells which of them it was. */
  async #vanishedSideBySide(tag: string, digest: Digest): Promise<void> {
    if (!this.#state.registry.tagsOf || this.#state.expectsToLose(tag) || !(await this.#state.readManifest(digest))) return;
    await this.#giveUp(tag, digest);
  }

  async #restore(digest: Digest, tag: string, why: string): Promise<void> {
    if (await this.#putBack.restore(digest, tag, why)) await this.look(tag);
  }

  /** All tags; none where the registry has forgotten a repository of which each known tag was meant to go. Any other "not found" is an error. */
  async #list(): Promise<readonly string[]> {
    try {
      return await this.#state.registry.listTags(this.#state.plan.repository);
    } catch (error) {
      const emptied = this.#seen.size > 0 && [...this.#seen.keys()].every((tag) => this.#state.expectsToLose(tag));
      if (error instanceof ToolError && error.code === 'NOT_FOUND' && emptied) return [];
      throw error;
    }
  }

  async #each(tags: readonly string[], look: (tag: string) => Promise<unknown>): Promise<void> {
    const limit = pLimit(this.#concurrency);
    try {
      await limit.map(tags, look);
    } finally {
      limit.clearQueue();
    }
  }
}
