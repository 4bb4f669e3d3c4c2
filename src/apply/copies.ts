import { type CopyPlace } from '../copy/copy-place.ts';
import { ImageCopier } from '../copy/image-copier.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { copyName } from '../plan/copies.ts';
import type { CopyImageStep } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { StepResult } from './apply-report.ts';
import { mustBeApart } from './must-be-apart.ts';
import type { RunState } from './run-state.ts';
import { sideBySide } from './side-by-side.ts';
import { failed, type Verdict } from './verdict.ts';

/** After so many failures in a row nothing more is copied to a place. */
const MAX_FAILURES = 5;

export interface CopiesParts {
  readonly state: RunState;
  /** By the names that the plan uses. */
  readonly registries: ReadonlyMap<string, Registry>;
  /** Told before an image is copied. */
  readonly onCopy: (step: CopyImageStep) => void;
  readonly onStep: (result: StepResult) => void;
}

/** Copies elsewhere what is deleted afterwards. A copy counts when all of it was seen there, and that is in the journal. */
export class Copies {
  readonly #parts: CopiesParts;
  readonly #copiers = new Map<string, Promise<ImageCopier>>();
  /** Failures in a row, by target. */
  readonly #failures = new Map<string, number>();

  constructor(parts: CopiesParts) {
    this.#parts = parts;
  }

  /**
   * Makes them all. What fails is the result of its step, and throws nothing. `used` is what is in use, as far as it is known: it is not
   * deleted, so it need not be copied.
   */
  async make(used: ReadonlyMap<Digest, string>): Promise<void> {
    const { state, onStep } = this.#parts;
    await sideBySide(state.copies, state.concurrency, async (step) => {
      const { outcome, message, error } = await this.#copy(step, used).catch(failed);
      onStep(state.settle(step, outcome, message, error));
    });
  }

  /** Whether a copy is in its new place now. Throws the errors of that registry. */
  isThere({ digest, to: { registry, repository } }: CopyImageStep): Promise<boolean> {
    const { store } = placeIn(this.#parts.registries.get(registry), repository);
    return store.hasManifest(repository, digest);
  }

  async #copy(step: CopyImageStep, used: ReadonlyMap<Digest, string>): Promise<Verdict> {
    const { state, onCopy } = this.#parts;
    const { digest, expect, parts, to } = step;
    const stopped = this.#stopped(step);
    if (stopped) return { outcome: 'skipped', message: stopped };
    if (used.has(digest)) return { outcome: 'in_use', message: 'it is in use' };
    const tags = Object.keys(expect);
    // The reading for a plan may itself count as a pull of these.
    const isUntold = state.isIndex(digest) || state.image(digest)?.part === true;
    for (const tag of tags) {
      const now = await state.resolveTag(tag);
      if (now !== digest) return { outcome: 'drifted', message: `the tag ${tag} ${now === undefined ? 'is gone' : `is on ${now}`}` };
    }
    const pulledAt = isUntold ? undefined : state.pulledSince(digest, await state.lastPull(digest));
    if (pulledAt !== undefined) return { outcome: 'drifted', message: `it was pulled after the plan was made, at ${pulledAt}` };
    onCopy(step);
    // A signature whose image is gone, for one: by nothing else it says what it belongs to.
    const attachmentTags = state.image(digest)?.attachmentTags ?? [];
    try {
      const copier = await this.#copierFor(step);
      await copier.copy({
        digest,
        tags: tags.length > 0 || attachmentTags.length > 0 ? tags : [nameOfUntagged(digest)],
        parts: new Map([digest, ...parts].map((one) => [one, state.image(one)?.attachmentTags ?? []])),
      });
    } catch (error) {
      const halt = state.halted();
      if (halt) return { outcome: 'skipped', message: halt.message };
      this.#failures.set(copyName(step), (this.#failures.get(copyName(step)) ?? 0) + 1);
      throw error;
    }
    this.#failures.delete(copyName(step));
    const ownPull = isUntold ? undefined : await state.lastPull(digest);
    if (ownPull !== undefined) state.pulledAtCopy.set(digest, ownPull);
    const { registry, repository } = to;
    await state.journal.copy({ ...state.place, digest, parts, to: { registry, repository } });
    return { outcome: 'copied' };
  }

  #stopped(step: CopyImageStep): string | undefined {
    const halt = this.#parts.state.halted();
    if (halt) return halt.message;
    const failures = this.#failures.get(copyName(step)) ?? 0;
    return failures >= MAX_FAILURES ? `${failures} copies in a row have failed there` : undefined;
  }

  /** One for each place, once it is known to be another one than that of the images. */
  #copierFor(step: CopyImageStep): Promise<ImageCopier> {
    const name = copyName(step);
    const copier = this.#copiers.get(name) ?? this.#makeCopier(step);
    this.#copiers.set(name, copier);
    return copier;
  }

  async #makeCopier(step: CopyImageStep): Promise<ImageCopier> {
    const { state, registries } = this.#parts;
    const { registry, plan, concurrency, signal } = state;
    const to = placeIn(registries.get(step.to.registry), step.to.repository);
    await mustBeApart(state, to);
    return new ImageCopier({
      from: { ...placeIn(registry, plan.repository), readManifest: (digest) => state.bytesOf(digest) },
      to,
      concurrency,
      signal,
      pause: (milliseconds) => state.pause(milliseconds),
    });
  }
}

/**
 * A tag for the copy of an image that has none: many registries delete in time what has no tag. The digest alone would be the tag under
 * which its attachments are listed (distribution-spec, "Referrers Tag Schema").
 */
function nameOfUntagged(digest: Digest): string {
  return `untagged-${digest.slice(digest.indexOf(':') + 1).slice(0, 64)}`;
}

function placeIn(registry: Registry | undefined, repository: string): CopyPlace {
  if (registry?.content) return { store: registry.content, repository };
  throw new ToolError('REGISTRY_ERROR', `Images of ${registry?.name ?? 'that registry'} cannot be read and written by this program.`, {
    hint: 'Take "copyTo" out of the rule, or copy to another registry.',
  });
}
