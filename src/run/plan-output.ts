import type { ApplyReport } from '../apply/apply-report.ts';
import type { Plan } from '../plan/plan.ts';
import { applyText } from '../report/apply-text.ts';
import { toJson } from '../report/json.ts';
import { planMarkdown } from '../report/markdown.ts';
import { planNames } from '../report/name.ts';
import { COLOUR, PLAIN, type Style } from '../report/style.ts';
import { planTable } from '../report/table.ts';
import { toYaml } from '../report/yaml.ts';
import type { PruneOptions } from '../cli/commands/prune.ts';
import { type Io, usesColour, widthOf } from './io.ts';
import type { Context, GlobalOptions } from '../cli/options.ts';
import { shellLine } from '../cli/shell.ts';

/** A plan as its reader asked for it. With `applied`, what came of it: of a document it is one more field, of a table it is shown by {@link appliedTable}. */
export function planAnswer(plan: Plan, options: PruneOptions, context: Context, applied?: ApplyReport): string {
  const document = applied ? { ...plan, applied } : plan;
  if (options.output === 'json') return toJson(document);
  if (options.output === 'yaml') return toYaml(document);
  if (options.output === 'markdown') return planMarkdown(plan, applied);
  if (options.output === 'name') return planNames(plan);
  const command = applyCommand(options, context);
  return planTable(plan, {
    style: styleOf(context.io, options),
    columns: goesToFile(options) ? undefined : widthOf(context.io.stdout),
    verbose: options.verbose,
    ...(command !== undefined && { applyCommand: command }),
  });
}

/** What came of a plan whose table was shown before; `unread` if it cannot hold all that it is about. */
export function appliedTable(applied: ApplyReport, options: GlobalOptions & { readonly out?: string }, io: Io, unread: boolean): string {
  return `\n${applyText(applied, { style: styleOf(io, options), verbose: options.verbose ?? false, unread })}`;
}

/** Colour where stdout takes it; none in a file. */
export function styleOf(io: Io, options: GlobalOptions & { readonly out?: string }): Style {
  return !goesToFile(options) && usesColour(io, io.stdout, options) ? COLOUR : PLAIN;
}

function goesToFile({ out }: { readonly out?: string }): boolean {
  return out !== undefined && out !== '-';
}

/** The words that carry this very plan out; undefined where none do: it is being carried out, decided as of another time, or made from a file and not saved. */
function applyCommand({ apply, now, planOut, inventory }: PruneOptions, { argv, io }: Context): string | undefined {
  if (apply || now !== undefined) return undefined;
  if (planOut !== undefined) return shellLine([io.program, 'apply', planOut]);
  if (inventory !== undefined) return undefined;
  return shellLine([io.program, ...argv.filter((word) => word !== '--dry-run'), '--apply']);
}
