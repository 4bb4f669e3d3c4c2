import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { DeleteManifestStep, DeleteTagStep, ChangeStep } from '../plan/plan.ts';
import { manifestParts } from './manifest-parts.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';
import type { Sent } from './tag-guard.ts';

type Kind = 'tag' | `${'tagged' | 'untagged'} ${'index' | 'image'}`;

/**
 * What one registry does with the first manifest and the first tag that it is told to delete in a run. They go alone, whatever repository
 * they are in, and nothing else is deleted there until it is known that the registry does as it says. Only a manifest that has tags shows
 * what becomes of tags, and only one that is not an index shows what becomes of blobs.
 */
export class Trial {
  readonly #passed = new Set<Kind>();
  #failure: ToolError | undefined;
  #turn: Promise<void> | undefined;

  /** Whether a step may go beside others; `isIndex`, of an index. What is archived can be restored, and need not be tried. */
  passed(step: ChangeStep, isIndex: boolean): boolean {
    const kind = kindOf(step, isIndex);
    return kind === undefined || this.#passed.has(kind);
  }

  /** The registry has done what it was told by a step. */
  pass(step: ChangeStep, isIndex: boolean): void {
    const kind = kindOf(step, isIndex);
    for (const shown of kind === undefined ? [] : SHOWN[kind]) this.#passed.add(shown);
  }

  /** The registry does not do what it says: every repository of it is left alone from now on. */
  fail(failure: ToolError): never {
    this.#failure ??= failure;
    throw this.#failure;
  }

  /**
   * Waits until no other repository tries. Answers how to give the turn on; undefined where there is nothing to try any more. Throws the
   * failure.
   */
  async enter(step: ChangeStep, isIndex: boolean): Promise<(() => void) | undefined> {
    while (this.#turn) await this.#turn;
    if (this.#failure) throw this.#failure;
    if (this.passed(step, isIndex)) return undefined;
    let end: () => void = () => {};
    this.#turn = new Promise((resolve) => (end = resolve));
    return () => {
      this.#turn = undefined;
      end();
    };
  }
}

/** A first deletion: what is looked at before it, and after it. */
export class TrialStep {
  readonly #state: RunState;
  readonly #putBack: PutBack;
  readonly #trial: Trial;
  readonly #blobs: readonly Digest[];

  private constructor(state: RunState, putBack: PutBack, trial: Trial, blobs: readonly Digest[]) {
    this.#state = state;
    this.#putBack = putBack;
    this.#trial = trial;
    this.#blobs = blobs;
  }

  /** To be made before the deletion: notes which of its blobs are there. */
  static async before(step: Sent['step'], state: RunState, putBack: PutBack, trial: Trial): Promise<TrialStep> {
    const { registry, plan } = state;
    // Where it is known that nothing can be put back, that is said, and need not be found out.
    const asks = step.op === 'delete-manifest' && registry.hasBlob && !state.cannotUndo;
    const manifest = asks ? await state.bytesOf(step.digest) : undefined;
    const { config, layer } = manifest ? manifestParts(manifest.bytes) : {};
    const there: Digest[] = [];
    for (const digest of new Set([config ?? [], layer ?? []].flat()))
      if (await registry.hasBlob?.(plan.repository, digest)) there.push(digest);
    return new TrialStep(state, putBack, trial, there);
  }

  /**
   * Judges by the first list after the deletion. Throws `REGISTRY_ERROR` where the registry has not done what it answered, or more than
   * that.
   */
  async judge({ step, answer }: Sent, listed: ReadonlySet<string>): Promise<void> {
    if (answer?.outcome !== 'deleted') return;
    if (step.op === 'delete-tag') await this.#judgeTag(step, listed);
    if (step.op === 'delete-manifest') await this.#judgeManifest(step, listed);
    this.#trial.pass(step, this.#state.isIndex(step.digest));
  }

  async #judgeTag(step: DeleteTagStep, listed: ReadonlySet<string>): Promise<void> {
    if (!listed.has(step.tag) || (await this.#state.resolveTag(step.tag)) !== step.digest) return;
    this.#state.settle(step, 'failed', 'the registry answered that it was taken off, and it is still there');
    this.#fail(`answers that a tag is taken off and does not take it off: ${step.tag}`);
  }

  async #judgeManifest(step: DeleteManifestStep, listed: ReadonlySet<string>): Promise<void> {
    const state = this.#state;
    const tags = Object.keys(step.expect);
    if (tags.length === 0 && state.registry.collectsUntagged) return;
    const left: string[] = [];
    for (const tag of tags) if (listed.has(tag) && (await this.#stayed(tag, step.digest))) left.push(tag);
    if (left.length === tags.length) {
      // One that is there without its tags was deleted, and somebody has pushed it again.
      if (await state.isThere(step.digest)) {
        state.settleDeletion(step.digest, 'the registry answered that it was deleted, and it is still there');
        this.#fail(`answers that a manifest is deleted and does not delete it: ${step.digest}`);
      }
      if (tags.length > 0) await this.#putBackUnderItsTags(step.digest, left);
    }
    for (const blob of this.#blobs)
      if (!(await state.registry.hasBlob?.(state.plan.repository, blob))) {
        state.cannotUndo = true;
        this.#fail(`deletes the blobs of a manifest at once, so that nothing can be put back: ${blob} of ${step.digest}`);
      }
  }

  async #putBackUnderItsTags(digest: Digest, left: readonly string[]): Promise<never> {
    const manifest = await this.#putBack.restore(digest, `the tag ${left[0]} stayed when it was deleted`);
    if (manifest) this.#state.settleDeletion(digest, 'the registry keeps its tags when it is deleted, so it was put back');
    this.#fail(`keeps the tags of a manifest that is deleted${manifest ? ', so the manifest was put back' : ''}: ${left.join(', ')}`);
  }

  /** Whether a tag that is listed is left over: it points to nothing, or still answers with the manifest that is gone by its digest. */
  async #stayed(tag: string, digest: Digest): Promise<boolean> {
    const now = await this.#state.resolveTag(tag);
    return now === undefined || now === digest;
  }

  #fail(what: string): never {
    this.#trial.fail(misbehaves(this.#state, what));
  }
}

/** What is known once the first deletion of a kind went well. */
const SHOWN: Readonly<Record<Kind, readonly Kind[]>> = {
  tag: ['tag'],
  'tagged image': ['tagged image', 'tagged index', 'untagged image', 'untagged index'],
  'tagged index': ['tagged index', 'untagged index'],
  'untagged image': ['untagged image', 'untagged index'],
  'untagged index': ['untagged index'],
};

function kindOf(step: ChangeStep, isIndex: boolean): Kind | undefined {
  if (step.op === 'archive-manifest') return undefined;
  if (step.op === 'delete-tag') return 'tag';
  return `${Object.keys(step.expect).length > 0 ? 'tagged' : 'untagged'} ${isIndex ? 'index' : 'image'}`;
}

/** The error for a registry that does not do what it answers. */
export function misbehaves({ plan: { registry, repository } }: RunState, what: string): ToolError {
  return new ToolError('REGISTRY_ERROR', `the registry ${registry} ${what} (in ${repository})`, {
    hint: 'nothing more is deleted in this registry. Delete there with the means of its own',
  });
}
