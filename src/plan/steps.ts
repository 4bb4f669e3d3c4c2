import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { Node } from '../graph/graph.ts';
import { archiveSteps } from './archive.ts';
import type { Decision } from './decide.ts';
import type { DeleteManifestStep, DeleteTagStep, Step } from './plan.ts';

/**
 * The steps that carry a repository's decisions out, in order: tags to take off, what to archive, then manifests to delete, each after the deleted indexes and
 * subjects that hold it. That way a step that is skipped or fails leaves everything whole that hangs on it.
 */
export function stepsFor(decisions: ReadonlyMap<Node, Decision>): Step[] {
  const tags: DeleteTagStep[] = [];
  const deleted: Node[] = [];
  const archived: Node[] = [];
  for (const [node, { action, untag }] of decisions) {
    if (action === 'delete') deleted.push(node);
    if (action === 'archive') archived.push(node);
    for (const tag of untag) tags.push({ op: 'delete-tag', tag, digest: node.manifest.digest });
  }
  return [...tags.toSorted((a, b) => byCodeUnit(a.tag, b.tag)), ...archiveSteps(archived), ...manifestSteps(deleted)];
}

/**
 * Level by level: first what no deleted manifest holds, then what only earlier levels hold, by digest within a level. Tags can
 * attach two manifests to each other; a ring of such is opened at its lowest digest.
 */
function manifestSteps(deleted: readonly Node[]): DeleteManifestStep[] {
  const doomed = new Set(deleted);
  const waiting = new Map<Node, number>();
  for (const node of deleted) waiting.set(node, holders(node, doomed).length);
  const steps: DeleteManifestStep[] = [];
  const done = new Set<Node>();
  let level = deleted.filter((node) => waiting.get(node) === 0);
  while (done.size < deleted.length) {
    if (level.length === 0) level = [lowestOfRing(new Set(deleted.filter((node) => !done.has(node))))];
    const next: Node[] = [];
    const current = level.toSorted(byDigest);
    for (const node of current) {
      const after = holders(node, doomed).filter((holder) => done.has(holder));
      steps.push(
        deleteManifest(
          node,
          after.map(({ manifest }) => manifest.digest),
        ),
      );
    }
    for (const node of current) done.add(node);
    for (const node of current) {
      for (const held of new Set([...node.children, ...node.attachments])) {
        const left = (waiting.get(held) ?? 0) - 1;
        waiting.set(held, left);
        if (left === 0 && doomed.has(held) && !done.has(held)) next.push(held);
      }
    }
    level = next;
  }
  return steps;
}

/** Where each of the remaining is held by another of them, going from holder to holder leads into a ring. */
function lowestOfRing(remaining: ReadonlySet<Node>): Node {
  const path: Node[] = [];
  let node = [...remaining][0] as Node;
  while (!path.includes(node)) {
    path.push(node);
    node = holders(node, remaining)[0] as Node;
  }
  return path.slice(path.indexOf(node)).toSorted(byDigest)[0] as Node;
}

/** The deleted manifests that hold a node: its indexes and its subjects. */
function holders(node: Node, deleted: ReadonlySet<Node>): Node[] {
  return [...new Set([...node.parents, ...node.subjects])].filter((holder) => deleted.has(holder));
}

function deleteManifest({ manifest }: Node, after: readonly Digest[]): DeleteManifestStep {
  const expect = Object.fromEntries(manifest.tags.toSorted(byCodeUnit).map((tag) => [tag, manifest.digest]));
  return { op: 'delete-manifest', digest: manifest.digest, expect, after: after.toSorted(byCodeUnit) };
}

function byDigest(a: Node, b: Node): number {
  return byCodeUnit(a.manifest.digest, b.manifest.digest);
}
