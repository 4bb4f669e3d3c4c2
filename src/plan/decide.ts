import type { Node } from '../graph/graph.ts';
import type { Rule } from '../policy/policy.ts';
import { archive } from './archive.ts';
import { holdForCascade } from './cascade.ts';
import type { Decision } from './decision.ts';
import type { DecisionInput } from './decision-input.ts';
import { explain } from './explain.ts';
import { raiseToFloor } from './floor.ts';
import { protect } from './protection.ts';
import { Staying } from './staying.ts';
import { decideTagged } from './tagged.ts';
import { decideUntagged } from './untagged.ts';

/** The decision of a repository, which can be made anew with some of what goes left for the next run. */
export interface Decided {
  /** By index of the node. */
  readonly decisions: readonly Decision[];
  /** What rules delete, each counted: images, untagged ones among them, and orphaned attachments. In ascending order of digests. */
  readonly doomed: readonly Node[];
  /** Rules by which a digest alone decided what goes, since nothing else says which of two images is newer. */
  readonly tied: ReadonlySet<Rule>;
  /** These, and rules that would keep another image if the digests were others. */
  readonly open: ReadonlySet<Rule>;
  /** The decisions if these are left for the next run, and all that they need; once. */
  readonly leave: (nodes: Iterable<Node>) => readonly Decision[];
}

/**
 * Steps 3 to 10 of the decision (design, section 4), for a repository that was read whole and that a policy governs. Pure: the same input
 * gives the same answer whatever its order.
 */
export function decide(input: DecisionInput): Decided {
  const staying = new Staying(input.graph);
  protect(input, staying);
  const tagged = decideTagged(input, staying);
  raiseToFloor(input, staying, tagged.doomed);
  const untagged = decideUntagged(input, staying);
  const doomed = [...tagged.doomed, ...untagged.doomed];
  archive(input.policy, staying, doomed);
  const { cascades } = input.repository.capabilities;
  if (cascades) holdForCascade(staying);
  const decisions = explain(input, staying, doomed);
  return {
    decisions,
    doomed: doomed.filter((node) => !staying.has(node)),
    tied: new Set([...tagged.ties.tied, ...untagged.ties.tied]),
    open: new Set([...tagged.ties.open, ...untagged.ties.open]),
    leave: (nodes) => {
      const left = [...nodes];
      for (const node of left) staying.note(node).own = { code: 'next_run' };
      staying.stay(left);
      if (cascades) holdForCascade(staying);
      return explain(input, staying, doomed);
    },
  };
}
