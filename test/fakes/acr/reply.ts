import { type Reply, ReplyError } from '../shared/messages.ts';

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
export class AcrError extends ReplyError {
  constructor(
    code: keyof typeof STATUS,
    message: string,
    { headers = {}, detail }: { readonly headers?: Readonly<Record<string, string>>; readonly detail?: object } = {},
  ) {
    const body = JSON.stringify({ errors: [{ code, message, ...(detail && { detail }) }] });
    super(message, { status: STATUS[code], headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body });
  }
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) };
}
