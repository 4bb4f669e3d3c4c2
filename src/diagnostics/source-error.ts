import { byCodeUnit } from '../domain/compare.ts';
import { codeFrame } from './code-frame.ts';
import { printable } from './redact.ts';
import { lineText, positionOf, type Source, type Span } from './source.ts';
import { type ErrorCode, ToolError } from './tool-error.ts';

/** Something wrong at a place in a file that the user wrote. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Exclusive, on the same line. */
  readonly endColumn: number;
  readonly message: string;
  /** The source line with the place underlined; empty where it cannot be shown. */
  readonly frame: string;
}

/** As many problems are shown; the rest is counted. */
const SHOWN = 100;

/** A problem at a place; of a place over several lines the first is shown. */
export function problemAt(source: Source, span: Span, message: string): Problem {
  const { line, column } = positionOf(source, span.start);
  const last = Math.max(column, lineText(source, line).trimEnd().length + 1);
  const endColumn = Math.min(Math.max(column + span.end - span.start, column + 1), Math.max(last, column + 1));
  return {
    file: source.file,
    line,
    column,
    endColumn,
    message: printable(message),
    // Drawn when it is asked for: of very many problems only the first are shown.
    get frame() {
      return codeFrame(source, line, column, endColumn);
    },
  };
}

/** `file:line:column: message` and the frame. */
export function renderProblem(problem: Problem): string {
  const head = `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
  return problem.frame === '' ? head : `${head}\n${problem.frame}`;
}

/** Each once, by position; problems of several files stay in the order of the files. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  const seen = new Set<string>();
  return problems
    .filter((problem) => {
      const key = `${problem.file}\n${problem.line}:${problem.column}\n${problem.message}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    })
    .toSorted(
      (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column || byCodeUnit(a.message, b.message),
    );
}

/** Everything that is wrong with files that the user wrote, at once. The message is all of it, rendered; `problems` is for reporters. */
export class SourceError extends ToolError {
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, problems: readonly Problem[], options: { readonly hint: string }) {
    const sorted = sortProblems(problems);
    const more = sorted.length > SHOWN ? [`… and ${sorted.length - SHOWN} more`] : [];
    super(code, [...sorted.slice(0, SHOWN).map(renderProblem), ...more].join('\n'), options);
    this.name = 'SourceError';
    this.problems = sorted;
  }
}
