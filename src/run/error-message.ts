import { EXIT } from '../diagnostics/exit-codes.ts';
import { printableLines, redact } from '../diagnostics/redact.ts';
import { SourceError } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { count } from '../report/text.ts';
import type { Message } from './message.ts';

/** An error as its reader needs it: what happened and what to do. An unforeseen error says how to report it. */
export function messageOfError(error: unknown, version: string): Message {
  if (error instanceof ToolError) {
    // Each position stands at the beginning of its line, where editors and pipelines look for it.
    const head = error instanceof SourceError ? `${count(error.problems.length, 'problem')}\n` : '';
    const [message, hint] = [`${head}${error.message}`, error.hint].map((text) => redact(printableLines(text))) as [string, string];
    return { level: 'error', message, hint, code: error.code };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    level: 'error',
    message: redact(`this is a bug in regprune ${version} (Node.js ${process.version}, ${process.platform})\n${text}`),
    hint: 'please report it with these lines and the command that you ran',
  };
}

/** The exit code that an error leads to. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ToolError ? error.exitCode : EXIT.failed;
}
