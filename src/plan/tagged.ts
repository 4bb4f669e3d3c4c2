import type { Node } from '../graph/graph.ts';
import type { Rule } from '../policy/policy.ts';
import { Claims } from './claims.ts';
import type { DecisionInput } from './decision-input.ts';
import { firstSelecting } from './first-selecting.ts';
import { protectionOfTag } from './protection.ts';
import { isDeleteReason, type Reason } from './reason.ts';
import type { Staying } from './staying.ts';
import type { Ties } from './ties.ts';

/** The images that the rules would delete, in ascending order of their digests. */
export interface Tagged {
  readonly doomed: readonly Node[];
  readonly ties: Ties;
}

/**
 * Steps 4 to 9 of the decision: each ordinary tag goes to the first rule that selects it, and is kept or expires there. An image that is
 * protected or has a tag that is kept stays, with all that it needs; one whose every tag has expired is doomed unless something that stays
 * needs it.
 */
export function decideTagged(input: DecisionInput, staying: Staying): Tagged {
  const claims = new Claims(input.times, staying);
  const tooRules = input.policy.rules.tagged.filter(({ untaggedToo }) => untaggedToo);
  staying.graph.nodes.forEach((node) => {
    if (node.ordinaryTags.length > 0) claimTags(node, input, staying, claims);
    else if (tooRules.length > 0) claimUntagged(node, tooRules, input, staying, claims);
  });
  claims.judge();
  staying.stay(staying.graph.nodes.filter((node) => isHeld(node, input, staying)));
  const doomed = staying.graph.nodes.filter((node) => {
    const { tags, untagged } = staying.of(node);
    return !staying.has(node) && (tags !== undefined || untagged !== undefined);
  });
  return { doomed, ties: claims.ties };
}

/** Stands for what the claims will say. */
const UNSETTLED: Reason = { code: 'no_rule' };

/** Step 4 for the tags of an image, protected ones too: each takes its place in a group. */
function claimTags(node: Node, input: DecisionInput, staying: Staying, claims: Claims): void {
  const isProtected = staying.of(node).protection !== undefined;
  // Each place is settled: here, or once the claims are judged.
  const tags = node.ordinaryTags.map(() => UNSETTLED);
  if (!isProtected) staying.note(node).tags = tags;
  for (let place = 0; place < tags.length; place++) {
    const told = claimTag(node, place, isProtected, input, claims);
    if (told) tags[place] = told;
  }
}

/** Step 4: a tag goes to the first rule that selects it. Answers what is known of it without that rule's judgement. */
function claimTag(
  node: Node,
  place: number,
  isProtected: boolean,
  { policy, lists, matched, times }: DecisionInput,
  claims: Claims,
): Reason | undefined {
  const tag = node.ordinaryTags[place] as string;
  for (const rule of policy.rules.tagged) {
    const captures = rule.tags(tag);
    const gone = captures !== undefined && isGone(rule, captures, lists);
    if (captures && rule.gone && gone === false && captures[rule.gone.capture]) matched.found.add(rule);
    const selected = gone === false ? false : rule.selects(node, times.now);
    if (!captures || selected === false) continue;
    // Whether this rule decides or a later one is not known, so nothing is decided.
    if (selected === undefined || gone === undefined) break;
    matched.rules.add(rule);
    const live = rule.live !== undefined && isLive(captures[rule.live.capture] ?? '', rule.live.list, lists);
    if (live) matched.found.add(rule);
    claims.add(node, rule, place, captures, live ? 'live' : isProtected ? 'protected' : undefined);
    return live ? { code: 'live', tag, rule: rule.name } : undefined;
  }
  return { code: 'no_rule', tag };
}

function keeps({ code }: Reason): boolean {
  return !isDeleteReason(code);
}

/** True if a list holds the name. A list that nobody has read may hold anything. */
function isLive(name: string, list: string, lists: DecisionInput['lists']): boolean {
  return lists.get(list)?.(name) ?? true;
}

/**
 * False of a tag that a rule for what is gone leaves to others: its capture names something that is there, or nothing. Undefined: nobody
 * has read the list, so that nothing is known.
 */
function isGone({ gone }: Rule, captures: Readonly<Record<string, string>>, lists: DecisionInput['lists']): boolean | undefined {
  if (!gone) return true;
  const names = lists.get(gone.list);
  const name = captures[gone.capture] ?? '';
  return names && name !== '' && !names(name);
}

/** An image without a tag that nothing holds goes to the first rule that counts such images together with tagged ones. */
function claimUntagged(node: Node, rules: readonly Rule[], { matched, times }: DecisionInput, staying: Staying, claims: Claims): void {
  if (node.isAttachment || node.parents.length > 0) return;
  const rule = firstSelecting(rules, node, times.now);
  if (!rule) return;
  matched.rules.add(rule);
  claims.add(node, rule, -1, {}, staying.of(node).protection ? 'protected' : undefined);
}

/** Step 8: whether an image stays for itself. What protects one tag alone is written over what a rule says of it. */
function isHeld(node: Node, input: DecisionInput, staying: Staying): boolean {
  const finding = staying.of(node);
  const { tags } = finding;
  if (tags) protectTags(node, tags, input);
  if (finding.protection || finding.heldTags) return true;
  const archived = staying.archived.get(node);
  if (archived) staying.note(node).own = { code: 'archived', ...(archived !== node && { by: archived.manifest.digest }) };
  if (archived) return true;
  for (const key of node.subjectKeys) {
    if (!input.surroundings.stays(key)) continue;
    staying.note(node).own = { code: 'attached_to_kept', by: key };
    return true;
  }
  if (tags) return tags.some(keeps);
  return finding.untagged !== undefined && keeps(finding.untagged);
}

function protectTags(node: Node, tags: Reason[], input: DecisionInput): void {
  for (let place = 0; place < tags.length; place++) {
    const reason = protectionOfTag(node, node.ordinaryTags[place] as string, input);
    if (reason) tags[place] = reason;
  }
}
