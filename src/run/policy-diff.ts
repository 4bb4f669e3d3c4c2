import { EXIT } from '../diagnostics/exit-codes.ts';
import { diffPlans } from '../plan/diff-plans.ts';
import type { Plan } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import { diffMarkdown, diffText } from '../report/diff.ts';
import { toJson } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import type { Context } from './context.ts';
import { exitCodeAfter, tellErrors } from './failures.ts';
import { checkOutputFiles, isDocument, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './style-of.ts';
import { type PlanningOptions, withPlan } from './planning.ts';
import { policyOrRevision } from './policy-revision.ts';

export interface DiffOptions
  extends Omit<PlanningOptions, 'policy' | 'compared' | 'apply'>, OutputOptions<'table' | 'json' | 'yaml' | 'markdown'> {
  readonly detailedExitcode?: boolean;
}

/**
 * `policy diff`: what a change of policies changes in what goes, by registries that are read once or by an inventory, as of one instant.
 * Either policy is a file or `REVISION:PATH`. Answers the exit code.
 */
export async function diffPolicies(
  before: string,
  after: string,
  words: readonly string[],
  options: DiffOptions,
  context: Context,
): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const compared = [await policyOrRevision(before, context), await policyOrRevision(after, context)] as const;
  return withPlan(
    words,
    { ...options, compared, tellsFreed: false, onlyNeeded: !outputs.some(isDocument) },
    context,
    async ({ plans, failures }) => {
      const diff = diffPlans(...(plans as readonly [Plan, Plan]));
      await writeOutputs(io, outputs, ({ form, file }) => {
        const style = file === undefined ? styleOf(io, options) : PLAIN;
        const text = {
          json: toJson,
          yaml: toYaml,
          markdown: diffMarkdown,
          table: () => diffText(diff, { style, verbose: options.verbose ?? false }),
        };
        return text[form](diff);
      });
      tellErrors(failures, context);
      const isNothing = plans.some(nothingRead);
      const code = options.detailedExitcode && diff.deletesMore ? EXIT.planned : EXIT.done;
      const errors = failures.map(({ error }) => error);
      return exitCodeAfter(code, errors, isNothing ? EXIT.notApplyable : EXIT.partial);
    },
  );
}
