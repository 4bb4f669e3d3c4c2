import { takeBack } from '../diagnostics/change-guard.ts';
import type { Digest } from '../domain/digest.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Repair } from './apply-report.ts';
import type { RunState } from './run-state.ts';

/** Puts back, while a run goes on, what it hit and should not have. */
export class PutBack {
  readonly #state: RunState;
  readonly #onRepair: (repair: Repair) => void;
  readonly #underWay = new Map<Digest, Promise<RawManifest | undefined>>();

  constructor(state: RunState, onRepair: (repair: Repair) => void) {
    this.#state = state;
    this.#onRepair = onRepair;
  }

  /**
   * Puts a manifest back with all that the run has deleted with it: what it lists, its own tags, and what was attached to it with its tags.
   * `tag`, if given, is set on it besides. What is there already is taken as it is. Every attempt is in the report and the journal. Answers
   * the manifest; undefined where it could not be had. Throws nothing: after a repair that fails the next is tried all the same. Is done
   * although the lock is lost.
   */
  restore(digest: Digest, why: string, tag?: string): Promise<RawManifest | undefined> {
    return takeBack(() => this.#restore(digest, why, tag));
  }

  async #restore(digest: Digest, why: string, tag: string | undefined): Promise<RawManifest | undefined> {
    const repair = { digest, ...(tag !== undefined && { tag }) };
    let manifest: RawManifest | undefined;
    try {
      manifest = (await this.#state.readManifest(digest)) ?? (await this.#once(digest, why));
      if (!manifest) throw new Error('its bytes are neither in the registry nor in the journal');
      if (tag !== undefined) await this.#setTag(manifest, tag);
      await this.#report({ ...repair, restored: true, message: why });
    } catch (error) {
      await this.#report({ ...repair, restored: false, message: `${why}; it could not be put back: ${(error as Error).message}` });
    }
    return manifest;
  }

  /** Reports a tag that was hit where nobody can tell what it pointed to. */
  async giveUp(digest: Digest, tag: string, message: string): Promise<void> {
    await this.#report({ digest, tag, restored: false, message });
  }

  /** Two that are put back at the same time may need the same third one. */
  #once(digest: Digest, why: string): Promise<RawManifest | undefined> {
    let work = this.#underWay.get(digest);
    if (!work) {
      work = this.#putManifest(digest, why).finally(() => this.#underWay.delete(digest));
      this.#underWay.set(digest, work);
    }
    return work;
  }

  async #putManifest(digest: Digest, why: string): Promise<RawManifest | undefined> {
    const state = this.#state;
    const manifest = (await state.journal.manifest(digest)) ?? (await state.keptBytes(digest));
    if (!manifest) return undefined;
    for (const child of readManifestLinks(manifest.bytes)?.children ?? [])
      if (state.outcomeOf(child) === 'deleted') await this.restore(child, `${digest}, which was put back, needs it`);
    await state.registry.putManifest(state.plan.repository, manifest);
    const companions = state.deletedAfter(digest);
    state.takeBack(digest, `put back: ${why}`);
    for (const tag of state.tagsGoneWith(digest)) await this.#setOwnTag(manifest, tag, why);
    for (const { digest: companion } of companions) await this.restore(companion, `it belongs to ${digest}, which was put back`);
    return manifest;
  }

  /** One that cannot be set does not keep the others from being set. */
  async #setOwnTag(manifest: RawManifest, tag: string, why: string): Promise<void> {
    // It was taken off by itself before, as planned.
    if (this.#state.takesOff(tag)) return;
    try {
      await this.#setTag(manifest, tag);
    } catch (error) {
      const message = `${why}; its tag ${tag} could not be put back: ${(error as Error).message}`;
      await this.#report({ digest: manifest.digest, tag, restored: false, message });
    }
  }

  /** Unless someone has set it anew in the meantime. */
  async #setTag(manifest: RawManifest, tag: string): Promise<void> {
    const { registry, plan, seen } = this.#state;
    const now = await this.#state.resolveTag(tag);
    if (now === undefined) await registry.putManifest(plan.repository, manifest, tag);
    seen.set(tag, now ?? manifest.digest);
  }

  async #report(repair: Repair): Promise<void> {
    this.#state.repairs.push(repair);
    this.#onRepair(repair);
    // A journal that cannot be written ends the run by itself.
    await this.#state.journal.repair({ ...this.#state.place, ...repair }).catch(() => {});
  }
}
