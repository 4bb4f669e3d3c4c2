import { rememberSecret } from '../../diagnostics/redact.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import type { TagApi } from './tag-api.ts';

/** How long a password for `/v2/` is used that does not say when it ends, in milliseconds. */
const HALF_AN_HOUR = 30 * 60_000;

/** The fields of a password for `/v2/`, which both editions have by other names. */
export interface LoginFields {
  readonly username: unknown;
  readonly password: unknown;
  /** Milliseconds since the epoch. */
  readonly until: unknown;
}

/** User and password for `/v2/`, for some time. Throws `BAD_RESPONSE`. */
export function temporaryLogin({ username, password, until }: LoginFields, doing: string): Awaited<ReturnType<TagApi['login']>> {
  if (typeof username !== 'string' || typeof password !== 'string' || password === '') throw badAnswer(doing, 'the answer has no token');
  rememberSecret(password);
  return { credentials: { username, password, source: 'GetAuthorizationToken' }, until: Number(until) || Date.now() + HALF_AN_HOUR };
}
