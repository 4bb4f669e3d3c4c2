import { describeCredentials } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText, saysReadOnly } from '../../http/registry-errors.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `list the tags of prod/team/app` */
  readonly doing: string;
  /** What it takes. Default {@link TO_READ}. */
  readonly needs?: Needs;
}

/** The scope that an access token needs, and the role that its user needs in the project (docs.gitlab.com, "Roles and permissions"). */
interface Needs {
  readonly scope: 'read_api' | 'api';
  readonly role: 'Reporter' | 'Developer' | 'Maintainer';
}

const TO_READ: Needs = { scope: 'read_api', role: 'Reporter' };
export const TO_DELETE: Needs = { scope: 'api', role: 'Developer' };
export const TO_READ_RULES: Needs = { scope: 'read_api', role: 'Maintainer' };

/** What to log in with, for hints. */
export const TOKENS =
  "GitLab's API takes a personal, group or project access token as the password, with any user name, or in a pipeline CI_JOB_TOKEN as " +
  'the password of the user gitlab-ci-token.';

/** True of a 404 in which GitLab itself says that something is not there, or not visible. A 404 from a proxy before it says nothing. */
export function isNotFound(response: HttpResponse): boolean {
  if (response.status !== 404) return false;
  const json = parseJsonObject(response.body);
  return /^404\b/.test(asText(json?.['message']) ?? asText(json?.['error']) ?? '');
}

/** True of a 403 to a token whose scopes do not allow this, whatever the role of its user (RFC 6750, 3.1). */
export function lacksScope(response: HttpResponse): boolean {
  return response.status === 403 && asText(parseJsonObject(response.body)?.['error']) === 'insufficient_scope';
}

/** The error for an answer other than the one asked for. `credentials` are those that it was asked with. */
export function refused({ doing, needs = TO_READ }: Asked, response: HttpResponse, credentials: Credentials | undefined): ToolError {
  const { status } = response;
  const said = `Cannot ${doing}: GitLab answered ${registryErrorText(response)}`;
  const by = `${said}, asked ${describeCredentials(credentials)}.`;
  const right = `The token needs the scope ${needs.scope}, and its user or bot at least the role ${needs.role} in the project.`;
  if (status === 401) {
    return new ToolError('AUTH', by, {
      hint: credentials
        ? `The token may be wrong, expired or revoked. ${TOKENS} ${right}`
        : `Give a token as REGISTRY_PASSWORD, and any user name as REGISTRY_USER. ${TOKENS} ${right}`,
    });
  }
  if (saysReadOnly(response)) {
    return new ToolError('DELETE_DISABLED', `${said}.`, { hint: 'This GitLab takes no changes now: run again when it does.' });
  }
  if (status === 403) {
    return new ToolError('AUTH', by, {
      hint: `${right} A job token is for the project of its job alone. The registry of the project may also be switched off.`,
    });
  }
  if (isNotFound(response)) {
    return new ToolError('NOT_FOUND', by, {
      hint: 'Check the name, and that the token may see it: GitLab answers so too for what it does not show to its user.',
    });
  }
  if (status === 429) {
    return new ToolError('REGISTRY_ERROR', `${said}.`, { hint: 'Run again later, or with less concurrency.', transient: true });
  }
  if (status >= 300 && status < 400) {
    return new ToolError('REGISTRY_ERROR', `${said}, which leads to ${response.headers['location'] ?? 'nowhere'}.`, {
      hint:
        'Name the project as it is called now, and check "gitlab.url" in the config: a token is sent to the host that is named, and no ' +
        'further.',
    });
  }
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint:
      status >= 500
        ? 'Run again later; the log of GitLab says more.'
        : 'Check that "gitlab.url" in the config is the URL of GitLab itself.',
    transient: status >= 500,
  });
}
