import { setTimeout as wait } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { ArchiveManifestStep, DeleteManifestStep, RepositoryPlan, Step } from '../plan/plan.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Registry } from '../registry/registry.ts';
import { countResults, type Repair, type RepositoryReport, type StepResult } from './apply-report.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import { Companions } from './companions.ts';
import { Holds } from './holds.ts';
import type { Journal } from './journal.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import { PutBack } from './put-back.ts';
import { type Halt, RunState } from './run-state.ts';
import { TagWatch } from './tag-watch.ts';
import { tagsOf } from './tags-of.ts';
import { waves } from './waves.ts';

/** A registry that fails so often in a row is not asked to delete anything more. */
const MAX_FAILURES = 5;
/** How often one deletion is asked for, and milliseconds before the second time; each wait is about twice the one before. */
const TRIES = 5;
const FIRST_WAIT = 250;

/** What a repository's run needs besides its plan. */
export interface RunContext {
  readonly journal: Journal;
  readonly concurrency: number;
  readonly halted: () => Halt | undefined;
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

/** Carries out the steps of one repository and answers what became of each. Throws nothing. */
export async function runRepository(registry: Registry, plan: RepositoryPlan, context: RunContext): Promise<RepositoryReport> {
  const state = new RunState(registry, plan, context.journal, context.halted);
  const run = new RepositoryRun(state, context);
  try {
    await run.carryOut();
  } catch (error) {
    state.stop(asToolError(error, plan));
  }
  const results = state.results(state.halted()?.message ?? 'the run ended before its turn');
  const notDone = results.filter(({ outcome }) => outcome !== 'deleted' && outcome !== 'archived' && outcome !== 'gone');
  const { error, repairs, place } = state;
  const failure = error && { error: { code: error.code, message: error.message, hint: error.hint } };
  return { ...place, counts: countResults(results, repairs), notDone, repairs, ...failure };
}

class RepositoryRun {
  readonly #state: RunState;
  readonly #context: RunContext;
  readonly #holds: Holds;
  readonly #tags: TagWatch;
  readonly #companions: Companions;
  readonly #limit: LimitFunction;
  #failures = 0;

  constructor(state: RunState, context: RunContext) {
    this.#state = state;
    this.#context = context;
    const putBack = new PutBack(state, context.onRepair);
    this.#holds = new Holds(state, putBack);
    this.#tags = new TagWatch(state, this.#holds, putBack, context.concurrency);
    this.#companions = new Companions(state, this.#holds);
    // Where no one can tell what is on a digest, steps go one after another: see TagWatch.
    this.#limit = pLimit(state.registry.tagsOf ? Math.max(context.concurrency, state.registry.batch ?? 1) : 1);
  }

