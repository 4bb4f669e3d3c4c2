import type { JournalIntent } from '../documents/journal.ts';
import type { Digest } from '../domain/digest.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';

/** What a run may have deleted of one manifest. */
export interface Deleted {
  readonly manifest: RawManifest;
  readonly tags: Set<string>;
}

/** What the intents of one repository may have deleted: children before their index, subjects before what is attached to them. */
export function deletedManifests(intents: readonly JournalIntent[]): Deleted[] {
  return neededFirst(merge(intents));
}

function merge(intents: readonly JournalIntent[]): Map<Digest, Deleted> {
  const found = new Map<Digest, Deleted>();
  for (const { op, digest, manifest, tags } of intents) {
    if (op === 'archive-manifest' || !manifest) continue;
    const entry = found.get(digest) ?? { manifest, tags: new Set<string>() };
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
      const { children = [], subject } = readManifestLinks(entry.manifest.bytes) ?? {};
      for (const digest of [...children, subject ?? []].flat()) {
        const needed = deleted.get(digest);
        if (needed && needed !== entry) pending.push([needed, false]);
      }
    }
  }
  return [...order];
}
