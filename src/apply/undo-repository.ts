import type { JournalIntent } from '../documents/journal.ts';
import { copyBlob } from '../copy/copy-blob.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { manifestBlobs } from '../domain/manifest-blobs.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Registry } from '../registry/registry.ts';
import type { CopiedPlace } from './copied-places.ts';
import { type Deleted, deletedManifests, oldTime } from './deleted-manifests.ts';
import { LOCK_LOST } from './lock-repositories.ts';
import { hasManifest, lostParts, saysLost } from './lost-parts.ts';
import type { OldTimes } from './old-times-memory.ts';
import type { LostLabels, UndoItem, UndoOutcome } from './undo-report.ts';

type Item = Omit<UndoItem, 'registry' | 'repository'>;

export interface UndoRepositoryParts {
  readonly registry: Registry;
  readonly repository: string;
  readonly times: OldTimes | undefined;
  /** Where what was deleted can be had from, if the registry has not got it any more. */
  readonly copied: ReadonlyMap<Digest, readonly CopiedPlace[]>;
  readonly signal: AbortSignal | undefined;
  /** Whether another run may have the repository by now. */
  readonly isLockLost: () => boolean;
  readonly onItem: (item: Item) => void;
}

/** Puts back what was deleted of one repository. */
export class UndoRepository {
  readonly #parts: UndoRepositoryParts;
  readonly #lostLabels: Omit<LostLabels, 'registry' | 'repository'>[] = [];
  /** What was brought back from where it was copied to. */
  readonly #broughtFrom = new Map<Digest, string>();
  /** What tags alone were taken off, looked at once. */
  readonly #there = new Map<Digest, Promise<RawManifest | boolean | undefined>>();
  #refused: ToolError | undefined;
  #labelsRefused: ToolError | undefined;

  constructor(parts: UndoRepositoryParts) {
    this.#parts = parts;
  }

  /** Why nothing more was asked for, or why labels were not put back: the registry refuses these credentials. */
  get refused(): ToolError | undefined {
    return this.#refused ?? this.#labelsRefused;
  }

  get lostLabels(): readonly Omit<LostLabels, 'registry' | 'repository'>[] {
    return this.#lostLabels;
  }

