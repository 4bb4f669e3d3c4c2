/** What proves who we are. `source` says for messages where it was found. An identity token is an OAuth2 refresh token. */
export type Credentials =
  | { readonly username: string; readonly password: string; readonly source?: string }
  | { readonly identityToken: string; readonly source?: string };

/** Where the config says that one registry's user name and password are. They themselves are never in the config. */
export interface CredentialConfig {
  readonly username?: string;
  /** Name of an environment variable. */
  readonly usernameEnv?: string;
  /** Path of a file that holds nothing else; a line break at its end does not count. */
  readonly usernameFile?: string;
  readonly passwordEnv?: string;
  readonly passwordFile?: string;
}
