/** What a handler answers. A HEAD request gets the same without the body. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

/** Error codes with the status and message that distribution gives them (registry/api/errcode/register.go). */
const ERRORS = {
  BLOB_UNKNOWN: [404, 'blob unknown to registry'],
  BLOB_UPLOAD_UNKNOWN: [404, 'blob upload unknown to registry'],
  DIGEST_INVALID: [400, 'provided digest did not match uploaded content'],
  MANIFEST_BLOB_UNKNOWN: [400, 'blob unknown to registry'],
  MANIFEST_INVALID: [400, 'manifest invalid'],
  MANIFEST_UNKNOWN: [404, 'manifest unknown'],
  NAME_INVALID: [400, 'invalid repository name'],
  NAME_UNKNOWN: [404, 'repository name not known to registry'],
  PAGINATION_NUMBER_INVALID: [400, 'invalid number of results requested'],
  RANGE_INVALID: [416, 'invalid content range'],
  SIZE_INVALID: [413, 'the content is larger than the registry takes'],
  TAG_INVALID: [400, 'manifest tag did not match URI'],
  UNAUTHORIZED: [401, 'authentication required'],
  UNKNOWN: [500, 'unknown error'],
  UNSUPPORTED: [405, 'The operation is unsupported.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type RegistryErrorCode = keyof typeof ERRORS;

/** The error body of the distribution-spec, `{"errors":[{code, message, detail}]}`, with one entry for each of `details`. */
export function errorReply(
  code: RegistryErrorCode,
  details: readonly unknown[] = [undefined],
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const [status, message] = ERRORS[code];
  return jsonReply(status, { errors: details.map((detail) => ({ code, message, ...(detail !== undefined && { detail }) })) }, headers);
}

/** A JSON body with the content type of distribution (registry/handlers/tags.go); `headers` may name another. */
export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) };
}

/** The answer of Go's router to a path that it does not know: no JSON and no code. */
export const NO_SUCH_ROUTE: Reply = { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' };
