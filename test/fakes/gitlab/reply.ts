import { type Reply, ReplyError } from '../shared/messages.ts';

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** An error as GitLab's API words it: `{"message": "404 Project Not Found"}`. */
export function apiError(status: number, message: string): ReplyError {
  return new ReplyError(message, json(status, { message }));
}

/** What a token that exists is told where its scopes do not allow a request. */
export function insufficientScope(scope: string): ReplyError {
  const text = 'The request requires higher privileges than provided by the access token.';
  return new ReplyError(text, json(403, { error: 'insufficient_scope', error_description: text, scope }));
}
