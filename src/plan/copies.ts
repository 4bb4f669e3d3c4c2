import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { Node } from '../graph/graph.ts';
import { copyRepository, type CopyTarget } from '../policy/copy-target.ts';
import type { Policy } from '../policy/policy.ts';
import type { Decision } from './decision.ts';
import type { CopyImageStep } from './plan.ts';

/**
 * What is copied elsewhere before it goes: every image that is deleted, or loses a tag, because of a rule that copies. By digest, then
 * target.
 */
export function copySteps(
  nodes: readonly Node[],
  decisions: readonly Decision[],
  policy: Policy,
  repository: string,
  targetOf: (copyTo: string) => CopyTarget,
): CopyImageStep[] {
  const copying = new Map(policy.copying.map(({ name, copyTo }) => [name, copyTo]));
  if (copying.size === 0) return [];
  return nodes.flatMap((node) => {
    const found = new Map<string, CopyImageStep>();
    for (const [copyTo, tags] of tagsToCopy(node, decisions[node.index] as Decision, copying)) {
      const { registry, url, ...target } = targetOf(copyTo);
      const to = { registry, ...(url !== undefined && { url }), repository: copyRepository({ registry, ...target }, repository) };
      const key = copyName({ to });
      found.set(key, stepFor(node, [...(tagsOf(found.get(key)) ?? []), ...tags], to));
    }
    return [...found].toSorted(([a], [b]) => byCodeUnit(a, b)).map(([, step]) => step);
  });
}

/** How a plan names where an image is copied to: `archive/old/team/app`. */
export function copyName({ to: { registry, repository } }: Pick<CopyImageStep, 'to'>): string {
  return `${registry}/${repository}`;
}

/** Where a node is to be copied to, each with the tags that it gets there: of what is deleted all of its own, else those that it loses. */
function tagsToCopy(
  node: Node,
  { action, untag, reasons }: Decision,
  copying: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  if (action !== 'delete' && action !== 'untag') return found;
  for (const { code, rule, tag } of reasons) {
    const copyTo = code === 'expired' && rule !== undefined ? copying.get(rule) : undefined;
    if (copyTo === undefined) continue;
    if (action === 'delete') found.set(copyTo, node.ordinaryTags);
    else if (tag !== undefined && untag.includes(tag)) found.set(copyTo, [...(found.get(copyTo) ?? []), tag]);
  }
  return found;
}

function stepFor(node: Node, tags: readonly string[], to: CopyImageStep['to']): CopyImageStep {
  const { digest } = node.manifest;
  const expect = [...new Set(tags)].toSorted(byCodeUnit).map((tag): [string, Digest] => [tag, digest]);
  return { op: 'copy-image', digest, expect: Object.fromEntries(expect), parts: partsOf(node), to };
}

function tagsOf(step: CopyImageStep | undefined): readonly string[] | undefined {
  return step && Object.keys(step.expect);
}

/** What an image lists and what is attached, to any depth. */
function partsOf(image: Node): Digest[] {
  const found = new Set([image]);
  // A set grows while it is walked: what is added is visited too.
  for (const node of found) for (const part of [...node.children, ...node.attachments]) found.add(part);
  found.delete(image);
  return [...found].map(({ manifest }) => manifest.digest).toSorted(byCodeUnit);
}
