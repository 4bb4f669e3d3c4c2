import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import { isIndexType } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { DeleteManifestStep, RepositoryPlan, Step } from '../plan/plan.ts';
import type { Companion, DeleteOutcome, Registry } from '../registry/registry.ts';
import { countResults, type Repair, type RepositoryReport, type StepResult } from './apply-report.ts';
import { Companions } from './companions.ts';
import { Holds } from './holds.ts';
import { openGuard } from './open-guard.ts';
import { Presence } from './presence.ts';
import { PutBack } from './put-back.ts';
import { type RunContext, RunState } from './run-state.ts';
import { SeenTags } from './seen-tags.ts';
import { sideBySide } from './side-by-side.ts';
import { stepTags } from './step-tags.ts';
import type { Objection, TagGuard } from './tag-guard.ts';
import type { Trial } from './trial.ts';
import { UsedNow } from './used-now.ts';
import { waves } from './waves.ts';

/** A registry that fails so often in a row is not asked to delete anything more. */
const MAX_FAILURES = 5;
/** How often one deletion is asked for, and milliseconds before the second time; each wait is about twice the one before. */
const TRIES = 5;
const FIRST_WAIT = 250;

/** What the run of one repository is given besides its plan. */
export interface RepositoryContext extends RunContext {
  /** What the registry does with its first deletion; one for all its repositories. */
  readonly trial: Trial;
  /** The plan was made from a reading of just now. */
  readonly justRead: boolean;
  /** Digests of manifests and configs that are in use now, each with who says so. */
  readonly used: ReadonlyMap<Digest, string>;
  readonly onStep: (result: StepResult) => void;
  readonly onRepair: (repair: Repair) => void;
}

interface Verdict {
  readonly outcome: StepOutcome;
  readonly message?: string;
  /** Of `failed`. */
  readonly error?: unknown;
  /** Nobody knows whether the registry has deleted it. */
  readonly uncertain?: boolean;
}

/** A step that is in the journal and only waits for its check. */
interface Ready {
  readonly step: Step;
  /** What the registry deletes along with it. */
  readonly along: readonly Companion[];
  /** The numbers of its intents. */
  readonly ids: readonly number[];
}

/** Carries out the steps of one repository and answers what became of each. Throws nothing. */
export async function runRepository(registry: Registry, plan: RepositoryPlan, context: RepositoryContext): Promise<RepositoryReport> {
  const state = new RunState(registry, plan, context);
  const run = new RepositoryRun(state, context);
  await run.carryOut();
  const results = state.results(state.halted()?.message ?? 'the run ended before its turn');
  const notDone = results.filter(({ outcome }) => outcome !== 'deleted' && outcome !== 'archived' && outcome !== 'gone');
  const { error, repairs, place } = state;
  const failure = error && { error: { code: error.code, message: error.message, hint: error.hint } };
  return { ...place, counts: countResults(results, repairs), notDone, repairs, ...failure };
}

class RepositoryRun {
  readonly #state: RunState;
  readonly #context: RepositoryContext;
  readonly #holds: Holds;
  readonly #putBack: PutBack;
  readonly #presence: Presence;
  readonly #companions: Companions;
  readonly #guard: TagGuard;
  readonly #used: UsedNow;
  /** What stays by the plan although something that was deleted listed it too. */
  readonly #shared = new Set<Digest>();
  #failures = 0;

  constructor(state: RunState, context: RepositoryContext) {
    this.#state = state;
    this.#context = context;
    this.#putBack = new PutBack(state, context.onRepair);
    this.#holds = new Holds(state, this.#putBack);
    this.#presence = new Presence(state);
    this.#companions = new Companions(state, this.#holds);
    this.#used = new UsedNow(state, this.#holds);
    const tags = new SeenTags(state, this.#holds);
    const { trial, justRead } = context;
    this.#guard = openGuard({ state, tags, putBack: this.#putBack, presence: this.#presence, trial, justRead });
  }

  async carryOut(): Promise<void> {
    const { plan, journal, place } = this.#state;
    if (this.#state.halted()) return;
    try {
      await this.#used.find(this.#context.used);
      await this.#guard.begin();
      if (this.#state.halted()) return;
      await journal.steps(place, plan.steps);
      for (const wave of waves(plan.steps)) await this.#wave(wave);
    } catch (error) {
      this.#state.stop(this.#state.asToolError(error));
    }
    try {
      await this.#guard.end(!this.#state.halted());
      await this.#checkShared();
    } catch (error) {
      this.#state.stop(this.#state.asToolError(error));
    }
  }

  /** Steps of which none has to wait for another one. */
  async #wave(steps: readonly Step[]): Promise<void> {
    for (let begun = 0; begun < steps.length;) {
      const width = this.#guard.width(steps[begun] as Step);
      await this.#together(steps.slice(begun, begun + width));
      begun += width;
    }
  }

  /** Steps that are checked side by side and then sent side by side. */
  async #together(steps: readonly Step[]): Promise<void> {
    const ready: Ready[] = [];
    await this.#sideBySide(steps, async (step) => {
      const found = await this.#prepare(step).catch(failed);
      if ('outcome' in found) await this.#settle({ step, along: [], ids: [] }, found);
      else ready.push(found);
    });
    try {
      await this.#send(ready);
    } catch (error) {
      this.#state.stop(this.#state.asToolError(error));
      for (const one of ready) if (!this.#state.resultOf(one.step)) await this.#settle(one, this.#halted() ?? failed(error));
    }
  }

