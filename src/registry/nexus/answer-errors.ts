import { describeCredentials } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText } from '../../http/registry-errors.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `list the components of docker-hosted` */
  readonly doing: string;
  /** The privilege that it takes, by Nexus's own name. */
  readonly privilege: string;
}

/** The error for an answer of the REST API other than the one asked for. `credentials` are those that it was asked with. */
export function refused({ doing, privilege }: Asked, response: HttpResponse, credentials: Credentials | undefined): ToolError {
  const { status } = response;
  const said = `Cannot ${doing}: Nexus answered ${registryErrorText(response)}`;
  const by = `${said}, asked ${describeCredentials(credentials)}.`;
  if (status === 401) {
    const hint = credentials
      ? 'Check user and password, or name and pass code of a user token.'
      : 'Give a user and password, or a user token, as REGISTRY_USER and REGISTRY_PASSWORD.';
    return new ToolError('AUTH', by, { hint: `${hint} It takes the privilege ${privilege}.` });
  }
  if (status === 403) return new ToolError('AUTH', by, { hint: `Give a role of this user the privilege ${privilege}.` });
  if (status === 400 && /not a docker request/i.test(registryErrorText(response))) {
    return new ToolError('CONFIG_INVALID', `${said}: this port of Nexus is for Docker clients alone and has no REST API.`, {
      hint: 'Say in the config where that is and which repository the port is for: "nexus: {url: https://…, repository: NAME}".',
    });
  }
  if (status === 404) {
    return new ToolError('NOT_FOUND', by, {
      hint: 'Check the name of the repository, and that "nexus.url" of the config is the address of Nexus itself.',
    });
  }
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint:
      status === 429 || status >= 500
        ? 'Run again later; the log of Nexus says more.'
        : 'Check that "nexus.url" of the config is the address of Nexus itself, and any proxy before it.',
    transient: status === 429 || status >= 500,
  });
}
