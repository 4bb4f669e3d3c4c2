import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Graph, Node } from '../graph/graph.ts';
import type { PlanContext } from '../plan/planner.ts';
import { isImage } from '../plan/summary.ts';
import { Times } from '../plan/time.ts';
import { groupOf, isCapture } from '../policy/ordering/group.ts';
import type { Policy, Rule } from '../policy/policy.ts';
import { cutFamilies } from './cut-families.ts';
import type { Family, Push, Stream } from './push-family.ts';
import { NextTags } from './next-tags.ts';

/** A family, and when it comes again. */
export interface Recurring extends Family {
  /** Milliseconds. */
  readonly period: number;
  /** Since the policy leaves none of those from before, the period is told by these alone. */
  readonly isCut: boolean;
}

/** What was pushed to a repository in the time that is looked at. */
export interface PushHistory {
  readonly families: readonly Recurring[];
  readonly tags: NextTags;
  /** Images whose time is not known. */
  readonly unknownTimes: number;
}

/** Finds what was pushed to a repository in so many milliseconds before now. */
export function pushHistory(inventory: RepositoryInventory, graph: Graph, policy: Policy, span: number, context: PlanContext): PushHistory {
  const { now } = context;
  const times = new Times(graph.nodes, inventory.capabilities, now);
  const images = graph.nodes.filter(isImage).map((node) => ({ node, time: times.pushed(node) }));
  const isNew = (time: number | undefined): time is number => time !== undefined && time > now - span;
  const known = images.flatMap(({ node, time }) => node.ordinaryTags.map((tag) => ({ tag, time, isNew: isNew(time) })));
  const tags = new NextTags(known, (tag, next) => isOfAnotherGroup(policy, tag, next));
  const streams = new Map<string, Push[]>();
  const before = new Set<string>();
  for (const { node, time } of images) {
    const shape = shapeOf(node, tags);
    if (isNew(time)) streams.set(shape, [...(streams.get(shape) ?? []), { node, time }]);
    else for (const name of [shape, kindOf(node, policy, tags)]) before.add(name);
  }
  const mayBeBranches = [...streams.keys()].filter((shape) => mayEnd(shape) && !before.has(shape));
  const kinds = new Map([...streams].map(([shape, [first]]) => [shape, kindOf((first as Push).node, policy, tags)]));
  const families = new Map<string, Family & { readonly streams: Stream[] }>();
  for (const [shape, pushes] of streams) {
    const kind = kinds.get(shape) as string;
    const come = mayBeBranches.includes(shape) && mayBeBranches.some((other) => other !== shape && kinds.get(other) === kind);
    const name = come ? kind : shape;
    const family = families.get(name) ?? { streams: [], areOver: come, hasBefore: before.has(name) };
    families.set(name, family);
    family.streams.push({ shape, pushes: pushes.toSorted((a, b) => a.time - b.time) });
  }
  const all = [...families.values()];
  const cut = cutFamilies(all, inventory, policy, tags, span, context);
  return {
    families: all.map((family) => ({ ...family, period: cut.get(family) ?? span, isCut: cut.has(family) })),
    tags,
    unknownTimes: images.filter(({ time }) => time === undefined).length,
  };
}

/** How an image is called, without what differs from build to build. */
function shapeOf({ ordinaryTags }: Node, tags: NextTags): string {
  const shapes = ordinaryTags.filter((tag) => !tags.moves(tag)).map((tag) => tags.shape(tag).shape);
  return [...new Set(shapes)].toSorted().join(' ');
}

/** True of a shape of words with a commit or a date, which may be that of a branch. */
function mayEnd(shape: string): boolean {
  return /[a-z]/i.test(shape.replaceAll(/\{\w+\}/g, '')) && !shape.includes('{n}');
}

/** The rule of the first tag that is not moved, in words that no shape is. */
function kindOf({ ordinaryTags }: Node, policy: Policy, { moves }: NextTags): string {
  const tag = ordinaryTags.find((one) => !moves(one));
  return `of rule ${tag === undefined ? '' : (ruleOf(policy, tag)?.name ?? '')}`;
}

function ruleOf({ rules }: Policy, tag: string): Rule | undefined {
  return rules.tagged.find((rule) => rule.tags(tag) !== undefined);
}

/** True if another tag goes to the same rule, and to another group where the rule has groups by name. */
function isOfAnotherGroup(policy: Policy, tag: string, other: string): boolean {
  const rule = ruleOf(policy, tag);
  if (rule !== ruleOf(policy, other)) return false;
  if (!rule || !isCapture(rule.per)) return true;
  const [own, others] = [tag, other].map((one) => groupOf(rule.per, one, rule.tags(one) ?? {}));
  return own !== others;
}
