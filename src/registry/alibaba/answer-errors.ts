import { printable, redact } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import type { HttpResponse } from '../../http/http-client.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `list the tags of prod/team/app` */
  readonly doing: string;
  /** The RAM action that it takes. */
  readonly action: string;
}

/** What the API says of a call that it did not carry out. */
export interface Complaint {
  readonly status: number;
  /** `NoPrivilege`, `REPO_NOT_EXIST`, `Throttling.User`; empty where there is none, as from a machine on the way. */
  readonly code: string;
  /** For people, already printable. */
  readonly text: string;
}

/** Reads the error of an answer: of the Enterprise Edition also one with the status 200, in which `IsSuccess` is not true. */
export function complaintOf({ status, body }: HttpResponse): Complaint {
  const json = parseJsonObject(body) ?? {};
  const code = asText(json['Code']) ?? asText(json['code']) ?? '';
  const message = asText(json['Message']) ?? asText(json['message']) ?? '';
  const said = [`status ${status}`, code, message].filter((part) => part !== '').join(', ');
  return { status, code, text: redact(printable(said)).slice(0, 400) };
}

/** The API asks for fewer calls: `Throttling`, `Throttling.User`, `Throttling.Api`, with the status 400, 429 or 503. */
function isThrottled({ status, code }: Complaint): boolean {
  return status === 429 || /^Throttling/i.test(code);
}

/** The same call may well be answered a moment later; a nonce that was used already is not that of the next try. */
export function isPassing(complaint: Complaint): boolean {
  return (
    isThrottled(complaint) ||
    complaint.status >= 500 ||
    /^(?:SystemError|ServiceUnavailable|InternalError|SignatureNonceUsed)$/i.test(complaint.code)
  );
}

/** The API itself says that there is no such repository (terraform-provider-alicloud knows these codes). */
function isRepositoryGone({ code }: Complaint): boolean {
  return /^(?:REPO|REPOSITORY|NAMESPACE|INSTANCE)_NOT_EXISTS?$/i.test(code);
}

/** The API itself says that there is no such tag, in a repository that is there. */
export function isTagGone({ code }: Complaint): boolean {
  return /^(?:REPO_)?(?:TAG|IMAGE|IMAGE_TAG|MANIFEST)_NOT_EXISTS?$/i.test(code);
}

/** The API refuses to delete this one tag. */
export function isLocked({ code }: Complaint): boolean {
  return /IMMUTAB|LOCKED|IN_USE|TAG_STATUS/i.test(code);
}

/** How the codes begin with which a right is denied, or keys are not taken. */
const DENIED = new RegExp(
  '^(?:InvalidAccessKeyId|InvalidSecurityToken|MissingSecurityToken|SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp|' +
    'Forbidden|NoPermission|NoPrivilege|NOT_AUTHORIZED|Unauthorized)',
  'i',
);

/** True of a refusal for want of a right, or of keys that are not taken. */
function isRefusal({ status, code }: Complaint): boolean {
  return status === 401 || status === 403 || DENIED.test(code);
}

/** The error for a call that was not carried out. `accessKeyId` is whose keys it was signed with. */
export function refused({ doing, action }: Asked, complaint: Complaint, accessKeyId: string): ToolError {
  const said = `Cannot ${doing}: Alibaba Cloud answered ${complaint.text}`;
  if (isRefusal(complaint)) {
    const hint = /Signature|TimeStamp/i.test(complaint.code)
      ? 'Check the access key secret, and the clock of this machine.'
      : /AccessKeyId|SecurityToken|status 401/i.test(complaint.text)
        ? 'Check the access key; one of a role ends after an hour.'
        : `Give its RAM user or role a policy that allows ${action} on this repository.`;
    return new ToolError('AUTH', `${said}, asked with the access key ${printable(accessKeyId)}.`, { hint });
  }
  if (isRepositoryGone(complaint)) {
    return new ToolError('NOT_FOUND', `${said}.`, { hint: 'Check the name, NAMESPACE/REPOSITORY, and that the RAM user may see it.' });
  }
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint: isThrottled(complaint)
      ? 'Run again later, or with less concurrency.'
      : 'Run again later; check "alibaba.endpoint" and any proxy before it.',
    transient: isPassing(complaint),
  });
}
