import { EXIT } from '../diagnostics/exit-codes.ts';
import type { ToolError } from '../diagnostics/tool-error.ts';
import type { Unread } from '../plan/plan.ts';
import type { Context } from './context.ts';
import { messageOfError } from './error-message.ts';
import { tell } from './io.ts';

/** A repository, or a whole registry, that could not be read, or not completely. */
export interface Failure {
  readonly registry: string;
  /** Absent if the repositories of the registry could not be listed. */
  readonly repository?: string;
  readonly error: ToolError;
}

/** The failures as they stand in a plan. */
export function unreadOf(failures: readonly Failure[]): Unread[] {
  return failures.map(({ registry, repository, error: { code, message } }) => ({
    registry,
    ...(repository !== undefined && { repository }),
    code,
    message,
  }));
}

/** Tells errors at the end of stderr, where they are seen, with what they are about where that is known. */
export function tellErrors(errors: readonly (ToolError | Failure)[], { io, version }: Context): void {
  for (const one of errors) {
    const { error, ...place } = 'error' in one ? one : { error: one };
    tell(io, { ...messageOfError(error, version), ...place });
  }
}

/** Of failures that all stand in the answer the first for each thing that is to be done. */
export function oneOfEachHint(failures: readonly Failure[]): Failure[] {
  const told = new Set<string>();
  return failures.filter(({ error: { hint } }) => !told.has(hint) && told.add(hint));
}

/** What a run comes to that was neither refused nor stopped. */
const ENDED: readonly number[] = [EXIT.done, EXIT.planned, EXIT.partial, EXIT.failed];

/**
 * The exit code of a run in which something could not be read, or failed at the end: 4 if a right is missing anywhere, unless the run was
 * refused or stopped; `instead` in place of a success.
 */
export function exitCodeAfter(code: number, errors: readonly ToolError[], instead: number): number {
  if (ENDED.includes(code) && errors.some(({ exitCode }) => exitCode === EXIT.auth)) return EXIT.auth;
  return errors.length > 0 && (code === EXIT.done || code === EXIT.planned) ? instead : code;
}

/** What an error says, for the answers of a run that it has ended. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
