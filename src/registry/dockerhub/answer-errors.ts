import { describeCredentials } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText } from '../../http/registry-errors.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `list the tags of docker.io/team/app` */
  readonly doing: string;
  /** What a personal access token must be allowed. Default `Read`. */
  readonly access?: 'Read' | 'Read, Write, Delete';
}

/** True of a 404 in JSON, as Docker Hub's API answers. A web page on the way says nothing. */
export function isNotFound({ status, headers }: HttpResponse): boolean {
  return status === 404 && /^application\/(?:[\w.+-]*\+)?json\b/i.test(headers['content-type'] ?? '');
}

/** True of the refusal to delete a tag that is immutable (docs.docker.com, "Immutable tags on Docker Hub"). */
export function saysImmutable(response: HttpResponse): boolean {
  return response.status >= 400 && response.status < 500 && /\bimmutable\b/i.test(registryErrorText(response));
}

/** True of a refusal for lack of a right. Where the registry behind the API refuses it, the API answers 500 with its words. */
export function isDenied(response: HttpResponse): boolean {
  const { status } = response;
  return (
    status === 401 || status === 403 || (status === 500 && /\bauthentication required\b|\bUNAUTHORIZED\b/.test(registryErrorText(response)))
  );
}

/** The error for an answer other than the one asked for. `credentials` are those that it was asked with. */
export function refused({ doing, access = 'Read' }: Asked, response: HttpResponse, credentials: Credentials | undefined): ToolError {
  const { status } = response;
  const said = `Cannot ${doing}: Docker Hub answered ${registryErrorText(response)}`;
  const by = `${said}, asked ${describeCredentials(credentials)}.`;
  const right = rightsHint(access, credentials);
  if (isDenied(response)) return new ToolError('AUTH', by, { hint: right });
  if (isNotFound(response)) {
    return new ToolError('NOT_FOUND', by, {
      hint: `Check the name, NAMESPACE/NAME. Docker Hub answers the same where the account may not see it. ${right}`,
    });
  }
  if (status === 429) {
    return new ToolError('REGISTRY_ERROR', `${said}.`, { hint: 'Run again later, or with less concurrency.', transient: true });
  }
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint: status >= 500 ? 'Run again later; dockerstatus.com may say more.' : 'Check the address of the API, and any proxy before it.',
    transient: status >= 500 || status === 408,
  });
}

/** The error for a login that is refused. */
export function notLetIn(doing: string, response: HttpResponse, credentials: Credentials): ToolError {
  const message = `Cannot ${doing}: Docker Hub answered ${registryErrorText(response)} to the login ${describeCredentials(credentials)}.`;
  return new ToolError('AUTH', message, {
    hint:
      'The user name is your Docker ID and the password a personal access token; or the name of an organization and one of its access ' +
      'tokens. A password does not do where the account has two-factor authentication or single sign-on.',
  });
}

/** Which rights are needed. */
export function rightsHint(access: NonNullable<Asked['access']>, credentials: Credentials | undefined): string {
  const right =
    `It takes a personal access token with "${access}", or an organization access token for the repository; and its user the right to ` +
    'do this there.';
  return credentials ? right : `${right} Give it as REGISTRY_PASSWORD with your Docker ID as REGISTRY_USER, or by "docker login".`;
}
