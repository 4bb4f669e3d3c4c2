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
/** The services that hand out credentials, by the beginning of the name of the SDK's class for their errors. */
const LENDERS: readonly (readonly [beginning: string, title: string])[] = [
  ['STS', 'AWS STS'],
  ['SSO', 'AWS IAM Identity Center'],
  ['Signin', 'AWS Sign-In'],
  ['CognitoIdentity', 'Amazon Cognito'],
];
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
  const name = error instanceof Error ? error.name : '';
  const status = statusOf(error);
  const getting = whileGettingCredentials.get(error as object);
  if (!getting) return { kind: kindOf(name, status), name, text: fitText(textOf(error)), status };
  const lender = lenderOf(error);
  const kind = lender === undefined ? 'no-credentials' : kindOf(name, status) === 'throttled' ? 'throttled' : 'not-lent';
  const profile = getting.profile === undefined ? '' : `with the profile ${JSON.stringify(getting.profile)}: `;
  return { kind, ...(lender !== undefined && { lender }), name, text: fitText(`${profile}${textOf(error)}`), status };
}

const whileGettingCredentials = new WeakMap<object, { readonly profile?: string | undefined }>();

/** Notes that an error was thrown while credentials were got, with the profile that was asked for: the service called was not asked yet. */
export function noteGettingCredentials(error: unknown, profile: string | undefined): void {
  if (typeof error === 'object' && error !== null) whileGettingCredentials.set(error, { profile });
}

/** The service whose error it is, by the SDK's classes; undefined where no service answered. */
function lenderOf(error: unknown): string | undefined {
  for (let at: object | null = error as object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const { name } = at.constructor;
    const lender = LENDERS.find(([beginning]) => name.startsWith(beginning) && name.includes('Exception'));
    if (lender) return lender[1];
  }
  return undefined;
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
