import { createHash } from 'node:crypto';
import type { ApplyReport } from '../apply/apply-report.ts';
import type { Plan } from '../plan/plan.ts';
import { applyText } from '../report/apply-text.ts';
import { planAnnotations } from '../report/github.ts';
import { gitlabReport } from '../report/gitlab.ts';
import { planHtml } from '../report/html.ts';
import { planJunit } from '../report/junit.ts';
import { planMarkdown } from '../report/markdown.ts';
import type { Outcome } from '../report/outcome.ts';
import { PLAIN } from '../report/style.ts';
import { planTable } from '../report/table.ts';
import { toYaml } from '../report/yaml.ts';
import type { GlobalOptions } from './context.ts';
import { type Io, NOTHING_CHANGED, widthOf } from './io.ts';
import type { Output } from './outputs.ts';
import type { PlanForm } from './plan-forms.ts';
import { policyPlaces } from './policy-places.ts';
import { writeStepSummary } from './step-summary.ts';
import { styleOf } from './style-of.ts';

/** What a plan is shown with besides itself. */
export interface Shown extends Outcome {
  /** It was to be carried out. */
  readonly apply?: boolean | undefined;
  /** The command lines that carry it out and that put back what was deleted, where there are such. */
  readonly applyCommand?: string | undefined;
  readonly undoCommand?: string | undefined;
  /** True if the plan cannot hold everything that it is about. */
  readonly unread?: boolean;
  /** The table of the plan is on the screen already. */
  readonly tableShown?: boolean;
}

/** A plan in one of the forms that are not written for other programs to read whole. */
export async function planPage(
  plan: Plan,
  { form, file }: Output<Exclude<PlanForm, 'json' | 'name'>>,
  options: GlobalOptions,
  io: Io,
  shown: Shown,
): Promise<string> {
  const { applied, refused } = shown;
  switch (form) {
    case 'yaml':
      return toYaml(applied ? { ...plan, applied } : plan);
    case 'markdown':
      return planMarkdown(plan, { applied, refused });
    case 'html':
      return planHtml(plan, { applied, refused }, (text) => createHash('sha256').update(text).digest('base64'));
    case 'github':
      await writeStepSummary(planMarkdown(plan, { applied, refused }), io);
      return planAnnotations(plan, { applied, refused }, await policyPlaces(plan, io));
    case 'gitlab':
      return gitlabReport(plan, { applied, refused });
    case 'junit':
      return planJunit(plan, { applied, refused });
    case 'table':
      return tableAnswer(plan, file, options, io, shown);
  }
}

function tableAnswer(plan: Plan, file: string | undefined, options: GlobalOptions, io: Io, shown: Shown): string {
  const { applied, refused, apply, applyCommand, undoCommand, unread = false, tableShown } = shown;
  const style = file === undefined ? styleOf(io, options) : PLAIN;
  const columns = file === undefined ? widthOf(io.stdout) : undefined;
  const verbose = options.verbose ?? false;
  const table = tableShown ? '' : planTable(plan, { style, columns, verbose, applyCommand, apply });
  const result = applied
    ? `\n${applyText(plan, applied, { style, columns, verbose, unread, undoCommand })}`
    : refused === undefined || !plan.applyable
      ? ''
      : `\n${style.remove(style.bold(NOTHING_CHANGED))} ${refused}\n`;
  // In a file the result comes first: what was planned is not what was done.
  return tableShown ? result : `${result.trimStart()}${result === '' ? '' : '\n'}${table}`;
}

/** What came of a plan in a few lines, for those who see no table of it. */
export function briefResult(plan: Plan, applied: ApplyReport, shown: Pick<Shown, 'undoCommand' | 'unread'>): string {
  return applyText(plan, applied, { brief: true, unread: shown.unread ?? false, undoCommand: shown.undoCommand });
}
