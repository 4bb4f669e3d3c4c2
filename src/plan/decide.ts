import { byCodeUnit } from '../domain/compare.ts';
import type { InUse } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { below, close, holdOf, hostsOf } from '../graph/closure.ts';
import type { Graph, Node } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import { archivedWith, heldByArchive, isInArchive } from './archive.ts';
import { type Claim, judge, type Verdict } from './claims.ts';
import type { Action } from './plan.ts';
import { type Protections, protections } from './protection.ts';
import { isDeleteReason, type Reason, type ReasonCode } from './reason.ts';
import { clockOf, clockTime, knownTime } from './time.ts';

/** What becomes of one manifest, and why. */
export interface Decision {
  readonly action: Action;
  /** The tags to take off, sorted; empty unless the action is `untag`. */
  readonly untag: readonly string[];
  /** About the image first, then its tags. Never empty. */
  readonly reasons: readonly Reason[];
}

/**
 * Steps 3 to 11 of the decision (design, section 4), for a repository that a policy governs. Answers a decision for every node of the graph. Pure: the same
 * input gives the same answer whatever its order. What a rule archives stays, and so does what is in the archive. On a registry that cascades, an index stays too if something is to stay that would be deleted with it.
 */
export function decide(repository: RepositoryInventory, graph: Graph, policy: Policy, inUse: InUse, now: number): Map<Node, Decision> {
  const protection = protections(repository, graph, policy, inUse, now);
  const tagged = decideTags(repository, graph, policy, protection, now);
  const untags = policy.sharedTags === 'untag' && repository.capabilities.deleteTag;

  const staying = new Set<Node>();
  const own = new Map<Node, Reason>();
  const stay = (seeds: readonly Node[]): void => {
    close(staying, seeds);
    if (!repository.capabilities.cascades) return;
    for (let hosts = hostsOf(staying); hosts.size > 0; hosts = hostsOf(staying)) {
      // The registry cannot delete these alone.
      for (const [index, held] of hosts) if (!own.has(index)) own.set(index, { code: 'locked', by: held.manifest.digest });
      close(staying, [...hosts.keys()]);
    }
  };
  stay([...protection.manifests.keys(), ...[...tagged].flatMap(([node, tags]) => (tags.some(({ kept }) => kept) ? [node] : []))]);

  const doomed = [...tagged.keys()].filter((node) => !staying.has(node));
  // One image at a time, for what comes along with it may be an image too.
  for (const node of hasTagged(staying, policy.keepAtLeast) ? [] : newestFirst(doomed, repository, now)) {
    if (hasTagged(staying, policy.keepAtLeast)) break;
    if (staying.has(node) || isInArchive(node)) continue;
    own.set(node, { code: 'repository_floor' });
    stay([node]);
  }

  const untagged = decideUntagged(repository, graph, policy, staying, now);
  stay([...untagged].flatMap(([node, verdict]) => (verdict.kept ? [node] : [])));

  const archived = new Set<Node>();
  const verdictsOf = (node: Node): readonly Verdict[] => tagged.get(node) ?? [untagged.get(node)].flatMap((verdict) => verdict ?? []);
  const colds = [...doomed, ...untagged.keys()].filter((node) => !staying.has(node) && verdictsOf(node).some(({ archive }) => archive));
  for (const image of colds) {
    const going = archivedWith(image, staying);
    if (going.length > 0) for (const node of [image, ...going]) archived.add(node);
  }
  const held = heldByArchive([...graph.nodes.values()].filter((node) => !staying.has(node)));
  for (const [node, part] of held) own.set(node, { code: 'archived', ...(part !== node && { by: part.manifest.digest }) });
  for (const image of colds) own.set(image, { ...untagged.get(image)?.reason, code: 'archived' });
  stay([...colds, ...held.keys()]);

  // What goes is what was decided to go and what only that holds. A ring of untagged manifests that hold each other is neither: no rule asked for it.
  const going = below([...doomed, ...untagged.keys()].filter((node) => !staying.has(node)));
  const unasked = [...graph.nodes.values()].filter((node) => !staying.has(node) && !going.has(node));
  for (const node of unasked) own.set(node, { code: 'no_rule' });
  stay(unasked);

  for (const [node, { kept, reason }] of untagged) if (kept) own.set(node, reason);
  const why = (node: Node, tags: readonly Verdict[]): readonly Reason[] =>
    protection.manifests.get(node) ?? (tags.some(({ kept }) => kept) ? [] : [own.get(node) ?? holdReason(node, staying)]);
  const decisions = new Map<Node, Decision>();
  for (const node of graph.nodes.values()) {
    const tags = tagged.get(node) ?? [];
    const decision = staying.has(node)
      ? keep(tags, why(node, tags), untags, archived.has(node))
      : { action: 'delete' as const, untag: [], reasons: deleteReasons(node, tags, untagged.get(node), staying) };
    decisions.set(node, repository.complete ? decision : withhold(decision));
  }
  return decisions;
}

