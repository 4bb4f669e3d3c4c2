/** What is answered. A HEAD request gets the same without the body. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A request as the handlers see it. */
export interface Seen {
  readonly method: string;
  /** Path with query, as sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

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
  UNKNOWN: 500,
} as const;

/** Ends a request with one of Harbor's errors. */
export class HarborError extends Error {
  readonly reply: Reply;

  constructor(code: keyof typeof STATUS, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    const body = `${JSON.stringify({ errors: [{ code, message }] })}\n`;
    this.reply = { status: STATUS[code], headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
  }
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: `${JSON.stringify(value)}\n` };
}