  async carryOut(): Promise<void> {
    const { plan, journal, place } = this.#state;
    if (this.#state.halted()) return;
    await this.#tags.survey();
    if (this.#state.halted()) return;
    await journal.steps(place, plan.steps);
    for (const wave of waves(plan.steps)) await this.#limit.map(wave, (step) => this.#take(step));
    await this.#tags.verify(!this.#state.halted());
  }

  async #take(step: Step): Promise<void> {
    const halt = this.#state.halted();
    if (halt) return void this.#settle(step, { outcome: 'skipped', message: halt.message });
    const verdict = await this.#attempt(step).catch(failed);
    this.#settle(step, verdict);
    this.#failures = verdict.outcome === 'failed' ? this.#failures + 1 : 0;
    if (verdict.outcome === 'failed') {
      const problem = asToolError(verdict.error, this.#state.plan);
      if (problem.code === 'AUTH' || problem.code === 'JOURNAL_WRITE' || this.#failures >= MAX_FAILURES) this.#state.stop(problem);
    }
    try {
      if (verdict.outcome === 'deleted') await this.#holds.restoreIfDeleted(step.digest);
      else if (step.op === 'delete-manifest' && verdict.outcome !== 'gone')
        await this.#holds.hold(step.digest, `it belongs to ${step.digest}, which was not deleted`);
    } catch (error) {
      this.#state.stop(asToolError(error, this.#state.plan));
    }
  }

  #settle(step: Step, { outcome, message }: Verdict): void {
    this.#context.onStep(this.#state.settle(step, outcome, message));
  }

  async #attempt(step: Step): Promise<Verdict> {
    const { journal, place } = this.#state;
    const early = this.#objection(step);
    if (early) return early;
    const manifest = await this.#state.readManifest(step.digest);
    if (!manifest) return { outcome: this.#state.takenAlong.has(step.digest) ? 'deleted' : 'gone' };
    const subject = step.op === 'delete-manifest' && this.#stayingSubject(step, manifest);
    if (subject) return { outcome: 'held', message: `it is attached to ${subject}, which stays` };
    const along = step.op === 'delete-manifest' ? await this.#companions.of(step) : [];
    if (typeof along === 'string') return { outcome: 'drifted', message: along };
    const id = await journal.intent({ ...place, op: step.op, digest: step.digest, tags: this.#tags.present(step), manifest });
    const ids = [id, ...(await this.#companions.keep(along))];
    const verdict = await this.#persist(step);
    if (verdict.outcome === 'deleted') for (const { digest } of along) this.#state.takenAlong.add(digest);
    if (verdict.uncertain) return verdict;
    // Once something is deleted, a journal that fails ends the run but does not change what was done.
    for (const one of ids)
      await journal
        .outcome(one, verdict.outcome, verdict.message)
        .catch((error: unknown) => this.#state.stop(asToolError(error, this.#state.plan)));
    return verdict;
  }

  /** Nothing that takes time lies between a check and its request: a registry that wants to be asked again later is asked after another check. */
  async #persist(step: Step): Promise<Verdict> {
    for (let tries = 1; ; tries++) {
      const objection = (await this.#recheck(step).catch(failed)) ?? this.#haltedNow();
      if (objection) return objection;
      const verdict = await this.#request(step);
      const passing = verdict.error instanceof ToolError && verdict.error.transient && !verdict.uncertain;
      if (!passing || tries === TRIES) return verdict;
      await wait(FIRST_WAIT * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }

  #haltedNow(): Verdict | undefined {
    const halt = this.#state.halted();
    return halt && { outcome: 'skipped', message: halt.message };
  }

  /** Why a manifest must not be deleted, by what is known so far. */
  #objection(step: Step): Verdict | undefined {
    if (step.op === 'delete-tag') return undefined;
    if (step.op === 'archive-manifest') return this.#held(step.digest);
    const holder = step.after.find((digest) => !isDone(this.#state.outcomeOf(digest)));
    if (holder !== undefined) return { outcome: 'held', message: `${holder}, which holds it, was not deleted` };
    return this.#held(step.digest);
  }

  #held(digest: Digest): Verdict | undefined {
    const reason = this.#holds.reason(digest);
    return reason === undefined ? undefined : { outcome: 'drifted', message: reason };
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

  /** Reads the step's expectations again, now. Undefined: they hold. */
  async #recheck(step: Step): Promise<Verdict | undefined> {
    const { registry, plan } = this.#state;
    if (step.op === 'archive-manifest') return (await this.#recheckArchived(step)) ?? this.#objection(step);
    const tags = tagsOf(step);
    let there: ReadonlySet<string> | undefined;
    if (!registry.tagsOf) there = await this.#tags.refresh();
    else if (step.op === 'delete-manifest') {
      const unexpected = (await registry.tagsOf(plan.repository, step.digest)).find((tag) => !tags.includes(tag));
      if (unexpected !== undefined) return { outcome: 'drifted', message: `the tag ${unexpected} was set on it after the plan was made` };
    }
    for (const tag of tags) {
      const digest = there && !there.has(tag) ? undefined : await this.#tags.look(tag);
      if (digest === undefined && step.op === 'delete-tag') return { outcome: 'gone' };
      if (digest !== undefined && digest !== step.digest)
        return { outcome: 'drifted', message: `the tag ${tag} was moved to ${digest} after the plan was made` };
    }
    return this.#objection(step);
  }

  /** A new or moved tag on any image that it belongs to would be one that cannot be pulled. */
  async #recheckArchived({ of, expect }: ArchiveManifestStep): Promise<Verdict | undefined> {
    const { registry, plan } = this.#state;
    for (const digest of of) {
      const unexpected = (await registry.tagsOf?.(plan.repository, digest))?.find((tag) => expect[tag] !== digest);
      if (unexpected !== undefined)
        return { outcome: 'drifted', message: `the tag ${unexpected} was set on ${digest} after the plan was made` };
    }
    for (const [tag, expected] of Object.entries(expect)) {
      const digest = await this.#tags.look(tag);
      if (digest !== expected)
        return {
          outcome: 'drifted',
          message: `the tag ${tag} was ${digest === undefined ? 'taken off' : `moved to ${digest}`} after the plan was made`,
        };
    }
    return undefined;
  }

  /** Asks the registry to delete. Where its answer is an error, looks whether it did: an answer may get lost, and not the deletion. */
  async #request(step: Step): Promise<Verdict> {
    const { registry, plan } = this.#state;
    if (step.op === 'archive-manifest') return this.#archive(step);
    const request =
      step.op === 'delete-tag'
        ? registry.deleteTag(plan.repository, step.tag, step.digest)
        : registry.deleteManifest(plan.repository, step.digest);
    try {
      return await (registry.tagsOf ? request : this.#tags.during(step, request));
    } catch (error) {
      try {
        const there = step.op === 'delete-tag' ? await this.#state.resolveTag(step.tag) : await this.#state.readManifest(step.digest);
        return there === undefined ? { outcome: 'deleted' } : failed(error);
      } catch {
        return { ...failed(error), uncertain: true };
      }
    }
  }

  /** What is archived can be restored: whatever became of a request that failed, the next run finds out. */
  async #archive({ digest }: ArchiveManifestStep): Promise<Verdict> {
    const { registry, plan } = this.#state;
    if (!registry.archiveManifest)
      return failed(new ToolError('REGISTRY_ERROR', `${plan.registry} has no archive`, { hint: 'make a new plan' }));
    return registry.archiveManifest(plan.repository, digest).catch((error: unknown) => ({ ...failed(error), uncertain: true }));
  }
}

function failed(error: unknown): Verdict {
  return { outcome: 'failed', message: error instanceof Error ? error.message : String(error), error };
}

function isDone(outcome: StepOutcome | undefined): boolean {
  return outcome === 'deleted' || outcome === 'gone';
}

function asToolError(error: unknown, { registry, repository }: RepositoryPlan): ToolError {
  if (error instanceof ToolError) return error;
  return new ToolError(
    'REGISTRY_ERROR',
    `cannot go on in ${repository} of ${registry}: ${error instanceof Error ? error.message : String(error)}`,
    {
      hint: 'this should not happen: please report it',
      cause: error,
    },
  );
}
