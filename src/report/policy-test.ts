import { printable } from '../diagnostics/redact.ts';
import type { Reason } from '../plan/reason.ts';
import { type Explanation, explanationText } from './explain.ts';
import { junitXml } from './junit.ts';
import { reasonLine } from './reason-text.ts';
import { PLAIN, type Style } from './style.ts';
import { count } from './text.ts';
import { padEnd, width } from './width.ts';

/** A case of `policy test`, and what came of it. */
export interface TestedCase {
  readonly title: string;
  /** What it fails by, a sentence each; empty where it holds. */
  readonly problems: readonly string[];
  /** The expectations that were written anew, with what they were. */
  readonly changes: readonly string[];
  readonly verdicts: readonly {
    readonly name: string;
    /** Empty of what goes without being named. */
    readonly expected: string;
    readonly found: string;
    readonly reasons: readonly Reason[];
    readonly isRight: boolean;
  }[];
  /** Of images by which it fails, all that decided about them. */
  readonly traces: readonly { readonly image: string; readonly explanation: Explanation }[];
}

/** Cases and what came of them, for people: of those that fail, the images with all that decided about them. */
export function casesText(cases: readonly TestedCase[], options: { readonly style?: Style; readonly verbose?: boolean } = {}): string {
  const { style = PLAIN, verbose = false } = options;
  const failed = cases.filter(({ problems }) => problems.length > 0).length;
  return [
    ...cases.map((one) => caseText(one, style, verbose)),
    `\n${count(cases.length, 'case')}, ${failed === 0 ? 'all as expected' : `${count(failed, 'case')} failed`}\n`,
  ].join('');
}

function caseText({ title, problems, changes, verdicts, traces }: TestedCase, style: Style, verbose: boolean): string {
  const head = problems.length === 0 ? `${style.stay('ok')}    ` : style.remove('FAILED');
  return [
    `${head}  ${printable(title)}\n`,
    ...changes.map((change) => `          ${style.change('changed')}  ${printable(change)}\n`),
    ...problems.flatMap((problem) => problem.split('\n')).map((line) => `          ${/^ */.exec(line)?.[0] ?? ''}${printable(line)}\n`),
    ...(verbose || problems.length > 0 ? rowsText(verdicts, style) : []),
    ...traces.map(({ image, explanation }) => `\n${indented(explanationText(explanation, style, image))}\n`),
  ].join('');
}

/** Each image that the case names, or should: what is expected of it, what is found, and why. */
function rowsText(verdicts: TestedCase['verdicts'], style: Style): string[] {
  if (verdicts.length === 0) return [];
  const rows = verdicts.map(({ name, expected, found, reasons }) => [
    printable(name),
    printable(expected),
    printable(found),
    reasons.map(reasonLine).join('; '),
  ]);
  const titles = ['image', 'expected', 'found', 'why'];
  const widths = titles.map((title, column) => Math.max(width(title), ...rows.map((row) => width(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : padEnd(cell, widths[column] ?? 0))).join('  ');
  return [
    `\n          ${style.dim(`  ${line(titles)}`)}\n`,
    ...rows.map((row, index) => {
      const isRight = verdicts[index]?.isRight ?? true;
      return `          ${isRight ? ' ' : style.remove('x')} ${line(row)}\n`;
    }),
  ];
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '          ');
}

/** The same as a test report. */
export function casesJunit(cases: readonly TestedCase[]): string {
  return junitXml(
    cases.map(({ title, problems }) => ({
      suite: 'policy',
      name: title,
      ...(problems.length > 0 && { problem: { type: 'expectation', message: problems.join('; ') } }),
    })),
  );
}
