import { type Reply, ReplyError } from '../shared/messages.ts';

/** An answer in JSON, or without a body. */
export function json(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  if (body === undefined) return { status, headers };
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** An error of the API. */
export function problem(status: number, message: string): ReplyError {
  return new ReplyError(message, json(status, { message, errinfo: {} }));
}

/** An error of the registry. */
export function registryError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): ReplyError {
  return new ReplyError(message, json(status, { errors: [{ code, message, detail: {} }] }, headers));
}
