import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';

/** Real indexes are nested two or three deep. */
const MAX_DEPTH = 32;
/** In one repository. A registry that makes them up could go on for ever. */
const MAX_HELD = 100_000;

/** What has to stay although the plan deletes it, because something that the plan does not know of needs it. */
export class Holds {
  readonly #state: RunState;
  readonly #putBack: PutBack;
  readonly #reasons = new Map<Digest, string>();

  constructor(state: RunState, putBack: PutBack) {
    this.#state = state;
    this.#putBack = putBack;
  }

  /** Why a manifest must stay; undefined where nothing says so. */
  reason(digest: Digest): string | undefined {
    return this.#reasons.get(digest);
  }

  /**
   * Holds a manifest, what it lists and what it is attached to, to any depth. What of that this run has deleted already is put back. Where a manifest cannot
   * be read, what it needs is not known: the repository is given up, and the error thrown.
   */
  async hold(digest: Digest, why: string): Promise<void> {
    try {
      await this.#hold(digest, why);
    } catch (error) {
      if (error instanceof ToolError) this.#state.stop(error);
      throw error;
    }
  }

  async #hold(digest: Digest, why: string): Promise<void> {
    const pending: [Digest, depth: number][] = [[digest, 0]];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [held, depth] = next;
      if (this.#reasons.has(held) || this.#state.keeps.has(held)) continue;
      this.#reasons.set(held, why);
      const present = await this.#state.readManifest(held);
      const manifest = present ?? (await this.restoreIfDeleted(held));
      if (!manifest) continue;
      if (present && this.#state.outcomeOf(held) === 'deleted') this.#state.takeBack(held, `pushed again: ${why}`);
      const links = readManifestLinks(manifest.bytes);
      if (!links || depth > MAX_DEPTH || this.#reasons.size > MAX_HELD) {
        const problem = links ? 'is one of too many that are nested in each other' : 'is no JSON object with digests';
        const message = `the manifest ${held} in ${this.#state.plan.repository} of ${this.#state.plan.registry} ${problem}, so what it needs is not known`;
        throw new ToolError('BAD_RESPONSE', message, {
          hint: 'nothing more is deleted in this repository. Look at that manifest, and run again',
        });
      }
      for (const needed of [...links.children, links.subject ?? []].flat()) pending.push([needed, depth + 1]);
    }
  }

  /** Puts a held manifest back that was on its way out when it came to be held. */
  async restoreIfDeleted(digest: Digest): ReturnType<PutBack['restore']> {
    const why = this.#reasons.get(digest);
    return why !== undefined && this.#state.outcomeOf(digest) === 'deleted' ? this.#putBack.restore(digest, undefined, why) : undefined;
  }
}
