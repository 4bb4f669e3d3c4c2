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

/** Statuses of ACR's error codes. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  INVALID_ARGUMENT: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_UNKNOWN: 404,
  REGISTRY_DISALLOWED_OPERATION: 405,
  TAG_UNKNOWN: 404,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
} as const;

/** Ends a request with one of ACR's errors (swagger, `AcrErrors`). */
export class AcrError extends Error {
  readonly reply: Reply;

  constructor(code: keyof typeof STATUS, message: string, { headers = {}, detail }: { readonly headers?: Readonly<Record<string, string>>; readonly detail?: object } = {}) {
    super(message);
    const body = JSON.stringify({ errors: [{ code, message, ...(detail && { detail }) }] });
    this.reply = { status: STATUS[code], headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
  }
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) };
}
