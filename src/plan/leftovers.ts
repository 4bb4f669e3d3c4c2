import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { Manifest, RepositoryInventory } from '../domain/inventory.ts';
import type { ReasonCode } from './reason.ts';
import type { DeleteManifestStep, PlannedImage, RepositoryPlan } from './plan.ts';

/** What an earlier run left half-way in a repository. */
export interface Leftovers {
  /** The manifests that it had deleted, as they were: of these, what is left was a part. */
  readonly deleted: readonly Manifest[];
  /** What it did not come to delete, and is still there. */
  readonly left: readonly Manifest[];
}

/** A repository as if what an earlier run had deleted were still there. A tag that is on something else by now stays there. */
export function asBefore(repository: RepositoryInventory, { deleted, left }: Leftovers): RepositoryInventory {
  const there = new Set(repository.manifests.map(({ digest }) => digest));
  const tagged = new Set(repository.manifests.flatMap(({ tags }) => tags));
  const gone = deleted.filter(({ digest }) => !there.has(digest));
  return {
    ...repository,
    manifests: [
      ...repository.manifests,
      ...gone.map((manifest) => ({ ...manifest, tags: manifest.tags.filter((tag) => !tagged.has(tag)) })),
      ...left.filter(({ digest }) => !there.has(digest)),
    ],
  };
}

/** A repository's plan with what an earlier run left. */
export interface WithLeftovers {
  readonly plan: RepositoryPlan;
  /** How many manifests each time hang together, of all that may go: in the order in which they do. */
  readonly groups: readonly number[];
}

/**
 * A repository's plan with what an earlier run left, as far as it goes by `before`, the plan of {@link asBefore}: together with what was
 * deleted, or with something else that was left. Nothing else of `before` counts, so that what is gone takes no place among what is there.
 * Where the registry lists what was left, and a rule says something of it, that stands. `most`: no more manifests than these go; what hangs
 * together goes together, or not yet.
 */
export function withLeftovers(own: RepositoryPlan, before: RepositoryPlan, { deleted, left }: Leftovers, most: number): WithLeftovers {
  const known = new Map(own.images.map((image) => [image.digest, image]));
  const gone = new Set(deleted.map(({ digest }) => digest).filter((digest) => !known.has(digest)));
  const wanted = new Set(left.map(({ digest }) => digest).filter((digest) => isUnclaimed(known.get(digest))));
  const free = new Map<Digest, DeleteManifestStep>();
  for (const step of before.steps) {
    if (step.op !== 'delete-manifest' || !wanted.has(step.digest) || step.after.length === 0) continue;
    if (step.after.every((holder) => gone.has(holder) || free.has(holder)))
      free.set(step.digest, { ...step, after: step.after.filter((holder) => free.has(holder)) });
  }
  const all = groupsOf(free.values());
  const groups = all.map(({ length }) => length);
  const going = new Set<Digest>();
  for (const group of all) if (going.size + group.length <= most) for (const digest of group) going.add(digest);
  if (going.size === 0) return { plan: own, groups };
  const images = [...own.images.filter(({ digest }) => !going.has(digest)), ...before.images.filter(({ digest }) => going.has(digest))];
  const steps = [...free.values()].filter(({ digest }) => going.has(digest));
  const shown = steps.filter(({ digest }) => known.get(digest) && !known.get(digest)?.part).length;
  const orphans = steps.filter(({ digest, after }) => known.get(digest)?.part && after.length === 0).length;
  // What a rule copies that is left is copied too; what it was a part of was copied before that was deleted.
  const copies = before.steps.filter((step) => step.op === 'copy-image' && going.has(step.digest));
  const { summary } = own;
  const { keep = 0, delete: expired = 0 } = summary.orphaned ?? {};
  const size = images.reduce((sum, image) => sum + (going.has(image.digest) ? image.size : 0), 0);
  const plan: RepositoryPlan = {
    ...own,
    images: images.toSorted((a, b) => byCodeUnit(a.digest, b.digest)),
    steps: [...copies, ...own.steps, ...steps],
    summary: {
      ...summary,
      images: { ...summary.images, keep: summary.images.keep - shown },
      ...(summary.orphaned && { orphaned: { keep: keep - orphans, delete: expired } }),
      leftovers: { delete: going.size },
      // The layers of what is not listed are not known.
      bytes: { ...summary.bytes, deleted: summary.bytes.deleted + size, exact: false },
    },
  };
  return { plan, groups };
}

/** Those that go one after the other, together; in the order of their first steps. */
function groupsOf(steps: Iterable<DeleteManifestStep>): readonly (readonly Digest[])[] {
  const groups = new Map<Digest, readonly Digest[]>();
  for (const { digest, after } of steps) {
    const group = [...new Set(after.map((holder) => groups.get(holder) ?? []))].flat();
    const joined = [...group, digest];
    for (const one of joined) groups.set(one, joined);
  }
  return [...new Set(groups.values())];
}

/** The reasons of what stays although no rule decided about it. What holds it has to go first, so it cannot go before that. */
const UNCLAIMED: readonly ReasonCode[] = ['no_rule', 'child_of_kept', 'attached_to_kept', 'subject_of_kept'];

/** No rule has decided about it, or the registry does not list it. */
function isUnclaimed(image: PlannedImage | undefined): boolean {
  return !image || (image.action === 'keep' && image.reasons.every(({ code }) => UNCLAIMED.includes(code)));
}
