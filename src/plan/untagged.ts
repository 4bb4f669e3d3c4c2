import type { Node } from '../graph/graph.ts';
import type { Rule } from '../policy/policy.ts';
import { Claims } from './claims.ts';
import type { DecisionInput } from './decision-input.ts';
import { firstSelecting } from './first-selecting.ts';
import { isDeleteReason, type Reason } from './reason.ts';
import type { Staying } from './staying.ts';
import type { Ties } from './ties.ts';
import { isImage } from './summary.ts';
import type { Surroundings } from './surroundings.ts';

/** The untagged images and orphaned attachments that the rules would delete, in ascending order of their digests. */
export interface Untagged {
  readonly doomed: readonly Node[];
  readonly ties: Ties;
}

/**
 * After the tagged, among what does not stay so far: what has no ordinary tag and is held by nothing present goes to the first rule for
 * untagged images or for orphaned attachments that selects it, and is kept or expires there. What no rule selects stays.
 */
export function decideUntagged(input: DecisionInput, staying: Staying): Untagged {
  const { matched, policy, surroundings, times } = input;
  const claims = new Claims(input.times, staying);
  const roots = staying.graph.nodes.filter((node) => !staying.has(node) && isBare(node) && !staying.of(node).untagged);
  const isStore = !staying.graph.nodes.some(isImage);
  // In a repository that holds attachments and not one image, only a rule that says where the images are is asked.
  const orphaned = policy.rules.orphaned.filter(({ subjectsIn }) => subjectsIn || !isStore);
  const isKnown = new Set(orphaned.filter((rule) => knowsOrphans(rule, isStore, surroundings)));
  for (const node of roots) {
    const rule = node.isAttachment ? ruleForOrphan(node, orphaned, isKnown, input) : firstSelecting(policy.rules.untagged, node, times.now);
    if (rule) {
      matched.rules.add(rule);
      claims.add(node, rule, -1, {});
    } else staying.note(node).untagged = { code: 'no_rule' };
  }
  claims.judge();
  staying.stay(roots.filter((node) => isKept(staying.of(node).untagged)));
  return { doomed: roots.filter((node) => !staying.has(node)), ties: claims.ties };
}

/** True of what has no ordinary tag, is listed by no index and is attached to nothing that is present. */
function isBare({ ordinaryTags, parents, subjects }: Node): boolean {
  return ordinaryTags.length === 0 && parents.length === 0 && subjects.length === 0;
}

function isKept(reason: Reason | undefined): boolean {
  return reason === undefined || !isDeleteReason(reason.code);
}

/**
 * The rule that an attachment without a subject goes to; none while its subject is in another repository, or may be. `isKnown` holds the
 * rules for which it is known what is orphaned here.
 */
function ruleForOrphan(
  attachment: Node,
  rules: readonly Rule[],
  isKnown: ReadonlySet<Rule>,
  { surroundings, times }: DecisionInput,
): Rule | undefined {
  if (attachment.subjectKeys.some((key) => surroundings.holds(key))) return undefined;
  const rule = firstSelecting(rules, attachment, times.now);
  return rule && isKnown.has(rule) ? rule : undefined;
}

/**
 * Whether it is known which attachments of a repository are orphaned: all that this run reads was read whole, and so was each repository
 * that the rule names. One that holds no image is not among those, although its name may match: there is nothing to be found in it.
 */
export function knowsOrphans({ subjectsIn }: Rule, isStore: boolean, { wereReadWhole, areElsewhere }: Surroundings): boolean {
  if (!wereReadWhole()) return false;
  if (!subjectsIn) return !isStore;
  return wereReadWhole(subjectsIn) && (!isStore || areElsewhere(subjectsIn));
}
