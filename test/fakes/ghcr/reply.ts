import { type Reply, ReplyError } from '../shared/messages.ts';

/** An answer of the REST API. */
export function json(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  if (body === undefined) return { status, headers };
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) };
}

/** An error of the REST API. */
export function problem(status: number, message: string, headers: Readonly<Record<string, string>> = {}): ReplyError {
  const body = { message, documentation_url: 'https://docs.github.com/rest/packages/packages', status: String(status) };
  return new ReplyError(message, json(status, body, headers));
}

/** An error of `/v2/`. */
export function registryError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): ReplyError {
  return new ReplyError(message, json(status, { errors: [{ code, message }] }, headers));
}
