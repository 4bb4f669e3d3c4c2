import { setTimeout as wait } from 'node:timers/promises';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { isIndexType } from '../domain/media-types.ts';
import { copyName } from '../plan/copies.ts';
import type { ChangeStep, CopyImageStep, DeleteManifestStep, PlannedImage, RepositoryPlan, Step } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { Registry, Unreadable } from '../registry/registry.ts';
import type { Intent, KnownFacts, Place } from '../documents/journal.ts';
import type { Repair, StepResult } from './apply-report.ts';
import type { Journal } from './journal.ts';
import { manifestParts } from './manifest-parts.ts';
import type { Halt, RunContext } from './run-context.ts';

/** What the parts of one repository's run share: its plan, where each tag points to, and what has become of each step so far. */
export class RunState {
  readonly registry: Registry;
  readonly plan: RepositoryPlan;
  readonly journal: Journal;
  readonly place: Place;
  readonly concurrency: number;
  readonly repairs: Repair[] = [];
  /** When what was copied was pulled last, by the registry right afterwards: to copy may count as a pull. */
  readonly pulledAtCopy = new Map<Digest, string>();
  /** What the registry has deleted by itself along with others, before its own step. */
  readonly takenAlong = new Set<Digest>();
  /** What is deleted cannot be put back, as the plan says or as the first deletion has shown. */
  cannotUndo: boolean;
  /** What the plan keeps, and with it all that it needs. */
  readonly keeps: ReadonlySet<Digest>;
  /** What is copied elsewhere first. */
  readonly copies: readonly CopyImageStep[];
  /** What the plan changes then. */
  readonly changes: readonly ChangeStep[];
  /** Where each tag pointed to when the plan was made. */
  readonly tags: ReadonlyMap<string, Digest>;
  /**
   * Where each tag points to by the last look at it, and before the first by the plan; undefined where it points to nothing that can be
   * read.
   */
  readonly seen: Map<string, Digest | undefined>;
  readonly #context: RunContext;
  #error: ToolError | undefined;
  readonly #images: ReadonlyMap<Digest, PlannedImage>;
  readonly #results = new Map<Step, StepResult>();
  readonly #tagsAtDeletion = new Map<Digest, readonly string[]>();
  readonly #manifestSteps = new Map<Digest, DeleteManifestStep>();
  readonly #singleTags = new Set<string>();
  #lacksCopies = false;
  #hasCopies = false;

