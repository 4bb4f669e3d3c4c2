import type { KnownFacts } from '../documents/journal.ts';
import type { RestoredManifests, RestoredPlace, RestoredTimes } from '../documents/restored-times.ts';
import type { Digest } from '../domain/digest.ts';
import type { Manifest } from '../domain/inventory.ts';
import type { RegistryTimes } from '../domain/old-times.ts';
import type { Registry } from '../registry/registry.ts';

/** What is being put back of one manifest. */
interface Attempt {
  readonly id: string;
  /** The manifest itself came back, not only tags of it. */
  whole: boolean;
  readonly tags: Set<string>;
}

/**
 * Remembers, while one repository is put back, the times that everything had. Each attempt is written down before it is made. At the end
 * the repository is read once, for the times that the registry has given what came back: the next run knows by them what has not changed
 * since. What is cut off in between is found by the next undo of the same journal; until then its times are unknown.
 */
export class OldTimes {
  readonly #memory: RestoredTimes;
  readonly #before: RestoredManifests;
  readonly #registry: Registry;
  readonly #place: RestoredPlace;
  readonly #known: ReadonlyMap<Digest, KnownFacts>;
  readonly #attempts = new Map<Digest, Attempt>();
  readonly #settled = new Set<Digest>();
  readonly #problems = new Set<string>();

  /** `before`: what was put back earlier. `known`: what the journal tells of each manifest. */
  constructor(
    memory: RestoredTimes,
    before: RestoredManifests,
    registry: Registry,
    repository: string,
    known: ReadonlyMap<Digest, KnownFacts>,
  ) {
    this.#memory = memory;
    this.#before = before;
    this.#registry = registry;
    this.#place = { url: registry.url, repository };
    this.#known = known;
  }

  /** Manifests of which the old times are remembered. */
  get manifests(): number {
    return this.#settled.size;
  }

  /** Manifests that came back and of which the new times are not known. */
  get unknown(): number {
    return [...this.#attempts.values()].filter(isBack).length - this.#settled.size;
  }

  get problems(): readonly string[] {
    return [...this.#problems];
  }

  /** Before a manifest is put back. */
  async begin(digest: Digest, { pushedAt, pulledAt, tagTimes }: KnownFacts): Promise<void> {
    if (pushedAt === undefined && !hasTimes(tagTimes)) return;
    const had = {
      ...(pushedAt !== undefined && { pushedAt }),
      ...(pulledAt !== undefined && { pulledAt }),
      ...(tagTimes && { tagTimes }),
    };
    await this.#begin(digest, had);
  }

  /** Before a tag is put back on a manifest that was there. */
  async beginTag(digest: Digest, tag: string): Promise<void> {
    const { tagTimes } = this.#known.get(digest) ?? {};
    if (tagTimes && Object.hasOwn(tagTimes, tag) && !this.#attempts.has(digest)) await this.#begin(digest, { tagTimes });
  }

  /** What cannot be remembered is put back all the same. */
  async #begin(digest: Digest, had: RegistryTimes): Promise<void> {
    try {
      this.#attempts.set(digest, { id: await this.#memory.begin(this.#place, digest, had), whole: false, tags: new Set() });
    } catch (error) {
      this.#problems.add(messageOf(error));
    }
  }

  restored(digest: Digest): void {
    const attempt = this.#attempts.get(digest);
    if (attempt) attempt.whole = true;
  }

  tagRestored(digest: Digest, tag: string): void {
    this.#attempts.get(digest)?.tags.add(tag);
  }

  /** A manifest was there already: perhaps an undo that was cut off has put it back. */
  wasThere(digest: Digest): void {
    const cut = this.#before.unsettled(this.#place, digest);
    if (cut) this.#attempts.set(digest, { id: cut.id, whole: cut.had.pushedAt !== undefined, tags: new Set() });
  }

  /** The same for a tag. */
  tagWasThere(digest: Digest, tag: string): void {
    if (!this.#attempts.has(digest)) this.wasThere(digest);
    const cut = this.#before.unsettled(this.#place, digest);
    if (cut?.had.tagTimes && Object.hasOwn(cut.had.tagTimes, tag)) this.tagRestored(digest, tag);
  }

  /**
   * Reads the repository, and writes down the times that the registry has given what came back. Throws nothing: what fails is a problem.
   */
  async settle(signal: AbortSignal | undefined): Promise<void> {
    if (this.#attempts.size === 0) return;
    try {
      const { manifests, complete } = await this.#registry.inventory(this.#place.repository, { ...(signal && { signal }) });
      const byDigest = new Map(manifests.map((manifest) => [manifest.digest, manifest]));
      const given = new Map<string, RegistryTimes>();
      for (const [digest, attempt] of this.#attempts) {
        const manifest = byDigest.get(digest);
        if (!isBack(attempt)) given.set(attempt.id, {});
        else if (manifest) given.set(attempt.id, givenTimes(manifest, attempt));
      }
      await this.#memory.settle(this.#place, given);
      for (const [digest, attempt] of this.#attempts) if (isBack(attempt) && given.has(attempt.id)) this.#settled.add(digest);
      if (complete) await this.#memory.forgetAbsent(this.#place, new Set(byDigest.keys()));
    } catch (error) {
      this.#problems.add(messageOf(error));
    }
  }
}

function isBack({ whole, tags }: Attempt): boolean {
  return whole || tags.size > 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function givenTimes({ pushedAt, pulledAt, tagTimes, firstSeen }: Manifest, { whole, tags }: Attempt): RegistryTimes {
  return {
    ...(whole && pushedAt !== undefined && { pushedAt }),
    ...(whole && pulledAt !== undefined && { pulledAt }),
    ...(tagTimes && { tagTimes: only(tagTimes, tags) }),
    ...(firstSeen && { firstSeen: only(firstSeen, tags) }),
  };
}

function only(times: Readonly<Record<string, string>>, tags: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(Object.entries(times).filter(([tag]) => tags.has(tag)));
}

function hasTimes(times: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(times ?? {}).length > 0;
}
