import type { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { DeleteManifestStep, RepositoryPlan, Step } from '../plan/plan.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Registry } from '../registry/registry.ts';
import type { Repair, StepResult } from './apply-report.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { Place } from '../documents/journal.ts';
import type { Journal } from './journal.ts';

/** Why no more steps are begun. */
export interface Halt {
  readonly by: 'signal' | 'deadline' | 'error';
  readonly message: string;
}

/** What the parts of one repository's run share: its plan, and what has become of each step so far. */
export class RunState {
  readonly registry: Registry;
  readonly plan: RepositoryPlan;
  readonly journal: Journal;
  readonly place: Place;
  readonly repairs: Repair[] = [];
  /** What the registry has deleted by itself along with others, before its own step. */
  readonly takenAlong = new Set<Digest>();
  /** What the plan keeps, and with it all that it needs. */
  readonly keeps: ReadonlySet<Digest>;
  /** Where each tag pointed when the plan was made. */
  readonly tags: ReadonlyMap<string, Digest>;
  readonly #runHalted: () => Halt | undefined;
  #error: ToolError | undefined;
  readonly #results = new Map<Step, StepResult>();
  readonly #manifestSteps = new Map<Digest, DeleteManifestStep>();
  readonly #singleTags = new Set<string>();

  constructor(registry: Registry, plan: RepositoryPlan, journal: Journal, halted: () => Halt | undefined) {
    this.registry = registry;
    this.plan = plan;
    this.journal = journal;
    this.#runHalted = halted;
    this.place = { registry: plan.registry, repository: plan.repository };
    this.keeps = new Set(plan.images.flatMap(({ action, digest }) => (action === 'delete' ? [] : [digest])));
    this.tags = new Map(plan.images.flatMap(({ tags, digest }) => tags.map((tag): [string, Digest] => [tag, digest])));
    for (const step of plan.steps) {
      if (step.op === 'delete-manifest') this.#manifestSteps.set(step.digest, step);
      else if (step.op === 'delete-tag') this.#singleTags.add(step.tag);
    }
  }

  /** Why this repository was given up. */
  get error(): ToolError | undefined {
    return this.#error;
  }

  /** Begins no more steps in this repository. */
  stop(error: ToolError): void {
    this.#error ??= error;
  }

  halted(): Halt | undefined {
    return this.#error ? { by: 'error', message: `nothing more was done in this repository: ${this.#error.message}` } : this.#runHalted();
  }

  readManifest(digest: Digest): Promise<RawManifest | undefined> {
    return this.registry.readManifest(this.plan.repository, digest);
  }

  resolveTag(tag: string): Promise<Digest | undefined> {
    return this.registry.resolveTag(this.plan.repository, tag);
  }

  /** What this run has deleted and a tag points to all the same. */
  async deletedUnder(tag: string): Promise<Digest | undefined> {
    const digest = await this.registry.danglingTag?.(this.plan.repository, tag);
    return digest !== undefined && this.outcomeOf(digest) === 'deleted' ? digest : undefined;
  }

  /** Where all tags point to; undefined where the registry has to be asked for each. */
  async resolveTags(): Promise<ReadonlyMap<string, Digest> | undefined> {
    return this.registry.resolveTags?.(this.plan.repository);
  }

  settle(step: Step, outcome: StepOutcome, message?: string): StepResult {
    const { op, digest } = step;
    const result = { op, digest, ...(step.op === 'delete-tag' && { tag: step.tag }), outcome, ...(message !== undefined && { message }) };
    this.#results.set(step, result);
    return result;
  }

  /** The step that deletes a manifest. */
  stepOf(digest: Digest): DeleteManifestStep | undefined {
    return this.#manifestSteps.get(digest);
  }

  /** What became of a manifest; undefined where it has no step, or before its turn. */
  outcomeOf(digest: Digest): StepOutcome | undefined {
    const step = this.#manifestSteps.get(digest);
    return step && (this.#results.get(step)?.outcome ?? (this.takenAlong.has(digest) ? 'deleted' : undefined));
  }

  /** A manifest that was deleted is back, so its step was not carried out after all. */
  takeBack(digest: Digest, why: string): void {
    const step = this.#manifestSteps.get(digest);
    if (step) this.settle(step, 'drifted', why);
  }

  /** What was deleted after this manifest, because it was: its children and its attachments. */
  deletedAfter(digest: Digest): DeleteManifestStep[] {
    return [...this.#manifestSteps.values()].filter((step) => step.after.includes(digest) && this.outcomeOf(step.digest) === 'deleted');
  }

  /** True of a tag that the plan takes off by itself. */
  takesOff(tag: string): boolean {
    return this.#singleTags.has(tag);
  }

  /** True of a tag that goes by this plan, with its manifest or by itself. */
  expectsToLose(tag: string): boolean {
    const digest = this.tags.get(tag);
    return this.#singleTags.has(tag) || (digest !== undefined && this.#manifestSteps.has(digest));
  }

  /** In the plan's order; what has no result yet is `skipped`. */
  results(why: string): StepResult[] {
    return this.plan.steps.map((step) => this.#results.get(step) ?? this.settle(step, 'skipped', why));
  }
}
