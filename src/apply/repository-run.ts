import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { JournalImage } from '../documents/journal.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { ChangeStep, CopyImageStep, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import type { DeleteOutcome, Registry } from '../registry/registry.ts';
import { countResults, type Repair, type RepositoryReport, type StepResult } from './apply-report.ts';
import { Companions } from './companions.ts';
import { Copies } from './copies.ts';
import { Holds } from './holds.ts';
import { NeededCopies } from './needed-copies.ts';
import { openGuard } from './open-guard.ts';
import { Presence } from './presence.ts';
import { PutBack } from './put-back.ts';
import type { RunContext } from './run-context.ts';
import { RunState } from './run-state.ts';
import { TagLookup } from './tag-lookup.ts';
import { sideBySide } from './side-by-side.ts';
import { holdSignedSince } from './signed-since.ts';
import { verifyParts } from './kept-parts.ts';
import { type Ready, StepPreparation } from './step-preparation.ts';
import { StepRequests } from './step-requests.ts';
import type { Objection, TagGuard } from './tag-guard.ts';
import type { Trial } from './trial.ts';
import { UsedNow } from './used-now.ts';
import { failed, type Verdict } from './verdict.ts';
import { waves } from './waves.ts';

/** What every step should come to. */
const DONE: readonly StepOutcome[] = ['deleted', 'copied', 'archived', 'gone'];
/** A registry that fails so often in a row is not asked to delete anything more. */
const MAX_FAILURES = 5;
/**
 * How often one deletion is asked for, and milliseconds before the second time; each wait is about twice the one before, and all of them
 * together take a quarter of a minute. A longer wait that the registry asks for is kept by the look before the next time.
 */
const TRIES = 7;
const FIRST_WAIT = 250;

/** What the run of one repository is given besides its plan. */
export interface RepositoryContext extends RunContext {
  /** What the registry does with its first deletion; one for all its repositories. */
  readonly trial: Trial;
  /** The plan was made from a reading of just now. */
  readonly justRead: boolean;
  /** By the names that the plan uses: where images are copied to. */
  readonly registries: ReadonlyMap<string, Registry>;
  /** Digests of manifests and configs that are in use now, each with who says so; the same map as long as nothing was read anew. */
  readonly usedNow: () => Promise<ReadonlyMap<Digest, string>>;
  readonly onCopy: (step: CopyImageStep) => void;
  readonly onStep: (result: StepResult) => void;
  readonly onRepair: (repair: Repair) => void;
}

/** Carries out the steps of one repository and answers what became of each. Throws nothing. */
export async function runRepository(registry: Registry, plan: RepositoryPlan, context: RepositoryContext): Promise<RepositoryReport> {
  const state = new RunState(registry, plan, context);
  const run = new RepositoryRun(state, context);
  await run.carryOut();
  const results = state.results(state.halted()?.message ?? 'the run ended before its turn');
  const notDone = results.filter(({ outcome }) => !DONE.includes(outcome));
  const gone = results.filter(({ outcome }) => outcome === 'gone');
  const { error, repairs, place } = state;
  const failure = error && { error: { code: error.code, message: error.message, hint: error.hint } };
  const undo = state.cannotUndo || state.hasNoCopies ? { undo: false as const } : {};
  return { ...place, counts: countResults(results, repairs), notDone, ...(gone.length > 0 && { gone }), repairs, ...undo, ...failure };
}

class RepositoryRun {
  readonly #state: RunState;
  readonly #context: RepositoryContext;
  readonly #holds: Holds;
  readonly #putBack: PutBack;
  readonly #guard: TagGuard;
  readonly #used: UsedNow;
  readonly #requests: StepRequests;
  readonly #preparation: StepPreparation;
  readonly #presence: Presence;
  readonly #copies: Copies;
  #failures = 0;
  /** A deletion was sent. */
  #hasSent = false;