/** The verdicts on the ordinary tags, sorted by tag, of every image that nothing protects as a whole. */
function decideTags(
  repository: RepositoryInventory,
  graph: Graph,
  policy: Policy,
  protection: Protections,
  now: number,
): Map<Node, Verdict[]> {
  const claims: Claim[] = [];
  const verdicts = new Map<Node, Map<string, Verdict>>();
  for (const node of graph.nodes.values()) {
    if (node.ordinaryTags.length === 0 || protection.manifests.has(node)) continue;
    verdicts.set(node, new Map(node.ordinaryTags.map((tag) => [tag, { kept: true, reason: { code: 'no_rule', tag } }])));
    for (const tag of node.ordinaryTags) {
      const claim = claimOf(node, tag, policy);
      if (claim) claims.push(claim);
    }
  }
  for (const [{ node, tag }, verdict] of judge(claims, repository, now)) if (tag !== undefined) verdicts.get(node)?.set(tag, verdict);
  for (const [node, tags] of verdicts) {
    for (const tag of node.ordinaryTags) {
      const reason = protection.tag(node, tag);
      if (reason) tags.set(tag, { kept: true, reason });
    }
  }
  return new Map([...verdicts].map(([node, tags]) => [node, [...tags.values()]]));
}

/** Step 4: a tag goes to the first rule that selects it, a protected tag too: it takes its place in the group. */
function claimOf(node: Node, tag: string, policy: Policy): Claim | undefined {
  for (const rule of policy.rules.tagged) {
    const captures = rule.tags(tag);
    if (captures && rule.selects(node)) return { node, rule, tag, captures };
  }
  return undefined;
}

/** The untagged phase: images without an ordinary tag that nothing present holds, among what does not stay so far. */
function decideUntagged(
  repository: RepositoryInventory,
  graph: Graph,
  policy: Policy,
  staying: ReadonlySet<Node>,
  now: number,
): Map<Node, Verdict> {
  const verdicts = new Map<Node, Verdict>();
  const claims: Claim[] = [];
  for (const node of graph.nodes.values()) {
    if (staying.has(node) || node.ordinaryTags.length > 0 || node.parents.length > 0 || node.subjects.length > 0) continue;
    const rule = policy.rules[node.isAttachment ? 'orphaned' : 'untagged'].find(({ selects }) => selects(node));
    if (rule) claims.push({ node, rule, captures: {} });
    else verdicts.set(node, { kept: true, reason: { code: 'no_rule' } });
  }
  for (const [{ node }, verdict] of judge(claims, repository, now)) verdicts.set(node, verdict);
  return verdicts;
}

/** By the repository's clock, unknown times last, ties by digest. */
function newestFirst(nodes: readonly Node[], repository: RepositoryInventory, now: number): Node[] {
  const clock = clockOf(repository.capabilities);
  const times = new Map(nodes.map((node) => [node, knownTime(clockTime(node.manifest, clock), now) ?? 0]));
  const timeOf = (node: Node): number => times.get(node) as number;
  return nodes.toSorted((a, b) => timeOf(b) - timeOf(a) || byCodeUnit(a.manifest.digest, b.manifest.digest));
}

/** A manifest that stays: by `why` alone with all its tags, or by some of its tags, whose others are untagged or stay too. */
function keep(tags: readonly Verdict[], why: readonly Reason[], untags: boolean, archived: boolean): Decision {
  const reasons = tags.map(({ reason }) => reason);
  // A tag whose rule has its image archived is not taken off because that has to wait.
  const untag = tags.flatMap(({ kept, archive, reason }) => (kept || archive ? [] : (reason.tag ?? [])));
  const action = archived ? 'archive' : 'keep';
  if (!tags.some(({ kept }) => kept)) return { action, untag: [], reasons: [...why, ...recode(reasons, why[0]?.code ?? 'no_rule')] };
  if (untag.length > 0 && untags) return { action: 'untag', untag, reasons };
  return { action: 'keep', untag: [], reasons: recode(reasons, 'shares_digest') };
}

/** The same reasons, those that delete replaced by what keeps instead: what was measured is still told. */
function recode(reasons: readonly Reason[], code: ReasonCode): Reason[] {
  return reasons.map((reason) => (isDeleteReason(reason.code) ? { ...reason, code } : reason));
}

function deleteReasons(node: Node, tags: readonly Verdict[], untagged: Verdict | undefined, staying: ReadonlySet<Node>): Reason[] {
  if (tags.length > 0) return tags.map(({ reason }) => reason);
  if (untagged) return [untagged.reason];
  const parent = node.parents.find((other) => !staying.has(other));
  if (parent) return [{ code: 'deleted_with_parent', by: parent.manifest.digest }];
  const subject = node.subjects.find((other) => !staying.has(other)) as Node;
  return [{ code: 'deleted_with_subject', by: subject.manifest.digest }];
}

function holdReason(node: Node, staying: ReadonlySet<Node>): Reason {
  const { code, by } = holdOf(node, staying);
  return { code, by: by.manifest.digest };
}

/** Step 11: nothing is taken from a repository that was not read whole. */
function withhold(decision: Decision): Decision {
  return { action: 'keep', untag: [], reasons: recode(decision.reasons, 'incomplete') };
}

/** True if at least `count` of the nodes have an ordinary tag and can be pulled. */
function hasTagged(nodes: Iterable<Node>, count: number): boolean {
  let found = 0;
  if (found >= count) return true;
  for (const node of nodes) if (node.ordinaryTags.length > 0 && !isInArchive(node) && ++found >= count) return true;
  return false;
}
