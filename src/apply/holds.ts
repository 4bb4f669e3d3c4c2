import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { listedManifests, type ManifestLinks, readManifestLinks } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { PutBack } from './put-back.ts';
import type { RunState } from './run-state.ts';

/** Real indexes are nested two or three deep. */
const MAX_DEPTH = 32;
/** In one repository. A registry that makes them up could go on for ever. */
const MAX_HELD = 100_000;

/** Why a manifest must stay. `drifted`: something came since the plan was made. */
export interface Hold {
  readonly outcome: 'drifted' | 'in_use';
  readonly message: string;
}

/** What has to stay although the plan deletes it, because something that the plan does not know of needs it. */
export class Holds {
  readonly #state: RunState;
  readonly #putBack: PutBack;
  readonly #reasons = new Map<Digest, Hold>();

  constructor(state: RunState, putBack: PutBack) {
    this.#state = state;
    this.#putBack = putBack;
  }

  /** Why a manifest must stay; undefined where nothing says so. */
  reason(digest: Digest): Hold | undefined {
    return this.#reasons.get(digest);
  }

  /**
   * Holds a manifest, what it lists and what it is attached to, to any depth. What of that this run has deleted already is put back. Where
   * a manifest cannot be read, what it needs is not known: the repository is given up, and the error thrown.
   */
  async hold(digest: Digest, message: string, outcome: Hold['outcome'] = 'drifted'): Promise<void> {
    try {
      await this.#hold(digest, { outcome, message });
    } catch (error) {
      if (error instanceof ToolError) this.#state.stop(error);
      throw error;
    }
  }

  /**
   * Holds a manifest that something was attached to, and all that the plan deletes before it because it holds it: what protects a manifest,
   * as a signature may, protects every index that lists it.
   */
  async holdAttached(digest: Digest, message: string): Promise<void> {
    const found = new Set([digest]);
    // A set grows while it is walked: what is added is visited too.
    for (const one of found) for (const holder of this.#state.stepOf(one)?.after ?? []) found.add(holder);
    for (const one of found) await this.hold(one, message);
  }

  async #hold(digest: Digest, hold: Hold): Promise<void> {
    const pending: [Digest, depth: number][] = [[digest, 0]];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [held, depth] = next;
      if (this.#reasons.has(held) || this.#state.keeps.has(held)) continue;
      this.#reasons.set(held, hold);
      const links = await this.#linksOf(held, hold);
      if (links === 'gone') continue;
      if (!links || depth > MAX_DEPTH || this.#reasons.size > MAX_HELD) {
        const problem = links ? 'is one of too many that are nested in each other' : 'is not a JSON object with digests';
        const { repository, registry } = this.#state.plan;
        const message = `the manifest ${held} in ${repository} of ${registry} ${problem}, so it is not known what it needs`;
        throw new ToolError('BAD_RESPONSE', message, {
          hint: 'nothing more is deleted in this repository. Look at that manifest, and run again',
        });
      }
      for (const needed of [...listedManifests(links), links.subject ?? []].flat()) pending.push([needed, depth + 1]);
    }
  }

  /**
   * What a manifest needs; undefined where its bytes do not tell. Where reading them counts as a pull, what it is attached to stays
   * unknown: such a registry would delete it along with that, and for this reason does not get to.
   */
  async #linksOf(held: Digest, hold: Hold): Promise<ManifestLinks | 'gone' | undefined> {
    const { registry, plan } = this.#state;
    if (registry.standing && this.#state.outcomeOf(held) !== 'deleted') return (await registry.standing(plan.repository, held)) ?? 'gone';
    const manifest = await this.#read(held, hold);
    return manifest ? readManifestLinks(manifest.bytes) : 'gone';
  }

  /** What was deleted by now is put back, unless it is there again. */
  async #read(held: Digest, { message }: Hold): Promise<RawManifest | undefined> {
    if (this.#state.outcomeOf(held) !== 'deleted') return this.#state.bytesOf(held);
    const present = await this.#state.readManifest(held);
    if (!present) return this.restoreIfDeleted(held);
    this.#state.takeBack(held, `pushed again: ${message}`);
    return present;
  }

  /** Puts a held manifest back that was on its way out when it came to be held. */
  async restoreIfDeleted(digest: Digest): Promise<RawManifest | undefined> {
    const hold = this.#reasons.get(digest);
    return hold && this.#state.outcomeOf(digest) === 'deleted' ? this.#putBack.restore(digest, hold.message) : undefined;
  }
}
