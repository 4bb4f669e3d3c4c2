import type { Digest } from '../domain/digest.ts';
import { attachmentTagSubject } from '../domain/tag.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Repair } from './apply-report.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import type { RunState } from './run-state.ts';

/** Puts back, while a run goes on, what it hit and should not have. */
export class PutBack {
  readonly #state: RunState;
  readonly #onRepair: (repair: Repair) => void;

  constructor(state: RunState, onRepair: (repair: Repair) => void) {
    this.#state = state;
    this.#onRepair = onRepair;
  }

  /**
   * Puts a manifest back from the journal (or, where this run has not deleted it, takes it as it is) with everything below it that the run has
   * deleted, and sets `tag` on it. Every attempt is in the report and the journal. Answers the manifest; undefined where it could not be had. Throws nothing: a
   * repair that fails is no reason to leave out the next.
   */
  async restore(digest: Digest, tag: string | undefined, why: string): Promise<RawManifest | undefined> {
    let manifest: RawManifest | undefined;
    try {
      manifest = (await this.#state.readManifest(digest)) ?? (await this.#fromJournal(digest, why));
      if (!manifest) throw new Error('its bytes are neither in the registry nor in the journal');
      if (tag !== undefined) await this.#setTag(manifest, tag);
      await this.#report({ digest, ...(tag !== undefined && { tag }), restored: true, message: why });
    } catch (error) {
      await this.#report({
        digest,
        ...(tag !== undefined && { tag }),
        restored: false,
        message: `${why}; it could not be put back: ${(error as Error).message}`,
      });
    }
    return manifest;
  }

  /** Reports a tag that may have been hit, of which nobody can tell what it pointed to. */
  async giveUp(digest: Digest, tag: string, message: string): Promise<void> {
    await this.#report({ digest, tag, restored: false, message });
  }

  async #fromJournal(digest: Digest, why: string): Promise<RawManifest | undefined> {
    const state = this.#state;
    const manifest = await state.journal.manifest(digest);
    if (!manifest) return undefined;
    for (const child of readManifestLinks(manifest.bytes)?.children ?? []) {
      if (state.outcomeOf(child) === 'deleted') await this.restore(child, undefined, `${digest}, which was put back, needs it`);
    }
    await state.registry.putManifest(state.plan.repository, manifest);
    state.takeBack(digest, `put back: ${why}`);
    for (const { digest: attachment, expect } of state.deletedAfter(digest)) {
      const tags = Object.keys(expect).filter((tag) => attachmentTagSubject(tag) === digest);
      for (const tag of tags.length > 0 ? tags : [undefined])
        await this.restore(attachment, tag, `it belongs to ${digest}, which was put back`);
    }
    return manifest;
  }

  /** Unless someone has set it anew in the meantime. */
  async #setTag(manifest: RawManifest, tag: string): Promise<void> {
    const { registry, plan } = this.#state;
    if ((await this.#state.resolveTag(tag)) === undefined) await registry.putManifest(plan.repository, manifest, tag);
  }

  async #report(repair: Repair): Promise<void> {
    this.#state.repairs.push(repair);
    this.#onRepair(repair);
    // A journal that cannot be written ends the run by itself.
    await this.#state.journal.repair({ ...this.#state.place, ...repair }).catch(() => {});
  }
}
