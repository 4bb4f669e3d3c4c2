import type { ApplyReport } from '../apply/apply-report.ts';
import type { Plan } from '../plan/plan.ts';
import { applyText } from '../report/apply-text.ts';
import { jsonParts } from '../report/json.ts';
import { planMarkdown } from '../report/markdown.ts';
import { planNames } from '../report/name.ts';
import { COLOUR, PLAIN, type Style } from '../report/style.ts';
import { planTable } from '../report/table.ts';
import { toYaml } from '../report/yaml.ts';
import { type Io, usesColour, widthOf } from './io.ts';
import type { GlobalOptions } from './context.ts';
import type { Text } from './write-file.ts';

export interface AnswerOptions extends GlobalOptions {
  readonly apply?: boolean;
  readonly output: 'table' | 'json' | 'yaml' | 'markdown' | 'name';
  /** The file that the answer goes to, `-` for stdout. */
  readonly out?: string;
}

/** What a plan is shown with besides itself. */
export interface Shown {
  /** What came of it. It is one more field of a document; below a table it is shown by {@link appliedTable}. */
  readonly applied?: ApplyReport | undefined;
  /** The command line that carries it out, where there is one. */
  readonly applyCommand?: string | undefined;
}

/** A plan in the form that its reader asked for. */
export function planAnswer(plan: Plan, options: AnswerOptions, io: Io, { applied, applyCommand }: Shown): Text {
  const document = applied ? { ...plan, applied } : plan;
  if (options.output === 'json') return jsonParts(document);
  if (options.output === 'yaml') return toYaml(document);
  if (options.output === 'markdown') return planMarkdown(plan, applied);
  // Names are read by programs, which take them for what went where it was to be carried out.
  if (options.output === 'name') return options.apply && !applied ? '' : planNames(plan, applied);
  return tableAnswer(plan, options, io, applyCommand);
}

/** A plan as a table; `applyCommand` as in {@link Shown}. */
export function tableAnswer(plan: Plan, options: GlobalOptions & { readonly out?: string }, io: Io, applyCommand?: string): string {
  return planTable(plan, {
    style: styleOf(io, options),
    columns: goesToFile(options) ? undefined : widthOf(io.stdout),
    verbose: options.verbose,
    ...(applyCommand !== undefined && { applyCommand }),
  });
}

/** The result of a plan whose table was shown before. `unread` is true if the plan cannot hold everything that it is about. */
export function appliedTable(
  applied: ApplyReport,
  options: GlobalOptions & { readonly out?: string },
  io: Io,
  more: { readonly unread: boolean; readonly undoCommand: string | undefined },
): string {
  return `\n${applyText(applied, { style: styleOf(io, options), verbose: options.verbose ?? false, ...more })}`;
}

/** Colour if stdout shows it; no colour in a file. */
export function styleOf(io: Io, options: GlobalOptions & { readonly out?: string }): Style {
  return !goesToFile(options) && usesColour(io, io.stdout, options) ? COLOUR : PLAIN;
}

function goesToFile({ out }: { readonly out?: string }): boolean {
  return out !== undefined && out !== '-';
}