  /** Checks and sends until each step has its result. A registry that wants to be asked again later is asked after another check. */
  async #send(ready: readonly Ready[]): Promise<void> {
    let waiting = ready;
    for (let tries = 1; waiting.length > 0; tries++) {
      const objections = await this.#guard.check(waiting.map(({ step }) => step));
      const going: Ready[] = [];
      for (const one of waiting) {
        const against = await this.#against(one, objections.get(one.step));
        if (against) await this.#settle(one, against);
        else going.push(one);
      }
      const sent = await this.#sideBySide(going, async (one) => ({ one, ...(await this.#request(one.step)) }));
      this.#guard.sent(sent.map(({ one: { step }, answer }) => ({ step, answer })));
      waiting = [];
      for (const { one, verdict, answer } of sent) {
        if (verdict.outcome === 'deleted') for (const { digest } of one.along) this.#state.takenAlong.add(digest);
        if (isPassing(verdict) && tries < TRIES && !this.#state.halted()) waiting = [...waiting, one];
        else await this.#settle(one, verdict);
        await this.#putBackWhatWent(one.step, answer);
      }
      if (waiting.length > 0) await this.#state.pause(FIRST_WAIT * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }

  #sideBySide<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
    return sideBySide(items, Math.max(this.#state.concurrency, this.#state.registry.batch ?? 1), work);
  }

  #halted(): Verdict | undefined {
    const halt = this.#state.halted();
    return halt && { outcome: 'skipped', message: halt.message };
  }

  /** What keeps a step from being sent after its check. */
  async #against({ step }: Ready, objection: Objection | undefined): Promise<Verdict | undefined> {
    if (objection?.outcome === 'gone') return this.#gone(step);
    return objection ?? this.#objection(step) ?? this.#halted();
  }

  /** What the registry says that went along without being meant to. */
  async #putBackWhatWent({ digest }: Step, answer: DeleteOutcome | undefined): Promise<void> {
    if (answer?.outcome !== 'deleted') return;
    for (const tag of answer.tags ?? []) await this.#putBack.restore(digest, `the tag ${tag} was set on it while it was deleted`, tag);
  }

