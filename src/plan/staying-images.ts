import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import { partsOf } from './copies.ts';
import type { RepositoryPlan } from './plan.ts';

/** An image that stays, with what belongs to it. */
export interface StayingImage {
  readonly digest: Digest;
  /** Those of its tags that a rule selects and that stay; sorted, never empty. */
  readonly tags: readonly string[];
  /** Bytes, with its parts. */
  readonly size: number;
  /** What it lists and what is attached, to any depth, each with its attachment tags. */
  readonly parts: ReadonlyMap<Digest, readonly string[]>;
}

/**
 * The images of a repository that a rule selects by a tag that stays, whatever holds them: what a policy keeps of what it is about. None of
 * a repository that was not read whole, and none that lies in an archive. By digest. `now` is in milliseconds since the epoch.
 */
export function stayingImages(
  inventory: RepositoryInventory,
  policy: Policy,
  { complete, images }: RepositoryPlan,
  now: number,
): StayingImage[] {
  if (!complete) return [];
  const planned = new Map(images.map((image) => [image.digest, image]));
  return buildGraph(inventory.manifests).nodes.flatMap((node) => {
    const { digest, archived } = node.manifest;
    const { action = 'delete', untag = [] } = planned.get(digest) ?? {};
    if (action === 'delete' || action === 'archive' || archived) return [];
    const selected = (tag: string): boolean =>
      policy.rules.tagged.some((rule) => rule.tags(tag) !== undefined && rule.selects(node, now) === true);
    const tags = node.ordinaryTags.filter((tag) => !untag.includes(tag) && selected(tag)).toSorted(byCodeUnit);
    if (tags.length === 0) return [];
    const parts = partsOf(node);
    const size = [node, ...parts].reduce((sum, { manifest }) => sum + manifest.size, 0);
    return [{ digest, tags, size, parts: new Map(parts.map((part) => [part.manifest.digest, part.attachmentTags])) }];
  });
}
