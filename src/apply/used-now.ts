import type { Digest } from '../domain/digest.ts';
import type { Hold, Holds } from './holds.ts';
import { type ManifestLinks, readManifestLinks } from '../domain/manifest-links.ts';
import type { ChangeStep } from '../plan/plan.ts';
import { manifestParts } from './manifest-parts.ts';
import type { PutBack } from './put-back.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { RunState } from './run-state.ts';
import { sideBySide } from './side-by-side.ts';

/** What of a plan's steps is in use by now. */
export class UsedNow {
  readonly #state: RunState;
  readonly #holds: Holds;
  readonly #putBack: PutBack;
  readonly #sources = new Map<Digest, string>();
  /** What has a step. */
  readonly #steps: ReadonlySet<Digest>;
  #used: ReadonlyMap<Digest, string> = new Map();

  constructor(state: RunState, holds: Holds, putBack: PutBack) {
    this.#state = state;
    this.#holds = holds;
    this.#putBack = putBack;
    this.#steps = new Set(state.changes.map(({ digest }) => digest));
  }

  /** Who uses a manifest, as the reason why its step is not carried out. */
  reason(digest: Digest): Hold | undefined {
    return usedBy(this.#sources.get(digest));
  }

  /** The same for a manifest whose bytes were not read before its turn: by its config and what it lists. */
  reasonOf({ children }: Pick<ManifestLinks, 'children'> = { children: [] }, manifest: RawManifest | undefined): Hold | undefined {
    if (this.#used.size === 0) return undefined;
    const { config } = manifest ? manifestParts(manifest.bytes) : {};
    const needed = [config ?? [], children].flat();
    return usedBy(needed.map((digest) => this.#used.get(digest)).find((source) => source !== undefined));
  }

  /**
   * Finds what has come into use since, where something may have: what of it was deleted by now is put back. An image that stays by the
   * plan keeps all that it needs, and nothing is read for it. Answers whether anything was looked for, which takes time.
   */
  async renew(used: ReadonlyMap<Digest, string>): Promise<boolean> {
    const known = this.#used;
    this.#used = used;
    const stays = (digest: Digest): boolean => this.#state.image(digest) !== undefined && !this.#steps.has(digest);
    if (used === known || [...used.keys()].every((digest) => known.has(digest) || stays(digest))) return false;
    await this.find(used);
    await this.#setTagsAgain();
    return true;
  }

  /** Tags that were taken off what is in use by now are set on it again: whoever uses it may name it by one of them. */
  async #setTagsAgain(): Promise<void> {
    for (const step of this.#state.changes) {
      const source = step.op === 'delete-tag' ? this.#sources.get(step.digest) : undefined;
      if (step.op !== 'delete-tag' || source === undefined || this.#state.resultOf(step)?.outcome !== 'deleted') continue;
      const why = `it is in use: ${source}`;
      await this.#putBack.restore(step.digest, why, step.tag);
      // What could not be put back is in the report, and was taken off all the same.
      if ((await this.#state.resolveTag(step.tag)) === step.digest) this.#state.settle(step, 'drifted', `put back: ${why}`);
    }
  }

  /**
   * Finds what is in use as the plan does: the manifest itself, every image whose config digest it is, and every index that holds one of
   * these. Holds all that they need. `used` names digests, each with who says so. Where reading a manifest counts as a pull, what an index
   * lists is taken from the plan, and the rest is left to {@link reasonOf}.
   */
  async find(used: ReadonlyMap<Digest, string>): Promise<void> {
    this.#used = used;
    if (used.size === 0) return;
    const steps = this.#state.changes;
    const countsAsPull = this.#state.registry.standing !== undefined;
    const children = countsAsPull ? heldInPlan(steps) : new Map<Digest, readonly Digest[]>();
    const configs = new Map<Digest, Digest>();
    const digests = this.#steps;
    const stays = new Set(steps.flatMap(({ op, digest }) => (op === 'delete-tag' ? [digest] : [])));
    await sideBySide([...digests], this.#state.concurrency, async (digest) => {
      const unread = countsAsPull || stays.has(digest);
      const manifest = unread ? await this.#state.keptBytes(digest) : await this.#state.bytesOf(digest);
      if (!manifest) return;
      const { config } = manifestParts(manifest.bytes);
      if (config !== undefined) configs.set(digest, config);
      children.set(digest, readManifestLinks(manifest.bytes)?.children ?? []);
    });
    for (const digest of digests) {
      const config = configs.get(digest);
      const source = used.get(digest) ?? (config === undefined ? undefined : used.get(config));
      if (source !== undefined) this.#sources.set(digest, source);
    }
    for (let known = -1; known < this.#sources.size;) {
      known = this.#sources.size;
      for (const [digest, listed] of children) {
        const source = listed.map((child) => this.#sources.get(child) ?? used.get(child)).find((one) => one !== undefined);
        if (source !== undefined && !this.#sources.has(digest)) this.#sources.set(digest, source);
      }
    }
    for (const [digest, source] of this.#sources) await this.#holds.hold(digest, `it is in use: ${source}`, 'in_use');
  }
}

/** What each manifest holds of what is deleted: its children, and what is attached to it. */
function heldInPlan(steps: readonly ChangeStep[]): Map<Digest, Digest[]> {
  const held = new Map<Digest, Digest[]>();
  for (const step of steps) {
    for (const holder of step.op === 'delete-manifest' ? step.after : []) {
      const known = held.get(holder);
      if (known) known.push(step.digest);
      else held.set(holder, [step.digest]);
    }
  }
  return held;
}

function usedBy(source: string | undefined): Hold | undefined {
  return source === undefined ? undefined : { outcome: 'in_use', message: `it is in use: ${source}` };
}
