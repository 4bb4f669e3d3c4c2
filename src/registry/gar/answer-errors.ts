import { registryErrorText } from '../../http/registry-errors.ts';
import { printable, redact } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { asObject, asText, parseJsonObject } from '../../domain/json.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `read the tags of prod/my-project/images/app` */
  readonly doing: string;
  /** The IAM permission that it takes: `artifactregistry.tags.list`. */
  readonly permission: string;
}

const MAX_TEXT = 600;

/** The word that Google's APIs have for an error (google.rpc.Code): `NOT_FOUND`; undefined for an answer of something else. */
export function errorStatus({ body }: HttpResponse): string | undefined {
  return asText(asObject(parseJsonObject(body)?.['error'])?.['status']);
}

/** True if the API itself says that what the request names is not there. A proxy's 404 does not count. */
export function isNotFound(response: HttpResponse): boolean {
  return response.status === 404 && errorStatus(response) === 'NOT_FOUND';
}

/** True of an answer that says that this may not be done to what is named as it is: it has tags or parents, or its tags are immutable. */
export function isPreconditionFailed(response: HttpResponse): boolean {
  return (
    response.status === 400 &&
    (errorStatus(response) === 'FAILED_PRECONDITION' || /GOOGLE_MANIFEST_DANGLING/.test(registryErrorText(response)))
  );
}

/** What the API said, in one line. */
export function errorText(response: HttpResponse): string {
  const error = asObject(parseJsonObject(response.body)?.['error']);
  const message = asText(error?.['message']);
  if (message === undefined) return registryErrorText(response);
  const said = [asText(error?.['status']), printable(redact(message)).slice(0, MAX_TEXT)].filter((part) => part !== undefined).join(': ');
  return `status ${response.status}, ${said}`.replace(/[.\s]*$/, '');
}

/** What the API that a permission belongs to is called, and as what it is enabled. */
function serviceOf(permission: string): { readonly name: string; readonly api: string } {
  return permission.startsWith('containeranalysis.')
    ? { name: 'Artifact Analysis', api: 'Container Analysis API' }
    : { name: 'Artifact Registry', api: 'Artifact Registry API' };
}

/** The role with the fewest rights that has a permission (README). */
function roleWith(permission: string): string {
  if (permission.startsWith('containeranalysis.')) return 'roles/containeranalysis.occurrences.viewer';
  const role = /\.(?:delete|create)$/.test(permission) ? 'repoAdmin' : permission.endsWith('.uploadArtifacts') ? 'writer' : 'reader';
  return `roles/artifactregistry.${role}`;
}

/** The error for an answer that is not what was asked for. `source` says where the credentials came from. */
export function refused({ doing, permission }: Asked, response: HttpResponse, source: string): ToolError {
  const { status } = response;
  const { name, api } = serviceOf(permission);
  const said = `Cannot ${doing}: ${name} answered ${errorText(response)}`;
  if (status === 401) {
    return new ToolError('AUTH', `${said}, asked with ${source}.`, {
      hint: 'Check that these credentials are right and have not expired: access tokens last an hour.',
    });
  }
  if (status === 403) {
    return new ToolError('AUTH', `${said}, asked with ${source}.`, {
      hint:
        `It takes the permission ${permission} on the repository, which ${roleWith(permission)} has, and the ${api} ` +
        'must be enabled in the project. A project that is not there looks the same. Where the account has that role, an IAM deny ' +
        'policy or a VPC Service Controls perimeter may forbid it: the audit log of the project names which.',
    });
  }
  if (isNotFound(response)) {
    return new ToolError('NOT_FOUND', `${said}.`, {
      hint: 'Check project, repository, image and, in the host, the location; and that the credentials may see them.',
    });
  }
  if (status === 429)
    return new ToolError('REGISTRY_ERROR', `${said}.`, {
      hint: 'The quota of requests per minute is used up: run again later, or with less concurrency.',
      transient: true,
    });
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint: status >= 500 ? 'Run again later.' : 'The audit log of the project may say more.',
  });
}
