import { printable } from '../diagnostics/redact.ts';
import type { Plan } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import { notesOf } from '../report/repository-view.ts';
import { PLAIN } from '../report/style.ts';
import { type Io, say } from './io.ts';
import type { Output } from './outputs.ts';
import type { PlanForm } from './plan-forms.ts';

/** Forms without room for anything but names and numbers. */
const BARE: readonly PlanForm[] = ['name', 'gitlab'];

/**
 * Says on stderr what the reader of a plan should know besides and why it may not be carried out, where none of the forms that were asked
 * for has room for that. `quiet`: only the latter. Of a plan that is to be carried out, the refusal says why it is not.
 */
export async function tellBesides(
  plan: Plan,
  outputs: readonly Output<PlanForm>[],
  { quiet, apply }: { readonly quiet?: boolean; readonly apply?: boolean },
  io: Io,
): Promise<void> {
  if (outputs.some(({ form }) => !BARE.includes(form))) return;
  // What could not be read is told as errors.
  if (nothingRead(plan)) return;
  if (!quiet) say(io, ...notesOf(plan).map((note) => `note: ${printable(note)}`));
  if (plan.applyable || apply) return;
  // What lays out tables takes as long to load as a small plan to make.
  const { blockedLines } = await import('../report/table-totals.ts');
  say(io, ...blockedLines(plan, PLAIN, ''));
}