  /** Puts all of it back, the oldest first, manifests before tags. Throws, before the first manifest, where the journal cannot be read. */
  async all(intents: readonly JournalIntent[]): Promise<void> {
    for (const { op, digest } of intents) if (op === 'archive-manifest') await this.#one(digest, undefined, () => this.#restore(digest));
    const deleted = deletedManifests(intents);
    const missing = new Map<Digest, UndoOutcome>();
    for (const { digest, unreadable } of intents) {
      if (unreadable === undefined) continue;
      const outcome = await this.#one(digest, undefined, () => this.#withoutCopy(digest, unreadable));
      if (outcome !== 'present') missing.set(digest, outcome);
    }
    const waiting: Deleted[] = [];
    for (const one of deleted) {
      const { digest } = one;
      const outcome = await this.#one(digest, undefined, () => this.#putManifest(one));
      if (outcome === undefined) waiting.push(one);
      else if (outcome !== 'restored' && outcome !== 'present') missing.set(digest, outcome);
      else await this.#putLabels(one);
    }
    const found = { back: new Set<Digest>(), newer: new Set<Digest>() };
    for (const { tag, digest, put } of this.#tagsOf(deleted, intents).toSorted((a, b) => a.time - b.time)) {
      const outcome = missing.get(digest);
      if (outcome) this.#parts.onItem({ digest, tag, outcome });
      const became = outcome ?? (await this.#one(digest, tag, put));
      if (became === 'restored' || became === 'present') found.back.add(digest);
      if (became === 'kept_newer') found.newer.add(digest);
    }
    // What lists others first.
    for (const one of waiting.toReversed()) {
      const outcome = await this.#one(one.digest, undefined, () => this.#cameBack(one, found));
      if (outcome === 'restored') await this.#putLabels(one);
    }
    const { signal, times } = this.#parts;
    if (!signal?.aborted) await times?.settle(signal);
  }

  #tagsOf(deleted: readonly Deleted[], intents: readonly JournalIntent[]): TagToPut[] {
    const own = deleted.flatMap(({ digest, manifest, tags, known }) =>
      [...tags].map((tag): TagToPut => ({ tag, digest, time: oldTime(known, tag), put: () => this.#putTag(digest, tag, manifest) })),
    );
    const single = intents.flatMap(({ op, digest, tags, manifest, known = {} }) =>
      op !== 'archive-manifest' && !manifest
        ? tags.map((tag): TagToPut => ({ tag, digest, time: oldTime(known, tag), put: () => this.#putTag(digest, tag) }))
        : [],
    );
    return [...own, ...single];
  }

  /** Reports what `put` answers, or how it failed, and answers that too; where that is not known yet, undefined, and reports nothing. */
  async #one<Result extends UndoOutcome | undefined>(
    digest: Digest,
    tag: string | undefined,
    put: () => Promise<Result>,
  ): Promise<UndoOutcome | Result> {
    let outcome: UndoOutcome | Result = 'skipped';
    if (this.#parts.isLockLost()) this.#refused ??= LOCK_LOST;
    let message = this.#refused?.message;
    if (!this.#parts.signal?.aborted && !this.#refused) {
      try {
        outcome = await put();
        if (outcome === undefined) return outcome;
        const from = this.#broughtFrom.get(digest);
        if (outcome === 'restored' && tag === undefined && from !== undefined) message = `brought back from ${from}`;
      } catch (error) {
        message = error instanceof Error ? error.message : String(error);
        outcome = error instanceof LostParts ? 'lost' : error instanceof KeptNewer ? 'kept_newer' : 'failed';
        if (error instanceof ToolError && error.code === 'AUTH') this.#refused = error;
      }
    }
    this.#parts.onItem({ digest, ...(tag !== undefined && { tag }), outcome, ...(message !== undefined && { message }) });
    return outcome;
  }

  async #restore(digest: Digest): Promise<UndoOutcome> {
    const { registry, repository } = this.#parts;
    return (await registry.restoreManifest?.(repository, digest)) ? 'restored' : 'present';
  }

  async #withoutCopy(digest: Digest, why: string): Promise<UndoOutcome> {
    const { registry, repository } = this.#parts;
    if (await hasManifest(registry, repository, digest)) return 'present';
    throw new LostParts(`the journal has no copy of it: ${why}`);
  }

  /** Undefined where it comes back with its tags, if it does. */
  async #putManifest({ digest, manifest, known }: Deleted): Promise<UndoOutcome | undefined> {
    const { registry, repository, times } = this.#parts;
    if (await hasManifest(registry, repository, digest)) {
      times?.wasThere(digest);
      return 'present';
    }
    const raw = manifest();
    await times?.begin(digest, known);
    await this.#put(raw);
    if (registry.putsBackByTags) return undefined;
    times?.restored(digest);
    return 'restored';
  }

  /** Whether a manifest is there now that its tags, and those of what lists it, were put back where they could be. */
  async #cameBack({ digest, manifest }: Deleted, { back, newer }: Record<'back' | 'newer', Set<Digest>>): Promise<UndoOutcome> {
    const { registry, repository, times } = this.#parts;
    const isBack = back.has(digest) || (await hasManifest(registry, repository, digest));
    const parts = readManifestLinks(manifest().bytes)?.children ?? [];
    const those = isBack ? back : newer.has(digest) ? newer : undefined;
    for (const part of parts) those?.add(part);
    if (isBack) {
      times?.restored(digest);
      return 'restored';
    }
    const why = 'this registry keeps no manifest without a tag';
    if (newer.has(digest)) throw new KeptNewer(`its tags point elsewhere today, and ${why}`);
    throw new LostParts(`no tag leads to it, and ${why}`);
  }

  /** Sets a tag on a manifest that is there: the one given, or one that was to stay. */
  async #putTag(digest: Digest, tag: string, given?: () => RawManifest): Promise<UndoOutcome> {
    const { registry, repository, times } = this.#parts;
    const set = await this.#setterOf(digest, tag, given);
    // Right before it is set, so that it is not set over a push of just now.
    const now = await registry.resolveTag(repository, tag, { repositoryIsThere: set !== undefined });
    if (now !== undefined && now !== digest) return 'kept_newer';
    if (now === digest) {
      times?.tagWasThere(digest, tag);
      return 'present';
    }
    if (!set) return 'lost';
    await times?.beginTag(digest, tag);
    await set();
    times?.tagRestored(digest, tag);
    return 'restored';
  }

  /** How to set a tag on a manifest that is there, where possible without a pull of it; undefined where it is not there. */
  async #setterOf(digest: Digest, tag: string, given: Deleted['manifest'] | undefined): Promise<(() => Promise<void>) | undefined> {
    const { registry, repository } = this.#parts;
    if (given) return () => this.#put(given(), tag);
    let there = this.#there.get(digest);
    if (!there) this.#there.set(digest, (there = this.#look(digest)));
    const manifest = await there;
    if (!manifest) return undefined;
    return manifest === true ? async () => registry.setTag?.(repository, digest, tag) : () => this.#put(manifest, tag);
  }

