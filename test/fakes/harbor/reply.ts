import { type Reply, ReplyError } from '../shared/messages.ts';

/** Codes and statuses of Harbor's errors (src/lib/http/error.go). */
const STATUS = {
  BAD_REQUEST: 400,
  UNSUPPORTED: 400,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  DENIED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PRECONDITION: 412,
  VIOLATE_FOREIGN_KEY_CONSTRAINT: 412,
  PROJECTPOLICYVIOLATION: 412,
  UNPROCESSABLE_ENTITY: 422,
} as const;

/** Ends a request with one of Harbor's errors. */
export class HarborError extends ReplyError {
  constructor(code: keyof typeof STATUS, message: string, headers: Readonly<Record<string, string>> = {}) {
    const body = `${JSON.stringify({ errors: [{ code, message }] })}\n`;
    super(message, { status: STATUS[code], headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body });
  }
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: `${JSON.stringify(value)}\n` };
}
