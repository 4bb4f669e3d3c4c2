import { awsFailure, fitText } from '../../auth/aws/aws-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import type { Operation, Service } from './service.ts';

const OF_THE_REGISTRY = /^Describe(?:Registry|Registries|Repositories)$/;

/** The error for a call that failed. `doing` says what it was for and names it: `read the images of prod/team/app`. */
export function refused(doing: string, error: unknown, operation: Operation, { prefix, title }: Service): ToolError {
  if (error instanceof ToolError)
    return new ToolError(error.code, `Cannot ${doing}: ${error.message}`, {
      hint: error.hint,
      transient: error.code === 'UNREACHABLE',
      cause: error,
    });
  const { kind, lender = title, name, text, status } = awsFailure(error);
  const said = `${lender} answered ${name}: ${text}.`;
  const permission = `${prefix}:${operation}`;
  if (kind === 'no-credentials') {
    return new ToolError('AUTH', `Cannot ${doing}: the AWS SDK has no credentials: ${text}.`, {
      hint:
        'Set AWS_PROFILE (a profile that ~/.aws/config or ~/.aws/credentials has) or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ' +
        'run "aws sso login", or give the pod, task or instance a role.',
    });
  }
  if (kind === 'not-lent') {
    return new ToolError('AUTH', `Cannot ${doing}: there are no AWS credentials, since ${said}`, {
      hint:
        lender === 'AWS STS'
          ? 'Check the role, that its trust policy names whoever assumes it, with the external id if it asks for one, and that ' +
            'sts:AssumeRole (or sts:AssumeRoleWithWebIdentity) is allowed.'
          : 'Log in again ("aws sso login", "aws login"), and check the account and the role of the profile.',
    });
  }
  if (kind === 'denied') {
    return new ToolError('AUTH', `Cannot ${doing}: ${said}`, {
      hint:
        `Allow ${permission} ${OF_THE_REGISTRY.test(operation) ? 'on the registry' : 'for this repository'} in the policies of the ` +
        "role or user, and of the repository if it is another account's.",
    });
  }
  if (kind === 'not-let-in') {
    return new ToolError('AUTH', `Cannot ${doing}: ${said}`, {
      hint: 'Check that the AWS credentials are right, have not expired and are of this partition, and the clock of this machine.',
    });
  }
  if (name === 'RepositoryNotFoundException') {
    return new ToolError('NOT_FOUND', `Cannot ${doing}: ${said}`, {
      hint: 'Check the name of the repository, and that account and region in the host are right.',
    });
  }
  if (kind === 'not-understood')
    return badAnswer(
      doing,
      `the answer${status === undefined ? '' : ` (status ${status})`} is not understood: ${text}`,
      (status ?? 0) >= 500,
    );
  if (kind === 'throttled')
    return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: ${said}`, {
      hint: 'Run again later, or with less concurrency.',
      transient: true,
    });
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: ${said}`, {
    transient: (status ?? 0) >= 500,
    hint: (status ?? 0) >= 500 ? 'Run again later.' : `CloudTrail has the call (${permission}) with what was wrong.`,
  });
}

/** The error for one image of a call that went through, by its `failureCode`. */
export function failed(doing: string, code: string, reason: string, { title }: Service): ToolError {
  const said = `Cannot ${doing}: ${title} answered ${code}: ${fitText(reason)}.`;
  if (code === 'KmsError')
    return new ToolError('REGISTRY_ERROR', said, {
      hint: 'Check that the KMS key of the repository is there, enabled, and may be used by ECR and by these credentials.',
    });
  return new ToolError('REGISTRY_ERROR', said, { hint: 'Run again later; CloudTrail has the call.' });
}
