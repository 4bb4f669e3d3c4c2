import { EXIT } from './exit-codes.ts';

/** Every error this program raises on purpose, with the exit code it ends in. Names are permanent. */
const CATALOGUE = {
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  POLICY_INVALID: EXIT.usage,
  TEST_INVALID: EXIT.usage,
  INVENTORY_INVALID: EXIT.usage,
  IN_USE_INVALID: EXIT.usage,
  PLAN_INVALID: EXIT.usage,
  JOURNAL_INVALID: EXIT.usage,
  NOT_FOUND: EXIT.failed,
  AUTH: EXIT.auth,
  NOT_APPLYABLE: EXIT.notApplyable,
  DELETE_DISABLED: EXIT.notApplyable,
  UNREACHABLE: EXIT.failed,
  REGISTRY_ERROR: EXIT.failed,
  BAD_RESPONSE: EXIT.failed,
  FILE: EXIT.usage,
  FILE_WRITE: EXIT.failed,
  JOURNAL_WRITE: EXIT.failed,
  APPLIED_IN_PART: EXIT.partial,
  TIME_OVER: EXIT.partial,
} as const;
export type ErrorCode = keyof typeof CATALOGUE;

/** An error with all that its reader needs: the message says what happened and why, the hint what to do next. */
export class ToolError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  /** The same request may well be answered a moment later. */
  readonly transient: boolean;
  /** What was asked for was begun, and may still be done: nobody waited for its end. */
  readonly underWay: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly hint: string; readonly transient?: boolean; readonly underWay?: boolean; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ToolError';
    this.code = code;
    this.hint = options.hint;
    this.transient = options.transient ?? false;
    this.underWay = options.underWay ?? false;
  }

  get exitCode(): number {
    return CATALOGUE[this.code];
  }
}
