import { type Reply, ReplyError } from '../shared/messages.ts';

/** An answer of the API: JSON, or nothing. */
export function json(status: number, body?: unknown): Reply {
  return body === undefined
    ? { status, headers: { 'content-type': 'text/html; charset=utf-8' } }
    : { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** The problem-like body of most errors of the API. */
export function problem(status: number, type: string, detail: string): ReplyError {
  const body = { detail, error_message: detail, error_type: type, title: type, type: `http://quay/api/v1/error/${type}`, status };
  return new ReplyError(detail, json(status, body));
}

/** An error of `/v2/`. */
export function registryError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): ReplyError {
  const reply = json(status, { errors: [{ code, detail: {}, message }] });
  return new ReplyError(message, { ...reply, headers: { ...reply.headers, ...headers } });
}
