import { EXIT } from '../diagnostics/exit-codes.ts';
import { printableLines, redact } from '../diagnostics/redact.ts';
import { SourceError } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { count } from '../report/text.ts';

/** An error as its reader needs it: what happened and what to do. An unforeseen error says how to report it. */
export function renderError(error: unknown, version: string): string {
  if (error instanceof ToolError) {
    // Each position stands at the beginning of its line, where editors and pipelines look for it.
    const head = error instanceof SourceError ? `${count(error.problems.length, 'problem')}\n` : '';
    return redact(printableLines(`error: ${head}${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`));
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return redact(
    `error: this is a bug in regprune ${version} (Node.js ${process.version}, ${process.platform})\n${text}\n` +
      'hint: please report it with these lines and the command that you ran\n',
  );
}

/** The exit code that an error leads to. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ToolError ? error.exitCode : EXIT.failed;
}
