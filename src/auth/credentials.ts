/**
 * Credentials as they are sent. `source` tells in messages where they were found. An identity token is an OAuth2 refresh token, for which a
 * token server gives bearer tokens; a registry token is a bearer token itself.
 */
export type Credentials =
  | { readonly username: string; readonly password: string; readonly source?: string }
  | { readonly identityToken: string; readonly source?: string }
  | { readonly registryToken: string; readonly source?: string };

/** Where a registry's user name and password are, as the config says. The password itself is never in the config. */
export interface CredentialConfig {
  readonly username?: string;
  /** Name of an environment variable. */
  readonly usernameEnv?: string;
  /** Path of a file that holds nothing else; a line break at its end does not count. */
  readonly usernameFile?: string;
  readonly passwordEnv?: string;
  readonly passwordFile?: string;
}
