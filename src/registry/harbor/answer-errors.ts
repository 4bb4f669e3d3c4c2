import { describeCredentials } from '../../auth/auth-errors.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { hasCode, saysOnly } from '../../distribution/answer-errors.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `read the artifacts of prod/team/app` */
  readonly doing: string;
  /** The permission that a robot account needs for it, as Harbor's pages name it: `artifact:list`. */
  readonly needs?: string;
}

/** Who asked. */
export interface Asker {
  readonly credentials: Credentials | undefined;
  /** Users of this Harbor come from an OIDC provider, and have a CLI secret for a password. */
  readonly oidc: boolean;
}

/**
 * The error for an answer other than the one asked for. Harbor does not always tell missing projects, missing rights and wrong passwords
 * apart: for a project that is not there, it answers 403 to a user, 401 without credentials and 404 to an administrator
 * (src/server/v2.0/handler/base.go, `RequireProjectAccess`). So the error says what was tried, by whom, what Harbor said, and what the
 * possible causes are.
 */
export function refused({ doing, needs }: Asked, response: HttpResponse, asker: Asker): ToolError {
  const { status } = response;
  const said = `Cannot ${doing}: Harbor answered ${registryErrorText(response)}`;
  const by = `${said}, asked ${describe(asker.credentials)}.`;
  const right = needs === undefined ? '' : ` A robot account needs the permission ${needs}.`;
  if (isReadOnly(response)) return readOnly(doing, `Harbor answered ${registryErrorText(response)}`);
  if (status === 401 && !asker.credentials)
    return new ToolError('AUTH', by, { hint: `${NONE_GIVEN} A project that is not there looks the same without them.` });
  if (status === 401 && asker.oidc) {
    return new ToolError('AUTH', by, {
      hint:
        'With the CLI secret of an OIDC user, Harbor lists projects, repositories and artifacts, and does little else: it deletes no ' +
        `artifact. Use a robot account.${right}`,
    });
  }
  if (status === 401) {
    return new ToolError('AUTH', by, {
      hint: `Check that these credentials are right; a robot account may have expired or be disabled.${right}`,
    });
  }
  if (status === 403) {
    return new ToolError('AUTH', by, { hint: `Harbor answers so too where there is no such project: check its name.${right}` });
  }
  if (isNotFound(response)) return new ToolError('NOT_FOUND', by, { hint: 'Check the name, and that the URL is that of Harbor itself.' });
  if (status === 429)
    return new ToolError('REGISTRY_ERROR', `${said}.`, { hint: 'Run again later, or with less concurrency.', transient: true });
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    transient: status >= 500,
    hint:
      status >= 500
        ? "Run again later; the log of Harbor's core says more."
        : 'A proxy before Harbor may have changed the request: names with a "/" are escaped twice.',
  });
}

/**
 * True of a 404 in which Harbor itself says that something is not there (src/lib/errors/const.go, `NotFoundCode`). A 404 from a proxy
 * before it says nothing.
 */
export function isNotFound(response: HttpResponse): boolean {
  return saysOnly(response, 'NOT_FOUND');
}

/** True of the answer to any change while Harbor is read-only (src/server/middleware/readonly). */
function isReadOnly(response: HttpResponse): boolean {
  return response.status === 403 && hasCode(response, 'DENIED');
}

/** The error for a Harbor that is read-only. */
export function readOnly(doing: string, why: string): ToolError {
  return new ToolError('DELETE_DISABLED', `Cannot ${doing}: ${why}.`, {
    hint: 'An administrator can end the read-only mode: Configuration, System Settings, Repository Read Only.',
  });
}

/** Names the user, never the secret. */
export function describe(credentials: Credentials | undefined): string {
  return describeCredentials(credentials, (username) => `as ${JSON.stringify(username)}`);
}

const NONE_GIVEN = 'Set REGISTRY_USER and REGISTRY_PASSWORD, name credentials in the config, or log in with "docker login".';
