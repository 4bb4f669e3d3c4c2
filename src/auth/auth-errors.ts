import { printable } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Credentials } from './credentials.ts';

/** What to tell a user who has no credentials: where they are looked for. */
const WHERE_CREDENTIALS_ARE_LOOKED_FOR =
  'Credentials are looked for in the config ("auth"), in REGISTRY_USER and REGISTRY_PASSWORD, and in the auth files of Docker and Podman ' +
  '("docker login").';

/** Describes the credentials of a request for messages; `as` tells of their user. Never shows the secret. */
export function describeCredentials(credentials: Credentials | undefined, as = (username: string) => `as user "${username}"`): string {
  if (credentials === undefined) return 'without credentials';
  const who = 'username' in credentials ? as(credentials.username) : `with ${kindOfToken(credentials)}`;
  return credentials.source === undefined ? who : `${who} (from ${credentials.source})`;
}

/** What there is in place of user and password, with its article. */
export function kindOfToken(credentials: Credentials): string {
  return 'registryToken' in credentials ? 'a registry token' : 'an identity token';
}

/** The error for credentials that are missing or not accepted. */
export function notLetIn(what: string, credentials: Credentials | undefined): ToolError {
  return new ToolError('AUTH', `${what}, asked ${describeCredentials(credentials)}.`, {
    hint:
      credentials === undefined
        ? WHERE_CREDENTIALS_ARE_LOOKED_FOR
        : 'Check that these credentials are right, have not expired, and are meant for this registry and allowed to do this.',
  });
}

/** The error for credentials that were accepted but do not allow this. `rights` says which would. */
export function notAllowed(what: string, credentials: Credentials | undefined, rights: readonly string[]): ToolError {
  const needed =
    rights.length === 0 ? 'Use an account that may do this.' : `Use an account that has these rights: ${printable(rights.join(' '))}.`;
  return new ToolError('AUTH', `${what}, asked ${describeCredentials(credentials)}.`, {
    hint: credentials === undefined ? `${needed} ${WHERE_CREDENTIALS_ARE_LOOKED_FOR}` : needed,
  });
}
