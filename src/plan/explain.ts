import { below, holdOf } from '../graph/closure.ts';
import type { Node } from '../graph/graph.ts';
import type { Decision } from './decision.ts';
import type { DecisionInput } from './decision-input.ts';
import { isDeleteReason, type KeepReason, keptInstead, type Reason } from './reason.ts';
import type { Staying } from './staying.ts';

/** The last step: what becomes of each manifest, and why, in ascending order of digests. `doomed` are the images that the rules delete. */
export function explain({ repository, policy }: DecisionInput, staying: Staying, doomed: readonly Node[]): Decision[] {
  keepUnasked(staying, doomed);
  const untags = policy.sharedTags === 'untag' && repository.capabilities.deleteTag;
  const archiving = new Set(policy.rules.tagged.flatMap(({ name, action }) => (action === 'archive' ? [name] : [])));
  const gone = new GoneWith(staying);
  return staying.graph.nodes.map((node) => (staying.has(node) ? kept(node, staying, untags, archiving) : deleted(node, staying, gone)));
}

/**
 * What goes is what the rules delete and what only that holds. Untagged manifests that hold each other in a ring are neither: no rule has
 * asked for them.
 */
function keepUnasked(staying: Staying, doomed: readonly Node[]): void {
  const { nodes } = staying.graph;
  const going = below(
    doomed.filter((node) => !staying.has(node)),
    nodes.length,
  );
  const unasked = nodes.filter((node) => !staying.has(node) && !going.has(node));
  for (const node of unasked) staying.note(node).own = { code: 'no_rule' };
  staying.stay(unasked);
}

/** A manifest that stays: for one reason with all its tags, or by some of its tags, whose others are taken off or stay too. */
function kept(node: Node, staying: Staying, untags: boolean, archiving: ReadonlySet<string>): Decision {
  const { protection, heldTags = NOTHING, tags = NOTHING, own, archive, untagged } = staying.of(node);
  if (protection) return { action: 'keep', untag: NO_TAGS, reasons: protection };
  const action = archive ? 'archive' : 'keep';
  const expired = tags.length === 0 ? tags : tags.filter(({ code }) => isDeleteReason(code));
  // A protected attachment tag holds its manifest with all its tags.
  if (heldTags.length > 0) return { action, untag: NO_TAGS, reasons: [...heldTags, ...keptInstead(tags, 'protected_tag')] };
  if (expired.length === tags.length) {
    const why = own ?? keptUntagged(untagged) ?? holdReason(node, staying);
    return { action, untag: NO_TAGS, reasons: tags.length === 0 ? [why] : [why, ...keptInstead(tags, keepCode(why))] };
  }
  if (expired.length === 0) return { action, untag: NO_TAGS, reasons: tags };
  // One that stays whole for a reason of its own, such as being among the newest, keeps all its tags.
  if (own) return { action, untag: NO_TAGS, reasons: keptInstead(tags, keepCode(own)) };
  // A tag whose rule archives its image is not taken off only because the archiving has to wait.
  const untag = untags ? expired.flatMap(({ tag, rule }) => (tag === undefined || archiving.has(rule ?? '') ? [] : [tag])) : NO_TAGS;
  if (untag.length > 0) return { action: 'untag', untag, reasons: untag.length === expired.length ? tags : tags.map(staysUnless(untag)) };
  return { action, untag: NO_TAGS, reasons: keptInstead(tags, 'shares_digest') };
}

function staysUnless(untag: readonly string[]): (reason: Reason) => Reason {
  return (reason) => (isDeleteReason(reason.code) && !untag.includes(reason.tag ?? '') ? { ...reason, code: 'shares_digest' } : reason);
}

function deleted(node: Node, staying: Staying, gone: GoneWith): Decision {
  const { tags, untagged } = staying.of(node);
  const reasons = tags ?? (untagged ? [untagged] : gone.reasonsOf(node));
  return { action: 'delete', untag: NO_TAGS, reasons };
}

const NOTHING: readonly Reason[] = [];
const NO_TAGS: readonly string[] = [];

function keptUntagged(reason: Reason | undefined): Reason | undefined {
  return reason && !isDeleteReason(reason.code) ? reason : undefined;
}

function keepCode({ code }: Reason): KeepReason {
  return isDeleteReason(code) ? 'no_rule' : code;
}

function holdReason(node: Node, staying: Staying): Reason {
  const { code, by } = holdOf(node, staying.nodes);
  return { code, by: by.manifest.digest };
}

/** Why something goes that no rule deletes: with an index or with what it is attached to, which have one answer for all their parts. */
class GoneWith {
  readonly #isGone: (node: Node) => boolean;
  readonly #parents: (readonly Reason[])[] = [];
  readonly #subjects: (readonly Reason[])[] = [];

  constructor(staying: Staying) {
    this.#isGone = (node) => !staying.has(node);
  }

  reasonsOf({ parents, subjects }: Node): readonly Reason[] {
    const parent = parents.find(this.#isGone);
    if (parent) return (this.#parents[parent.index] ??= [{ code: 'deleted_with_parent', by: parent.manifest.digest }]);
    const subject = subjects.find(this.#isGone) as Node;
    return (this.#subjects[subject.index] ??= [{ code: 'deleted_with_subject', by: subject.manifest.digest }]);
  }
}