  /** A manifest that is there, and true in its place where its tags are set without its bytes. */
  async #look(digest: Digest): Promise<RawManifest | boolean | undefined> {
    const { registry, repository } = this.#parts;
    return registry.setTag ? hasManifest(registry, repository, digest) : registry.readManifest(repository, digest);
  }

  async #put(manifest: RawManifest, tag?: string): Promise<void> {
    const { registry, repository, copied } = this.#parts;
    const places = copied.get(manifest.digest) ?? [];
    if (tag === undefined) await this.#bringBlobs(manifest, places);
    try {
      await registry.putManifest(repository, manifest, tag);
    } catch (error) {
      // Where deleted images are given back by the registry itself, and it has not got this one any more, it is pushed anew.
      if (places.length > 0 && registry.content && isRegistryError(error)) return registry.content.putManifest(repository, manifest, tag);
      if (!isRegistryError(error)) throw error;
      const lost = await lostParts(registry, repository, manifest);
      if (lost && lost.length > 0) throw new LostParts(`the registry has not got ${lost.join(', ')} any more. ${error.message}`, error);
      if (!lost && saysLost(error)) throw new LostParts(error.message, error);
      throw error;
    }
  }

  /** Brings the blobs back that the registry has not got any more, from the first place that has them. */
  async #bringBlobs({ digest, bytes }: RawManifest, places: readonly CopiedPlace[]): Promise<void> {
    const { registry, repository, signal = new AbortController().signal } = this.#parts;
    if (!registry.content) return;
    const here = { store: registry.content, repository };
    for (const { digest: blob, size } of places.length > 0 ? manifestBlobs(bytes) : []) {
      if (size === undefined || (await here.store.hasBlob(repository, blob))) continue;
      for (const place of places) {
        if (!(await place.store.hasBlob(place.repository, blob))) continue;
        await copyBlob(place, here, { digest: blob, size }, { signal });
        this.#broughtFrom.set(digest, place.name);
        break;
      }
    }
  }

  /** What of them cannot be had any more, and what is refused, does not keep the manifest from being back. */
  async #putLabels({ digest, known: { labels = [] } }: Deleted): Promise<void> {
    const { registry, repository, signal } = this.#parts;
    if (labels.length === 0 || signal?.aborted) return;
    const lose = (lost: readonly string[], message: string): void => {
      if (lost.length > 0) this.#lostLabels.push({ digest, labels: lost, message });
    };
    if (!registry.restoreLabels) return lose(labels, 'the registry does not take labels back');
    try {
      lose(await registry.restoreLabels(repository, digest, labels), 'the registry has no such label any more');
    } catch (error) {
      if (error instanceof ToolError && error.code === 'AUTH') this.#labelsRefused ??= error;
      lose(labels, error instanceof Error ? error.message : String(error));
    }
  }
}

function isRegistryError(error: unknown): error is ToolError {
  return error instanceof ToolError && error.code === 'REGISTRY_ERROR';
}

interface TagToPut {
  readonly tag: string;
  readonly digest: Digest;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly put: () => Promise<UndoOutcome>;
}

/** A manifest, or a part of it, is not to be had any more. */
class LostParts extends Error {
  constructor(message: string, cause?: ToolError) {
    super(message, { cause });
  }
}

/** Something newer stands in its place. */
class KeptNewer extends Error {}
