import { describeCredentials } from '../../auth/auth-errors.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `read the tags of prod/team/app` */
  readonly doing: string;
  /** The scope that an OAuth2 token needs for it. Default `repo:read`. */
  readonly scope?: string;
}

/** True of a 404 in which Quay itself says that something is not there. A 404 from a proxy before it says nothing. */
export function isNotFound(response: HttpResponse): boolean {
  return response.status === 404 && errorType(response) === 'not_found';
}

/** True of the answer to a change of a tag that is immutable. */
export function isImmutable(response: HttpResponse): boolean {
  return response.status === 409 && errorType(response) === 'tag_immutable';
}

/** The error for an answer other than the one asked for. `credentials` are those that it was asked with. */
export function refused({ doing, scope = 'repo:read' }: Asked, response: HttpResponse, credentials: Credentials | undefined): ToolError {
  const { status } = response;
  const said = `Cannot ${doing}: Quay answered ${registryErrorText(response)}`;
  const by = `${said}, asked ${describe(credentials)}.`;
  const right = `The token needs the scope ${scope}, and its user the right to do this in the repository.`;
  if (status === 401) {
    return new ToolError('AUTH', by, {
      hint: credentials
        ? `Its API takes OAuth2 access tokens alone, as the password of the user $oauthtoken; this one may have expired. ${right}`
        : `Give an OAuth2 access token as REGISTRY_PASSWORD, and $oauthtoken as REGISTRY_USER. ${right}`,
    });
  }
  if (status === 403) return new ToolError('AUTH', by, { hint: `${right} A repository of a namespace that is not there looks the same.` });
  if (isNotFound(response)) {
    return new ToolError('NOT_FOUND', by, { hint: 'Check the name, NAMESPACE/REPOSITORY, and that the token may see the repository.' });
  }
  if (status === 503 && /read.only|mirror mode/i.test(registryErrorText(response))) {
    return new ToolError('DELETE_DISABLED', `${said}.`, {
      hint: 'Set the state of the repository to Normal in its settings, and run again.',
    });
  }
  if (status === 429) {
    return new ToolError('REGISTRY_ERROR', `${said}.`, { hint: 'Run again later, or with less concurrency.', transient: true });
  }
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint:
      status >= 500 ? 'Run again later; the log of Quay says more.' : 'Check that the URL is that of Quay itself, and any proxy before it.',
    transient: status >= 500,
  });
}

/** Tells whose token it is, never the token. */
export function describe(credentials: Credentials | undefined): string {
  return describeCredentials(credentials, (username) => `with the token of ${JSON.stringify(username)}`);
}

function errorType({ body }: HttpResponse): string | undefined {
  return asText(parseJsonObject(body)?.['error_type']);
}
