import { byCodeUnit } from '../domain/compare.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Node } from '../graph/graph.ts';
import { keptBy, measuresAge, measuresPulls } from '../policy/keep/keep.ts';
import { groupOf } from '../policy/ordering/group.ts';
import { tagOrder } from '../policy/ordering/tag-order.ts';
import type { Rule } from '../policy/policy.ts';
import { isTimeOrder } from '../policy/ordering/order.ts';
import { DAY_MS } from '../domain/time.ts';
import type { KeepReason, Reason } from './reason.ts';
import { clockOf, clockTime, knownTime, orderTime } from './time.ts';

/** What a rule says of one tag, or of one image without tags. */
export interface Verdict {
  readonly kept: boolean;
  /** It is not kept, and its rule has it archived, not deleted. */
  readonly archive?: true;
  readonly reason: Reason;
}

/** A rule that selected something of an image: a tag with its captures, or, without a tag, the image itself. */
export interface Claim {
  readonly node: Node;
  readonly rule: Rule;
  readonly tag?: string;
  readonly captures: Readonly<Record<string, string>>;
}

/**
 * Steps 5 to 7 of the decision: ranks the claiming images of each group of each rule, newest first, and keeps or expires what they
 * claimed. The claims are those of images that nothing protects as a whole.
 */
export function judge(claims: readonly Claim[], repository: RepositoryInventory, now: number): Map<Claim, Verdict> {
  const verdicts = new Map<Claim, Verdict>();
  const groups = new Map<Rule, Map<string, Claim[]>>();
  for (const claim of claims) {
    const { rule, tag } = claim;
    const group = tag === undefined ? '' : parsedGroup(claim, tag);
    if (group === undefined) {
      verdicts.set(claim, verdict(claim, 'unparsable_version', {}));
      continue;
    }
    const ofRule = groups.get(rule) ?? new Map<string, Claim[]>();
    groups.set(rule, ofRule);
    const members = ofRule.get(group);
    if (members) members.push(claim);
    else ofRule.set(group, [claim]);
  }
  for (const [rule, ofRule] of groups) {
    for (const [group, members] of ofRule) judgeGroup(rule, group, members, repository, now, verdicts);
  }
  return verdicts;
}

/** The group of a claimed tag; undefined for one that the rule's order or grouping cannot parse. */
function parsedGroup({ rule, captures }: Claim, tag: string): string | undefined {
  const order = tagOrder(rule.order);
  return order && order.parse(tag) === undefined ? undefined : groupOf(rule.per, tag, captures);
}

interface Member {
  readonly node: Node;
  readonly claims: readonly Claim[];
  /** What the order compares: milliseconds, or the parsed highest tag. */
  readonly key: unknown;
  readonly timeText: string | undefined;
  readonly time: number | undefined;
}

function judgeGroup(
  rule: Rule,
  group: string,
  claims: readonly Claim[],
  repository: RepositoryInventory,
  now: number,
  verdicts: Map<Claim, Verdict>,
): void {
  const order = tagOrder(rule.order);
  const needsTime = isTimeOrder(rule.order) || measuresAge(rule.keep);
  const compare = order?.compare ?? ((a: unknown, b: unknown) => (a as number) - (b as number));
  const facts = group === '' ? {} : { group };
  const ranked: Member[] = [];
  for (const [node, own] of byNode(claims)) {
    const tags = own.flatMap(({ tag }) => tag ?? []);
    const { manifest } = node;
    const timeText = order
      ? clockTime(manifest, clockOf(repository.capabilities))
      : orderTime(rule.order, manifest, tags, repository.capabilities, now);
    const time = knownTime(timeText, now);
    const pullUnknown = measuresPulls(rule.keep) && manifest.pulledAt !== undefined && knownTime(manifest.pulledAt, now) === undefined;
    if ((needsTime && time === undefined) || pullUnknown) {
      const unread = pullUnknown ? manifest.pulledAt : timeText;
      for (const claim of own)
        verdicts.set(claim, verdict(claim, 'unknown_time', { ...facts, ...(unread !== undefined && { time: unread }) }));
      continue;
    }
    const key = order ? tags.map((tag) => order.parse(tag)).reduce((high, next) => (order.compare(next, high) > 0 ? next : high)) : time;
    ranked.push({ node, claims: own, key, timeText, time });
  }
  ranked.sort((a, b) => compare(b.key, a.key) || byCodeUnit(a.node.manifest.digest, b.node.manifest.digest));
  ranked.forEach((member, index) => {
    const pulled = knownTime(member.node.manifest.pulledAt, now);
    const age = member.time === undefined ? undefined : now - member.time;
    const code = keptBy(rule.keep, { rank: index + 1, age, pullAge: pulled === undefined ? undefined : now - pulled });
    const measured = {
      ...facts,
      rank: index + 1,
      ...(member.timeText !== undefined && age !== undefined && { time: member.timeText, ageDays: Math.floor(age / DAY_MS) }),
    };
    for (const claim of member.claims) verdicts.set(claim, verdict(claim, code, measured));
  });
}

function byNode(claims: readonly Claim[]): Map<Node, Claim[]> {
  const nodes = new Map<Node, Claim[]>();
  for (const claim of claims) {
    const own = nodes.get(claim.node);
    if (own) own.push(claim);
    else nodes.set(claim.node, [claim]);
  }
  return nodes;
}

function verdict(claim: Claim, code: KeepReason | undefined, facts: Omit<Reason, 'code'>): Verdict {
  const archive = code === undefined && claim.rule.action === 'archive';
  return {
    kept: code !== undefined,
    ...(archive && { archive }),
    reason: { code: code ?? 'expired', ...(claim.tag !== undefined && { tag: claim.tag }), rule: claim.rule.name, ...facts },
  };
}
