import { printable, redact } from '../../diagnostics/redact.ts';

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
   * `no-credentials`: nothing was sent. `denied`: the credentials do not allow the call. `not-let-in`: the credentials are not valid.
   * `throttled`: the SDK has tried often enough. `not-understood`: the answer cannot be read. `failed`: everything else.
   */
  readonly kind: 'no-credentials' | 'denied' | 'not-let-in' | 'throttled' | 'not-understood' | 'failed';
  /** What the service calls the error. */
  readonly name: string;
  /** What it says, fit for messages, without the final period. */
  readonly text: string;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
}

/** Reads an error that the SDK throws. */
export function awsFailure(error: unknown): AwsFailure {
  const name = error instanceof Error ? error.name : '';
  const status = statusOf(error);
  return { kind: kindOf(name, status), name, text: fitText(textOf(error)), status };
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