  /** All that is needed before a step's check, which must not wait for anything then. */
  async #prepare(step: Step): Promise<Verdict | Ready> {
    const { journal, place } = this.#state;
    const early = this.#halted() ?? this.#objection(step);
    if (early) return early;
    const pulledAt = step.op === 'delete-manifest' ? await this.#pulledSince(step) : undefined;
    if (pulledAt !== undefined) return { outcome: 'drifted', message: `it was pulled after the plan was made, at ${pulledAt}` };
    const manifest = await this.#state.bytesOf(step.digest);
    if (!manifest) return this.#gone(step);
    const subject = step.op === 'delete-manifest' && this.#stayingSubject(step, manifest);
    if (subject) return { outcome: 'held', message: `it is attached to ${subject}, which stays` };
    const along = step.op === 'delete-manifest' ? await this.#companions.of(step) : [];
    if (typeof along === 'string') return { outcome: 'drifted', message: along };
    for (const child of readManifestLinks(manifest.bytes)?.children ?? []) if (this.#state.keeps.has(child)) this.#shared.add(child);
    const tags = stepTags(step).filter((tag) => this.#state.seen.get(tag) === step.digest);
    if (step.op === 'delete-manifest') this.#state.noteTags(step.digest, tags);
    const id = await journal.intent({ ...place, op: step.op, digest: step.digest, tags, manifest });
    return { step, along, ids: [id, ...(await this.#companions.keep(along))] };
  }

  /**
   * When it was pulled, if that was since the plan. The reading for a plan may itself count as a pull of what has to be read for it: of indexes, and of
   * what is attached.
   */
  async #pulledSince({ digest }: DeleteManifestStep): Promise<string | undefined> {
    const { registry, plan } = this.#state;
    const image = this.#state.image(digest);
    if (!registry.pulledAt || !image || image.part || isIndexType(image.mediaType)) return undefined;
    const pulledAt = await registry.pulledAt(plan.repository, digest);
    return pulledAt !== undefined && pulledAt > (image.pulledAt ?? '') ? pulledAt : undefined;
  }

  /** "Not there" is believed once another manifest of the repository is. What went along with another one was deleted by this run. */
  async #gone({ digest }: Step): Promise<Verdict> {
    if (this.#state.takenAlong.has(digest)) return { outcome: 'deleted' };
    try {
      await this.#presence.mustBeThere();
      return { outcome: 'gone' };
    } catch (error) {
      return failed(error);
    }
  }

  /** Why a manifest must not be deleted, by what is known so far. */
  #objection(step: Step): Verdict | undefined {
    const used = this.#used.reason(step.digest);
    if (used || step.op === 'delete-tag') return used;
    const holder = step.op === 'delete-manifest' && step.after.find((digest) => !isDone(this.#state.outcomeOf(digest)));
    return holder ? { outcome: 'held', message: `${holder}, which holds it, was not deleted` } : this.#holds.reason(step.digest);
  }

  /** The plan deletes an attachment after its subject; here its own bytes have the word. */
  #stayingSubject({ digest }: DeleteManifestStep, manifest: RawManifest): Digest | undefined {
    const subject = readManifestLinks(manifest.bytes)?.subject;
    if (subject === undefined || subject === digest) return undefined;
    const outcome = this.#state.outcomeOf(subject);
    const stays =
      this.#state.keeps.has(subject) || this.#holds.reason(subject) !== undefined || (outcome !== undefined && !isDone(outcome));
    return stays ? subject : undefined;
  }

  /** Asks the registry to delete. Where its answer is an error, looks whether it did: an answer may get lost, and not the deletion. */
  async #request(step: Step): Promise<{ readonly verdict: Verdict; readonly answer: DeleteOutcome | undefined }> {
    const { registry, plan } = this.#state;
    if (step.op === 'archive-manifest') return { verdict: await this.#archive(step.digest), answer: undefined };
    try {
      const answer =
        step.op === 'delete-tag'
          ? await registry.deleteTag(plan.repository, step.tag, step.digest)
          : await registry.deleteManifest(plan.repository, step.digest, stepTags(step));
      return { verdict: answer.outcome === 'gone' ? await this.#gone(step) : answer, answer };
    } catch (error) {
      return { verdict: await this.#afterError(step, error), answer: undefined };
    }
  }

  async #afterError(step: Step, error: unknown): Promise<Verdict> {
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
    if (!(error instanceof ToolError) || error.code !== 'AUTH') return failed(error);
    // Some registries refuse a protected image with 403. Where others may be deleted, it is this one that may not.
    return registry.checkDelete(plan.repository, { tags: step.op === 'delete-tag' }).then(
      () => ({ outcome: 'locked', message: error.message }),
      () => failed(error),
    );
  }

  /** What is archived can be restored: whatever became of a request that failed, the next run finds out. */
  async #archive(digest: Digest): Promise<Verdict> {
    const { registry, plan } = this.#state;
    if (!registry.archiveManifest)
      return failed(new ToolError('REGISTRY_ERROR', `${plan.registry} has no archive`, { hint: 'make a new plan' }));
    return registry.archiveManifest(plan.repository, digest).catch((error: unknown) => ({ ...failed(error), uncertain: true }));
  }

  async #settle({ step, ids }: Ready, verdict: Verdict): Promise<void> {
    const { outcome, message } = verdict;
    this.#context.onStep(this.#state.settle(step, outcome, message));
    // Once something is deleted, a journal that fails ends the run but does not change what was done.
    for (const id of verdict.uncertain ? [] : ids)
      await this.#state.journal.outcome(id, outcome, message).catch((error: unknown) => this.#state.stop(this.#state.asToolError(error)));
    this.#countFailure(verdict);
    try {
      if (outcome === 'deleted') await this.#holds.restoreIfDeleted(step.digest);
      else if (step.op === 'delete-manifest' && outcome !== 'gone' && !this.#state.halted())
        await this.#holds.hold(step.digest, `it belongs to ${step.digest}, which was not deleted`);
    } catch (error) {
      this.#state.stop(this.#state.asToolError(error));
    }
  }

  /** A refusal is an answer: only failures in a row that are none end the work in a repository. */
  #countFailure({ outcome, error }: Verdict): void {
    if (outcome === 'deleted' || outcome === 'archived' || outcome === 'gone' || outcome === 'locked') this.#failures = 0;
    if (outcome !== 'failed') return;
    const problem = this.#state.asToolError(error);
    if (problem.code !== 'REGISTRY_ERROR' || problem.transient) this.#failures += 1;
    if (problem.code === 'AUTH' || problem.code === 'JOURNAL_WRITE' || problem.code === 'NOT_FOUND' || this.#failures >= MAX_FAILURES)
      this.#state.stop(problem);
  }

  /** A registry may delete what an index lists along with it, although another index lists it too. */
  async #checkShared(): Promise<void> {
    if (this.#state.halted()) return;
    await sideBySide([...this.#shared], this.#state.concurrency, async (digest) => {
      if (await this.#state.isThere(digest)) return;
      await this.#putBack.restore(digest, 'an index that stays lists it, and it went along with another one that was deleted');
    });
  }
}

function failed(error: unknown): Verdict {
  return { outcome: 'failed', message: error instanceof Error ? error.message : String(error), error };
}

/** True of a failure after which the same may well be done a moment later. */
function isPassing(verdict: Verdict | undefined): boolean {
  return verdict?.error instanceof ToolError && verdict.error.transient && !verdict.uncertain;
}

function isDone(outcome: StepOutcome | undefined): boolean {
  return outcome === 'deleted' || outcome === 'gone';
}
