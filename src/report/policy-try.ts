import { printable } from '../diagnostics/redact.ts';
import type { Action } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import { type Explanation, explanationText } from './explain.ts';
import { reasonLine } from './reason-text.ts';
import { PLAIN, type Style } from './style.ts';

/** What becomes of an image, and why. */
interface Fate {
  readonly action: Action;
  readonly reasons: readonly Reason[];
}

/** A tag that was tried against a policy, alone in its repository. */
export interface TriedTag {
  readonly tag: string;
  readonly explanation: Explanation;
  /** What would become of it behind more newer images than anything counts. */
  readonly behind: Fate;
  /** The lists of live names that its rules look up: here they name nothing. */
  readonly lists: readonly string[];
}

/** Tags that were tried, for people: what becomes of each alone and behind others, and all that decided about it. */
export function triedText(tried: readonly TriedTag[], style: Style = PLAIN): string {
  return tried.map((one) => tagText(one, style)).join('\n');
}

function tagText({ tag, explanation, behind, lists }: TriedTag, style: Style): string {
  const { registry, repository, image } = explanation;
  const rows = [
    ['alone', fateText(image)],
    ['behind newer ones', fateText({ ...behind, reasons: behind.reasons.map(({ rank: _rank, ...reason }) => reason) })],
  ] as const;
  const isSame = image.action === behind.action;
  const counts = isSame
    ? `However many newer images there are, it ${image.action === 'delete' ? 'goes' : 'stays'}.`
    : 'It was tried alone, so it is the newest of its group and of its repository. ' +
      'Whether it stays depends on how many newer ones there are.';
  return [
    `${explanationText(explanation, style, `${registry}/${repository}:${tag}`)}\n`,
    ...rows.map(([where, fate]) => `  ${style.dim(where.padEnd(17))}  ${fate}\n`),
    `\n  ${counts}\n`,
    ...lists.map(
      (list) => `  The list "${printable(list)}" names nothing here; in a case for "policy test", "lists" says what it names.\n`,
    ),
  ].join('');
}

function fateText({ action, reasons }: Fate): string {
  // What holds the image says all: its tags stay with it.
  const own = reasons.filter(({ tag }) => tag === undefined);
  return `${action.padEnd(6)}  ${(own.length > 0 ? own : reasons).map(reasonLine).join('; ')}`;
}
