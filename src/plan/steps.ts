import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import { sortedByNumber } from '../domain/sorted-by-number.ts';
import type { Node } from '../graph/graph.ts';
import { NodeSet } from '../graph/node-set.ts';
import { archiveSteps } from './archive.ts';
import type { Decision } from './decision.ts';
import type { CopyImageStep, DeleteManifestStep, DeleteTagStep, Step } from './plan.ts';

/**
 * The steps that carry a repository's decisions out, in order: what is copied elsewhere, tags to take off, what to archive, then manifests
 * to delete, each after the deleted indexes and subjects that hold it. That way a step that is skipped or fails leaves everything whole
 * that hangs on it.
 */
export function stepsFor(nodes: readonly Node[], decisions: readonly Decision[], copies: readonly CopyImageStep[] = []): Step[] {
  const tags: DeleteTagStep[] = [];
  const deleted: Node[] = [];
  const archived: Node[] = [];
  // Not in loops, here and below: V8 compiles a long loop while it runs, with all that it calls, and does so again for each further one.
  nodes.forEach((node) => {
    const { action, untag } = decisions[node.index] as Decision;
    if (action === 'delete') deleted.push(node);
    if (action === 'archive') archived.push(node);
    for (const tag of untag) tags.push({ op: 'delete-tag', tag, digest: node.manifest.digest });
  });
  return [
    ...copies,
    ...tags.toSorted((a, b) => byCodeUnit(a.tag, b.tag)),
    ...archiveSteps(archived),
    ...manifestSteps(deleted, nodes.length),
  ];
}

/**
 * Level by level: first what no deleted manifest holds, then what only earlier levels hold, by digest within a level. Tags can
 * attach two manifests to each other; a ring of such is opened at its lowest digest.
 */
function manifestSteps(deleted: readonly Node[], size: number): DeleteManifestStep[] {
  const doomed = new NodeSet(size);
  deleted.forEach((node) => doomed.add(node));
  const waiting = new Int32Array(size);
  deleted.forEach((node) => (waiting[node.index] = countIn(doomed, node.parents) + countIn(doomed, node.subjects)));
  const steps: DeleteManifestStep[] = [];
  const done = new NodeSet(size);
  let level = deleted.filter(({ index }) => waiting[index] === 0);
  while (steps.length < deleted.length) {
    if (level.length === 0)
      level = [
        lowestOfRing(
          deleted.filter((node) => !done.has(node)),
          size,
        ),
      ];
    const next: Node[] = [];
    const release = (held: Node): void => {
      waiting[held.index] = (waiting[held.index] as number) - 1;
      if (waiting[held.index] === 0 && doomed.has(held) && !done.has(held)) next.push(held);
    };
    level.forEach((node) => steps.push(deleteManifest(node, holders(node, done))));
    level.forEach((node) => done.add(node));
    level.forEach(({ children, attachments }) => {
      children.forEach(release);
      attachments.forEach(release);
    });
    level = sortedByNumber(next, ({ index }) => index, byIndex);
  }
  return steps;
}

/** Where each of the remaining is held by another of them, going from holder to holder leads into a ring. */
function lowestOfRing(remaining: readonly Node[], size: number): Node {
  const left = new NodeSet(size);
  for (const node of remaining) left.add(node);
  const path = new Set<Node>();
  let node = remaining[0] as Node;
  while (!path.has(node)) {
    path.add(node);
    node = holders(node, left)[0] as Node;
  }
  const all = [...path];
  return all.slice(all.indexOf(node)).reduce((lowest, other) => (other.index < lowest.index ? other : lowest));
}

/** Those of the manifests that hold a node, its indexes and its subjects, that are in a set; sorted. */
function holders({ parents, subjects }: Node, among: NodeSet): readonly Node[] {
  if (parents.length + subjects.length === 0) return parents;
  const all = subjects.length === 0 ? parents : parents.length === 0 ? subjects : [...new Set([...parents, ...subjects])].toSorted(byIndex);
  return all.every((holder) => among.has(holder)) ? all : all.filter((holder) => among.has(holder));
}

function countIn(set: NodeSet, nodes: readonly Node[]): number {
  let count = 0;
  for (const node of nodes) if (set.has(node)) count += 1;
  return count;
}

function deleteManifest({ manifest: { digest }, tags }: Node, after: readonly Node[]): DeleteManifestStep {
  return {
    op: 'delete-manifest',
    digest,
    expect: tags.length === 0 ? NO_TAGS : expectedOf(tags, digest),
    after: after.length === 0 ? NO_DIGESTS : after.map(({ manifest }) => manifest.digest),
  };
}

const NO_TAGS: DeleteManifestStep['expect'] = {};
const NO_DIGESTS: readonly Digest[] = [];

function expectedOf(tags: readonly string[], digest: Digest): DeleteManifestStep['expect'] {
  // Without a prototype: `__proto__` is a tag too, and V8 would look for a shape to share in vain, since hardly two have the same tags.
  const expected = Object.create(null) as Record<string, Digest>;
  for (const tag of tags) expected[tag] = digest;
  return expected;
}

function byIndex(a: Node, b: Node): number {
  return a.index - b.index;
}
