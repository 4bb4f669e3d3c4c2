import { printable, redact } from '../../diagnostics/redact.ts';
import type { Refused } from './lending.ts';

/** Errors of any AWS service that mean: these credentials are not valid, or they do not allow the call (AWS, "Common Error Types"). */
const NOT_LET_IN = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'SignatureDoesNotMatch',
  'UnauthorizedException',
  'UnrecognizedClientException',
]);
/** Errors that the SDK raises before it sends anything: it has found no credentials, or could not get those that it found. */
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedException']);
const MAX_TEXT = 600;

/** What went wrong with a call that the SDK made. */
export interface AwsFailure {
  /**
   * `no-credentials`: nothing was sent. `not-lent`: the service that hands out credentials (`lender`) refused to. `denied`: the credentials
   * do not allow the call. `not-let-in`: the credentials are not valid. `throttled`: the SDK has tried often enough. `not-understood`: the
   * answer cannot be read. `failed`: everything else.
   */
  readonly kind: 'no-credentials' | 'not-lent' | 'denied' | 'not-let-in' | 'throttled' | 'not-understood' | 'failed';
  /** Which service answered, where that is not the one that was called: `AWS STS`. */
  readonly lender?: string;
  /** What the service calls the error. */
  readonly name: string;
  /** What it says, fit for messages, without the final period. */
  readonly text: string;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
}

/** Reads an error that the SDK throws. */
export function awsFailure(error: unknown): AwsFailure {
  const status = statusOf(error);
  const getting = whileGettingCredentials.get(error as object);
  if (!getting) return { kind: kindOf(nameOf(error), status), name: nameOf(error), text: fitText(textOf(error)), status };
  const { profile, profileProblem, refused } = getting;
  // Some ways to credentials have the name of the service's error in the text of their own.
  const [, name = nameOf(error), said = textOf(error)] = /^(\w+Exception): (.*)$/s.exec(textOf(error)) ?? [];
  const withProfile = profile === undefined ? '' : `with the profile ${JSON.stringify(profile)}`;
  if (!refused) {
    const text = profileProblem ?? (withProfile === '' ? said : `${withProfile}: ${said}`);
    return { kind: 'no-credentials', name, text: fitText(text), status };
  }
  const asked = [refused.role === undefined ? '' : `asked for the role ${refused.role}`, withProfile].filter((part) => part !== '');
  const text = asked.length === 0 ? said : `${said.replace(/[.\s]*$/, '')} (${asked.join(', ')})`;
  const kind = kindOf(name, status) === 'throttled' ? 'throttled' : 'not-lent';
  return { kind, lender: refused.lender, name, text: fitText(text), status };
}

/** What is known of an error that was thrown while credentials were got: the service that was called was not asked yet. */
interface Getting {
  /** The profile that was asked for. */
  readonly profile: string | undefined;
  /** Why there is no such profile, a sentence; undefined where there is. */
  readonly profileProblem: string | undefined;
  /** The service that refused to hand any out; undefined where none was asked. */
  readonly refused: Refused | undefined;
}

const whileGettingCredentials = new WeakMap<object, Getting>();

/** Notes that an error was thrown while credentials were got. */
export function noteGettingCredentials(error: unknown, getting: Getting): void {
  if (typeof error === 'object' && error !== null) whileGettingCredentials.set(error, getting);
}

/** Text of a service's answer, fit for messages: without secrets and control characters, short, and without the final period. */
export function fitText(text: string): string {
  return printable(redact(text))
    .slice(0, MAX_TEXT)
    .replace(/[.\s]*$/, '');
}

/** True if the service itself gave the error this name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function kindOf(name: string, status: number | undefined): AwsFailure['kind'] {
  if (NO_CREDENTIALS.has(name)) return 'no-credentials';
  if (DENIED.has(name)) return 'denied';
  if (NOT_LET_IN.has(name)) return 'not-let-in';
  if (name === 'SyntaxError' || name === 'TypeError' || status === undefined || status < 300) return 'not-understood';
  return /Thrott|TooManyRequests|LimitExceeded|SlowDown/.test(name) ? 'throttled' : 'failed';
}

/** The error's text without what the SDK adds for developers. */
function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*Deserialization error: .*$/s, '');
}

function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = error as { $metadata?: { httpStatusCode?: number }; $response?: { statusCode?: number } };
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}
