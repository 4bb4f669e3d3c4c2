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

/**
 * A repository's plan with what an earlier run left, as far as it goes by `before`, the plan of {@link asBefore}: together with what was
 * deleted, or with something else that was left. Nothing else of `before` counts, so that what is gone takes no place among what is there.
 * Where the registry lists what was left, and a rule says something of it, that stands.
 */
export function withLeftovers(own: RepositoryPlan, before: RepositoryPlan, { deleted, left }: Leftovers): RepositoryPlan {
  const known = new Map(own.images.map((image) => [image.digest, image]));
  const gone = new Set(deleted.map(({ digest }) => digest).filter((digest) => !known.has(digest)));
  const wanted = new Set(left.map(({ digest }) => digest).filter((digest) => isUnclaimed(known.get(digest))));
  const going = new Map<Digest, DeleteManifestStep>();
  for (const step of before.steps) {
    if (step.op !== 'delete-manifest' || !wanted.has(step.digest) || step.after.length === 0) continue;
    if (step.after.every((holder) => gone.has(holder) || going.has(holder)))
      going.set(step.digest, { ...step, after: step.after.filter((holder) => going.has(holder)) });
  }
  if (going.size === 0) return own;
  const images = [...own.images.filter(({ digest }) => !going.has(digest)), ...before.images.filter(({ digest }) => going.has(digest))];
  const shown = [...going.keys()].filter((digest) => known.get(digest) && !known.get(digest)?.part).length;
  // What a rule copies that is left is copied too; what it was a part of was copied before that was deleted.
  const copies = before.steps.filter((step) => step.op === 'copy-image' && going.has(step.digest));
  const { summary } = own;
  return {
    ...own,
    images: images.toSorted((a, b) => byCodeUnit(a.digest, b.digest)),
    steps: [...copies, ...own.steps, ...going.values()],
    summary: { ...summary, images: { ...summary.images, keep: summary.images.keep - shown } },
  };
}

/** Why something stays of which no rule has said anything: what holds it has to go first, so that it cannot go before that. */
const UNCLAIMED: readonly ReasonCode[] = ['no_rule', 'child_of_kept', 'attached_to_kept', 'subject_of_kept'];

/** No rule has said anything of it, or the registry does not list it. */
function isUnclaimed(image: PlannedImage | undefined): boolean {
  return !image || (image.action === 'keep' && image.reasons.every(({ code }) => UNCLAIMED.includes(code)));
}
