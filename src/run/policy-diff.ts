import { EXIT } from '../diagnostics/exit-codes.ts';
import { diffPlans } from '../plan/diff-plans.ts';
import type { Plan } from '../plan/plan.ts';
import { diffMarkdown, diffText } from '../report/diff.ts';
import { toJson } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import { asOf } from './as-of.ts';
import type { Context, GlobalOptions } from './context.ts';
import { tellErrors } from './failures.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './plan-output.ts';
import { withPlan } from './planning.ts';

export interface DiffOptions extends GlobalOptions, OutputOptions<'table' | 'json' | 'yaml' | 'markdown'> {
  readonly inventory: string;
  readonly inUse?: readonly string[];
  readonly now?: string;
  readonly detailedExitcode?: boolean;
}

/** `policy diff`: what a change of policies changes in what goes, by an inventory and as of one instant. Answers the exit code. */
export async function diffPolicies(before: string, after: string, options: DiffOptions, context: Context): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  // Both are planned as of one instant, however long the first takes.
  const now = new Date(options.now === undefined ? io.now() : asOf(options.now, io.now())).toISOString();
  const { inventory, inUse, color, quiet } = options;
  const planBy = (policy: string): Promise<Plan> =>
    withPlan(
      [],
      { policy: [policy], inventory, now, color, ...(inUse && { inUse }), ...(quiet && { quiet }) },
      context,
      async ({ plan, failures }) => {
        tellErrors(
          failures.map(({ error }) => error),
          context,
        );
        return plan;
      },
    );
  const diff = diffPlans(await planBy(before), await planBy(after));
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
  const { repositories, blockedBy } = diff;
  const isSame = repositories.length + blockedBy.before.length + blockedBy.after.length === 0;
  return options.detailedExitcode && !isSame ? EXIT.planned : EXIT.done;
}
