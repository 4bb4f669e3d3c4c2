import type { JournalIntent, KnownFacts } from '../documents/journal.ts';
import type { Digest } from '../domain/digest.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import { parseTime } from '../domain/time.ts';

/** What a run may have deleted of one manifest. */
export interface Deleted {
  readonly digest: Digest;
  /** Reads its bytes from the journal: those of a whole repository are never in memory together. */
  readonly manifest: () => RawManifest;
  readonly tags: Set<string>;
  readonly known: KnownFacts;
}

/**
 * What the intents of one repository may have deleted: children before their index, subjects before what is attached to them, and otherwise
 * the oldest first, so that a registry which dates them anew has them in their old order. Throws where the journal cannot be read any more.
 */
export function deletedManifests(intents: readonly JournalIntent[]): Deleted[] {
  const deleted = [...merge(intents)].toSorted(([, a], [, b]) => oldTime(a.known) - oldTime(b.known));
  return neededFirst(new Map(deleted));
}

/**
 * When a manifest, or a tag of it, came to the registry, as far as a journal tells; milliseconds since the epoch. What is not known comes
 * first.
 */
export function oldTime({ pushedAt, createdAt, tagTimes = {} }: KnownFacts, tag?: string): number {
  const text = (tag === undefined || !Object.hasOwn(tagTimes, tag) ? undefined : tagTimes[tag]) ?? pushedAt ?? createdAt;
  return (text === undefined ? undefined : parseTime(text)) ?? Number.MIN_SAFE_INTEGER;
}

function merge(intents: readonly JournalIntent[]): Map<Digest, Deleted> {
  const found = new Map<Digest, Deleted>();
  for (const { op, digest, manifest, tags, known = {} } of intents) {
    if (op === 'archive-manifest' || !manifest) continue;
    const entry = found.get(digest) ?? { digest, manifest, tags: new Set<string>(), known };
    for (const tag of tags) entry.tags.add(tag);
    found.set(digest, entry);
  }
  return found;
}

/** Digests cannot form a ring. */
function neededFirst(deleted: ReadonlyMap<Digest, Deleted>): Deleted[] {
  const order = new Set<Deleted>();
  for (const root of deleted.values()) {
    const pending: [Deleted, entered: boolean][] = [[root, false]];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [entry, entered] = next;
      if (order.has(entry)) continue;
      if (entered) {
        order.add(entry);
        continue;
      }
      pending.push([entry, true]);
      const { children = [], subject } = readManifestLinks(entry.manifest().bytes) ?? {};
      for (const digest of [...children, subject ?? []].flat()) {
        const needed = deleted.get(digest);
        if (needed && needed !== entry) pending.push([needed, false]);
      }
    }
  }
  return [...order];
}
