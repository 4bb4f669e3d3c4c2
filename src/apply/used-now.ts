import type { Digest } from '../domain/digest.ts';
import type { Hold, Holds } from './holds.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import { manifestParts } from './manifest-parts.ts';
import type { RunState } from './run-state.ts';
import { sideBySide } from './side-by-side.ts';

/** What of a plan's steps is in use by now. */
export class UsedNow {
  readonly #state: RunState;
  readonly #holds: Holds;
  readonly #sources = new Map<Digest, string>();

  constructor(state: RunState, holds: Holds) {
    this.#state = state;
    this.#holds = holds;
  }

  /** Who uses a manifest, as the reason why its step is not carried out. */
  reason(digest: Digest): Hold | undefined {
    const source = this.#sources.get(digest);
    return source === undefined ? undefined : { outcome: 'in_use', message: `it is in use: ${source}` };
  }

  /**
   * Finds what is in use as the plan does: the manifest itself, every image whose config digest it is, and every index that holds one of
   * these. Holds all that they need. `used` names digests, each with who says so.
   */
  async find(used: ReadonlyMap<Digest, string>): Promise<void> {
    if (used.size === 0) return;
    const children = new Map<Digest, readonly Digest[]>();
    const configs = new Map<Digest, Digest>();
    const { steps } = this.#state.plan;
    const digests = new Set(steps.map(({ digest }) => digest));
    const stays = new Set(steps.flatMap(({ op, digest }) => (op === 'delete-tag' ? [digest] : [])));
    await sideBySide([...digests], this.#state.concurrency, async (digest) => {
      const manifest = stays.has(digest) ? await this.#state.keptBytes(digest) : await this.#state.bytesOf(digest);
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
