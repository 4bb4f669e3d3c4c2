import { type Reply, ReplyError } from '../shared/messages.ts';

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** What the REST API refuses with, without a word. */
export function bare(status: number, headers: Readonly<Record<string, string>> = {}): ReplyError {
  return new ReplyError(`status ${status}`, { status, headers });
}

/** An error of `/v2`. */
export function registryError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): ReplyError {
  return new ReplyError(message, json(status, { errors: [{ code, message, detail: null }] }, headers));
}
