import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import { isIndexType } from '../domain/media-types.ts';
import type { Node } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import type { ArchiveManifestStep } from './plan.ts';
import type { Reason } from './reason.ts';
import type { Staying } from './staying.ts';

/** What expires by a rule that archives stays, and goes into the archive. `doomed` are the images that the rules would delete. */
export function archive({ rules }: Policy, staying: Staying, doomed: readonly Node[]): void {
  const archiving = new Set([...rules.tagged, ...rules.untagged].flatMap(({ name, action }) => (action === 'archive' ? [name] : [])));
  if (archiving.size === 0) return;
  const expiring = doomed.filter((node) => !staying.has(node) && archivesSome(node, staying, archiving));
  for (const image of expiring) {
    const finding = staying.note(image);
    finding.own = { ...finding.untagged, code: 'archived' };
    const going = partsToArchive(image, staying);
    if (going.length > 0) for (const node of [image, ...going]) staying.note(node).archive = true;
  }
  staying.stay(expiring);
}

/** True if a rule that archives has expired the image, or one of its tags. */
function archivesSome(node: Node, staying: Staying, archiving: ReadonlySet<string>): boolean {
  const { tags, untagged } = staying.of(node);
  const byRule = (reason: Reason | undefined): boolean => reason?.code === 'expired' && archiving.has(reason.rule ?? '');
  return byRule(untagged) || (tags?.some(byRule) ?? false);
}

/**
 * What of an image goes into the archive: the image itself or, of an index, the images that it lists, unless they are there already or
 * belong to something that stays for use. The index stays readable: without it nobody could tell which images belong together.
 */
function partsToArchive(image: Node, staying: Staying): Node[] {
  const parts = new Set([image]);
  for (const part of parts) for (const child of part.children) parts.add(child);
  return [...parts].filter((node) => !isIndex(node) && node.manifest.archived !== true && !staying.has(node));
}

/** The steps for what is to be archived, by digest; `archived` holds the images and the parts of them that go. */
export function archiveSteps(archived: readonly Node[]): ArchiveManifestStep[] {
  const all = new Set(archived);
  return archived.toSorted(byIndex).flatMap((node): ArchiveManifestStep[] => {
    if (isIndex(node)) return [];
    const of = new Set([node]);
    for (const one of of) for (const parent of one.parents) if (all.has(parent)) of.add(parent);
    const images = [...of].toSorted(byIndex);
    const tags = images.flatMap(({ manifest }) => manifest.tags.map((tag): [string, Digest] => [tag, manifest.digest]));
    const expect = Object.fromEntries(tags.toSorted(([a], [b]) => byCodeUnit(a, b)));
    return [{ op: 'archive-manifest', digest: node.manifest.digest, of: images.map(({ manifest }) => manifest.digest), expect }];
  });
}

function isIndex({ manifest }: Node): boolean {
  return isIndexType(manifest.mediaType) || manifest.children.length > 0;
}

function byIndex(a: Node, b: Node): number {
  return a.index - b.index;
}