  constructor(state: RunState, context: RepositoryContext) {
    this.#state = state;
    this.#context = context;
    this.#putBack = new PutBack(state, context.onRepair);
    this.#holds = new Holds(state, this.#putBack);
    this.#presence = new Presence(state);
    this.#used = new UsedNow(state, this.#holds, this.#putBack);
    this.#requests = new StepRequests(state, this.#presence);
    const { trial, registries, onCopy, onStep } = context;
    this.#copies = new Copies({ state, registries, onCopy, onStep });
    const copies = new NeededCopies(state, (step) => this.#copies.isThere(step));
    this.#preparation = new StepPreparation({
      state,
      holds: this.#holds,
      used: this.#used,
      companions: new Companions(state, this.#holds, copies),
      copies,
      requests: this.#requests,
    });
    // To copy may take hours.
    const justRead = context.justRead && state.copies.length === 0;
    const tags = new TagLookup(state, this.#holds);
    this.#guard = openGuard({ state, tags, putBack: this.#putBack, presence: this.#presence, trial, justRead });
  }

  async carryOut(): Promise<void> {
    const { plan, changes, journal, place } = this.#state;
    if (this.#state.halted()) return;
    try {
      const { usedNow } = this.#context;
      await this.#copies.make(await usedNow());
      if (this.#state.halted()) return;
      await this.#used.find(await usedNow());
      await this.#guard.begin();
      await holdSignedSince(this.#state, this.#holds);
      if (this.#state.halted()) return;
      const digests = new Set(changes.map(({ digest }) => digest));
      const images = plan.images.filter(({ digest }) => digests.has(digest));
      await journal.steps({ ...place, steps: changes, images: images.map(knownOf) });
      for (const wave of waves(changes)) await this.#wave(wave);
    } catch (error) {
      this.#state.stop(this.#state.asToolError(error));
    }
    try {
      await this.#guard.end(!this.#state.halted());
      if (this.#hasSent && !this.#state.halted()) await verifyParts(this.#state, this.#putBack, this.#presence);
    } catch (error) {
      this.#state.stop(this.#state.asToolError(error));
    }
  }

  /** Carries out steps that need not wait for each other. */
  async #wave(steps: readonly ChangeStep[]): Promise<void> {
    for (let begun = 0; begun < steps.length;) {
      const width = this.#guard.width(steps, begun);
      await this.#together(steps.slice(begun, begun + width));
      begun += width;
    }
  }

  /** Steps that are checked side by side and then sent side by side. */
  async #together(steps: readonly ChangeStep[]): Promise<void> {
    const ready: Ready[] = [];
    await this.#sideBySide(steps, async (step) => {
      const found = this.#halted() ?? (await this.#preparation.prepare(step).catch(failed));
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
      const objections = await this.#check(waiting.map(({ step }) => step));
      const going: Ready[] = [];
      for (const one of waiting) {
        const against = await this.#against(one, objections.get(one.step));
        if (against) await this.#settle(one, against);
        else going.push(one);
      }
      this.#hasSent ||= going.length > 0;
      const sent = await this.#sideBySide(going, async (one) => ({ one, ...(await this.#sendOne(one.step)) }));
      this.#guard.sent(sent.map(({ one: { step }, answer }) => ({ step, answer })));
      for (const { one, verdict } of sent)
        if (verdict.outcome === 'deleted') for (const { digest } of one.along) this.#state.takenAlong.add(digest);
      const goesOn = tries < TRIES && !this.#state.halted();
      const isOver = (verdict: Verdict): boolean => !(goesOn && isPassing(verdict));
      // Their outcomes go to the disk together, not one after the other.
      await Promise.all(sent.map(({ one, verdict }) => isOver(verdict) && this.#note(one, verdict)));
      for (const { one, verdict, answer } of sent) {
        if (isOver(verdict)) await this.#follow(one.step, verdict);
        await this.#putBackWhatWent(one.step, answer);
      }
      waiting = sent.flatMap(({ one, verdict }) => (isOver(verdict) ? [] : [one]));
      if (waiting.length > 0) await this.#state.pause(FIRST_WAIT * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }

  /** What keeps steps from being carried out. Where something has come into use, it is held, and after that all is looked at again. */
  async #check(steps: readonly ChangeStep[]): ReturnType<TagGuard['check']> {
    const used = await this.#context.usedNow();
    const objections = await this.#guard.check(steps);
    return (await this.#used.renew(used)) ? this.#guard.check(steps) : objections;
  }

  async #sendOne(step: ChangeStep): ReturnType<StepRequests['send']> {
    const verdict = this.#halted();
    return verdict ? { verdict, answer: undefined } : this.#requests.send(step);
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
    if (objection?.outcome === 'gone') return this.#requests.gone(step);
    return objection ?? this.#preparation.objection(step) ?? this.#halted();
  }

  /** What the registry says that went along without being meant to. */
  async #putBackWhatWent({ digest }: ChangeStep, answer: DeleteOutcome | undefined): Promise<void> {
    if (answer?.outcome !== 'deleted') return;
    for (const tag of answer.tags ?? []) await this.#putBack.restore(digest, `the tag ${tag} was set on it while it was deleted`, tag);
  }

  async #settle(ready: Ready, verdict: Verdict): Promise<void> {
    await this.#note(ready, verdict);
    await this.#follow(ready.step, verdict);
  }

  /** Notes what became of a step, and writes it down. */
  async #note({ step, ids }: Ready, { outcome, message, error, uncertain }: Verdict): Promise<void> {
    this.#context.onStep(this.#state.settle(step, outcome, message, error));
    // Once something is deleted, a journal that fails ends the run but does not change what was done.
    const write = (id: number): Promise<void> =>
      this.#state.journal.outcome(id, outcome, message).catch((error: unknown) => this.#state.stop(this.#state.asToolError(error)));
    await Promise.all((uncertain ? [] : ids).map(write));
  }

  /** What follows from what became of a step. */
  async #follow(step: ChangeStep, verdict: Verdict): Promise<void> {
    const { outcome } = verdict;
    this.#countFailure(verdict);
    try {
      if (outcome === 'deleted') await this.#holds.restoreIfDeleted(step.digest);
      else if (step.op === 'delete-manifest' && outcome !== 'gone' && !this.#state.halted())
        await this.#holds.hold(step.digest, `it belongs to ${step.digest}, which was not deleted`);
    } catch (error) {
      this.#state.stop(this.#state.asToolError(error));
    }
  }

  /** That an image is `locked` is an answer. Failures in a row, also of answers that nobody understands, end the work in a repository. */
  #countFailure({ outcome, error }: Verdict): void {
    if (outcome === 'deleted' || outcome === 'archived' || outcome === 'gone' || outcome === 'locked') this.#failures = 0;
    if (outcome !== 'failed') return;
    const problem = this.#state.asToolError(error);
    this.#failures += 1;
    if (problem.code === 'AUTH' || problem.code === 'JOURNAL_WRITE' || problem.code === 'NOT_FOUND' || this.#failures >= MAX_FAILURES)
      this.#state.stop(problem);
  }
}

/** True of a failure after which the same may well be done a moment later. */
function isPassing(verdict: Verdict | undefined): boolean {
  return verdict?.error instanceof ToolError && verdict.error.transient && !verdict.uncertain;
}

function knownOf({ digest, tags, size, pushedAt, createdAt, pulledAt }: PlannedImage): JournalImage {
  return {
    digest,
    tags,
    size,
    ...(pushedAt !== undefined && { pushedAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(pulledAt !== undefined && { pulledAt }),
  };
}
