import { printable, redact } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../oci/answer-errors.ts';
import type { Operation, Service } from './service.ts';

/** Errors of any AWS service that say: these credentials are none, or may not do this (AWS, "Common Error Types"). */
const NOT_LET_IN = new Set([
  'AccessDenied', 'AccessDeniedException', 'ExpiredToken', 'ExpiredTokenException', 'IncompleteSignature', 'InvalidClientTokenId', 'InvalidSignatureException',
  'MissingAuthenticationToken', 'MissingAuthenticationTokenException', 'NotAuthorized', 'OptInRequired', 'SignatureDoesNotMatch', 'UnauthorizedException',
  'UnrecognizedClientException',
]);
/** Errors of the SDK before it sends anything: it has found no credentials, or those that it found cannot be had. */
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedException']);
const MAX_TEXT = 600;

/** True of an error that the service itself names so. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** The error for a call that failed. `doing` says what it was for and names it: `read the images of prod/team/app`. */
export function refused(doing: string, error: unknown, operation: Operation, { prefix, title }: Service): ToolError {
  if (error instanceof ToolError) return new ToolError(error.code, `Cannot ${doing}: ${error.message}`, { hint: error.hint, cause: error });
  const name = error instanceof Error ? error.name : '';
  // What the SDK adds is for developers.
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*Deserialization error: .*$/s, '');
  const text = printable(redact(message)).slice(0, MAX_TEXT);
  const said = `${title} answered ${name}: ${text}`.replace(/[.\s]*$/, '.');
  const permission = `${prefix}:${operation}`;
  if (NO_CREDENTIALS.has(name)) {
    return new ToolError('AUTH', `Cannot ${doing}: the AWS SDK has no credentials: ${text}`.replace(/[.\s]*$/, '.'), {
      hint: 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run "aws sso login", or give the pod, task or instance a role.',
    });
  }
  if (DENIED.has(name)) {
    return new ToolError('AUTH', `Cannot ${doing}: ${said}`, { hint: `Allow ${permission} for this repository in the policies of the role or user, and of the repository if it is another account's.` });
  }
  if (NOT_LET_IN.has(name)) {
    return new ToolError('AUTH', `Cannot ${doing}: ${said}`, { hint: 'Check that the AWS credentials are right, have not expired and are of this partition, and the clock of this machine.' });
  }
  if (name === 'RepositoryNotFoundException') {
    return new ToolError('NOT_FOUND', `Cannot ${doing}: ${said}`, { hint: 'Check the name of the repository, and that account and region in the host are right.' });
  }
  const status = statusOf(error);
  if (name === 'SyntaxError' || name === 'TypeError' || status === undefined || status < 300) {
    return badAnswer(doing, `the answer${status === undefined ? '' : ` (status ${status})`} is not understood: ${text.replace(/[.\s]*$/, '')}`);
  }
  if (/Thrott|TooManyRequests|LimitExceeded|SlowDown/.test(name)) {
    return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: ${said}`, { hint: 'Run again later, or with less concurrency.' });
  }
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: ${said}`, { hint: status >= 500 ? 'Run again later.' : `CloudTrail has the call (${permission}) with what was wrong.` });
}

/** The error for one image of a call that went through, by its `failureCode`. */
export function failed(doing: string, code: string, reason: string, { title }: Service): ToolError {
  const said = `Cannot ${doing}: ${title} answered ${code}: ${printable(redact(reason)).slice(0, MAX_TEXT)}`.replace(/[.\s]*$/, '.');
  if (code === 'KmsError') return new ToolError('REGISTRY_ERROR', said, { hint: 'Check that the KMS key of the repository is there, enabled, and may be used by ECR and by these credentials.' });
  return new ToolError('REGISTRY_ERROR', said, { hint: 'Run again later; CloudTrail has the call.' });
}

function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = error as { $metadata?: { httpStatusCode?: number }; $response?: { statusCode?: number } };
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}