  constructor(registry: Registry, plan: RepositoryPlan, context: RunContext) {
    this.registry = registry;
    this.plan = plan;
    this.cannotUndo = plan.undo === false;
    this.journal = context.journal;
    this.concurrency = context.concurrency;
    this.#context = context;
    this.place = { registry: plan.registry, repository: plan.repository };
    this.#images = new Map(plan.images.map((image) => [image.digest, image]));
    this.keeps = new Set(plan.images.flatMap(({ action, digest }) => (action === 'delete' ? [] : [digest])));
    this.tags = new Map(plan.images.flatMap(({ tags, digest }) => tags.map((tag): [string, Digest] => [tag, digest])));
    this.seen = new Map(this.tags);
    this.copies = plan.steps.filter((step) => step.op === 'copy-image');
    this.changes = plan.steps.filter((step) => step.op !== 'copy-image');
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
    if (this.#error) return { by: 'error', message: `nothing more was done in this repository: ${this.#error.message}` };
    return this.#context.halted();
  }

  /** Aborted once nothing more is waited for. */
  get signal(): AbortSignal {
    return this.#context.signal;
  }

  /** Waits so many milliseconds, or until the run is told to end. */
  async pause(milliseconds: number): Promise<void> {
    const { pause = wait, signal } = this.#context;
    await pause(milliseconds, undefined, { signal }).catch(() => {});
  }

  /** A manifest as the registry has it now; undefined where it is not there. */
  readManifest(digest: Digest): Promise<RawManifest | undefined> {
    return this.registry.readManifest(this.plan.repository, digest);
  }

  /** A manifest, whether the registry still has it or not where its bytes were kept; else as {@link readManifest}. */
  async bytesOf(digest: Digest): Promise<RawManifest | undefined> {
    return (await this.keptBytes(digest)) ?? this.readManifest(digest);
  }

  /** A manifest whose bytes the reading for the plan has kept. */
  async keptBytes(digest: Digest): Promise<RawManifest | undefined> {
    const mediaType = this.#images.get(digest)?.mediaType;
    const bytes = mediaType === undefined ? undefined : await this.#context.cached(digest);
    return mediaType !== undefined && bytes !== undefined
      ? { digest, mediaType: manifestParts(bytes).mediaType ?? mediaType, bytes }
      : undefined;
  }

  /** What the journal keeps of a manifest: its bytes, or why nobody can have them. Undefined where it is not there. */
  async copyOf(digest: Digest, unreadable: Unreadable | undefined): Promise<Pick<Intent, 'manifest' | 'unreadable'> | undefined> {
    this.#lacksCopies ||= unreadable !== undefined;
    if (unreadable) return { unreadable: unreadable.why };
    const manifest = await this.bytesOf(digest);
    this.#hasCopies ||= manifest !== undefined;
    return manifest && { manifest };
  }

  /** True where the journal has a copy of nothing that was deleted, because nobody can read it. */
  get hasNoCopies(): boolean {
    return this.#lacksCopies && !this.#hasCopies && this.#singleTags.size === 0;
  }

  resolveTag(tag: string): Promise<Digest | undefined> {
    return this.registry.resolveTag(this.plan.repository, tag);
  }

  /** What this run has deleted and a tag points to all the same. */
  async deletedUnder(tag: string): Promise<Digest | undefined> {
    const digest = await this.registry.danglingTag?.(this.plan.repository, tag);
    return digest !== undefined && this.outcomeOf(digest) === 'deleted' ? digest : undefined;
  }

  /** What the plan says of a manifest. */
  image(digest: Digest): PlannedImage | undefined {
    return this.#images.get(digest);
  }

  /** True of an index, by the plan. */
  isIndex(digest: Digest): boolean {
    return isIndexType(this.#images.get(digest)?.mediaType ?? '');
  }

  /** What the registry knew of a manifest when the plan was made, for the journal. */
  known(digest: Digest): { readonly known?: KnownFacts } {
    const { pushedAt, createdAt, pulledAt, tagTimes, registryLabels } = this.#images.get(digest) ?? {};
    const known: KnownFacts = {
      ...(pushedAt !== undefined && { pushedAt }),
      ...(createdAt !== undefined && { createdAt }),
      ...(pulledAt !== undefined && { pulledAt }),
      ...(tagTimes && { tagTimes }),
      ...(registryLabels && { labels: registryLabels }),
    };
    return Object.keys(known).length > 0 ? { known } : {};
  }

  /** The first of some labels that was not on a manifest when the plan was made. */
  newLabel(digest: Digest, labels: readonly string[]): string | undefined {
    const planned = this.#images.get(digest)?.registryLabels ?? [];
    return labels.find((label) => !planned.includes(label));
  }

  settle(step: Step, outcome: StepOutcome, message?: string, error?: unknown): StepResult {
    const { op, digest } = step;
    const next = error instanceof ToolError && { code: error.code, hint: error.hint };
    const what = {
      op,
      digest,
      ...(step.op === 'delete-tag' && { tag: step.tag }),
      ...(step.op === 'copy-image' && { to: copyName(step) }),
    };
    const result = { ...what, outcome, ...(message !== undefined && { message }), ...(outcome === 'failed' && next) };
    this.#results.set(step, result);
    return result;
  }

  /** Notes that a manifest was not deleted, whatever the registry answered. */
  settleDeletion(digest: Digest, why: string): void {
    const step = this.#manifestSteps.get(digest);
    if (step) this.settle(step, 'failed', why);
  }

  /** What became of a step so far. */
  resultOf(step: Step): StepResult | undefined {
    return this.#results.get(step);
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

  /** Notes, right before a manifest is deleted, which of its tags are on it. */
  noteTags(digest: Digest, tags: readonly string[]): void {
    this.#tagsAtDeletion.set(digest, tags);
  }

  /** The tags that a manifest had when it was deleted; of one that this run has not deleted, those that it had when the plan was made. */
  tagsGoneWith(digest: Digest): readonly string[] {
    return this.#tagsAtDeletion.get(digest) ?? this.#images.get(digest)?.tags ?? [];
  }

  /** What was deleted after this manifest, because it was: its children and its attachments. */
  deletedAfter(digest: Digest): DeleteManifestStep[] {
    return [...this.#manifestSteps.values()].filter((step) => step.after.includes(digest) && this.outcomeOf(step.digest) === 'deleted');
  }

  /** When an image was pulled, if that was after the plan and after it was copied. `pulledAt`: the last time that the registry tells. */
  pulledSince(digest: Digest, pulledAt: string | undefined): string | undefined {
    const known = this.pulledAtCopy.get(digest) ?? this.#images.get(digest)?.pulledAt ?? '';
    return pulledAt !== undefined && pulledAt > known ? pulledAt : undefined;
  }

  /** When the registry says that a manifest was pulled last, where it tells that of one by itself. */
  async lastPull(digest: Digest): Promise<string | undefined> {
    const { repository } = this.plan;
    if (this.registry.standing) return (await this.registry.standing(repository, digest))?.pulledAt;
    return this.registry.pulledAt?.(repository, digest);
  }

  /** Whether the registry has a manifest now. */
  async isThere(digest: Digest): Promise<boolean> {
    const { repository } = this.plan;
    if (this.registry.hasManifest) return this.registry.hasManifest(repository, digest);
    return (await this.registry.readManifest(repository, digest)) !== undefined;
  }

  /** What stays without a tag since something that stays needs it: the children of indexes, and attachments. */
  partsThatStay(): readonly Digest[] {
    const stays = ({ action, tags }: PlannedImage): boolean => action !== 'delete' && tags.every((tag) => this.takesOff(tag));
    return this.plan.images.flatMap((image) => (stays(image) && image.reasons.some(isNeeded) ? [image.digest] : []));
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

  /** Any error as one that says where it happened. */
  asToolError(error: unknown): ToolError {
    if (error instanceof ToolError) return error;
    const { registry, repository } = this.plan;
    const message = `cannot go on in ${repository} of ${registry}: ${error instanceof Error ? error.message : String(error)}`;
    return new ToolError('REGISTRY_ERROR', message, { hint: 'this should not happen: please report it', cause: error });
  }
}

function isNeeded({ code }: Reason): boolean {
  return code === 'child_of_kept' || code === 'attached_to_kept';
}
