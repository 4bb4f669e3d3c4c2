import { EXIT } from '../diagnostics/exit-codes.ts';
import type { ToolError } from '../diagnostics/tool-error.ts';
import type { Context } from './context.ts';
import { renderError } from './render-error.ts';

/**
 * The exit code of a run in which something could not be read. The failures are told at the end of stderr, where they are seen. They decide
 * the exit code if everything else went well; a missing permission comes before every other failure.
 */
export function exitAfterFailures(code: number, failures: readonly ToolError[], { io, version }: Context): number {
  for (const failure of failures) io.stderr.write(renderError(failure, version));
  if (code !== EXIT.done && code !== EXIT.planned) return code;
  const codes = failures.map(({ exitCode }) => exitCode);
  return codes.includes(EXIT.auth) ? EXIT.auth : (codes[0] ?? code);
}
