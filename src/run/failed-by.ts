import { ToolError } from '../diagnostics/tool-error.ts';
import type { Finding } from '../report/diagnosis.ts';

/** A finding, and the exit code of what it has failed by. */
export interface Checked extends Finding {
  readonly exitCode?: number;
}

/** A check that has failed by an error, with the error's own hint as the next step. */
export function failedBy(subject: string, check: string, error: unknown): Checked {
  if (!(error instanceof ToolError)) throw error;
  const [message = ''] = error.message.split('\n');
  return { subject, check, state: 'failed', message, next: error.hint, exitCode: error.exitCode };
}
