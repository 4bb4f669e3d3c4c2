import { describeCredentials } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText, saysReadOnly } from '../../http/registry-errors.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `list the versions of prod/team/app` */
  readonly doing: string;
  /** The scope that an access token needs for it. Default `read:package`. */
  readonly scope?: Scope;
}

type Scope = 'read:package' | 'write:package';

/** What it takes to use a scope, for hints. */
export function rightFor(scope: Scope): string {
  return `An access token needs the scope ${scope}, and its user the right to ${scope.split(':')[0]} packages of that owner.`;
}

/** True of a 404 in which Gitea itself says that something is not there. A 404 from a proxy before it says nothing. */
export function isNotFound(response: HttpResponse): boolean {
  return response.status === 404 && asText(parseJsonObject(response.body)?.['message']) !== undefined;
}

/** The error for an answer other than the one asked for. `credentials` are those that it was asked with. */
export function refused({ doing, scope = 'read:package' }: Asked, response: HttpResponse, credentials: Credentials | undefined): ToolError {
  const { status } = response;
  const said = `Cannot ${doing}: Gitea answered ${registryErrorText(response)}`;
  const by = `${said}, asked ${describeCredentials(credentials)}.`;
  const right = rightFor(scope);
  if (status === 401) {
    return new ToolError('AUTH', by, {
      hint: `Give the name of the user as REGISTRY_USER and an access token (Settings, Applications) as REGISTRY_PASSWORD. ${right}`,
    });
  }
  if (saysReadOnly(response)) {
    return new ToolError('DELETE_DISABLED', `${said}.`, { hint: 'This Gitea takes no changes now: run again when it does.' });
  }
  if (status === 403) return new ToolError('AUTH', by, { hint: right });
  if (isNotFound(response)) {
    return new ToolError('NOT_FOUND', by, { hint: 'Check the name, OWNER/IMAGE, and that the user may see packages of that owner.' });
  }
  if (status === 429) {
    return new ToolError('REGISTRY_ERROR', `${said}.`, { hint: 'Run again later, or with less concurrency.', transient: true });
  }
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint:
      status >= 500
        ? 'Run again later; the log of Gitea says more.'
        : 'If Gitea is below a path of its host, say where in the config: gitea: { url: https://example.com/git }.',
    transient: status >= 500,
  });
}
