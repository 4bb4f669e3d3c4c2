import { kindOfToken } from '../../auth/auth-errors.ts';
import type { AuthClient } from 'google-auth-library';
import type { Credentials } from '../../auth/credentials.ts';
import { printable, redact, rememberSecret } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { ServiceAccountKey } from './google-clients.ts';

/** What the config says of whose permissions are used. */
export interface GarIdentity {
  /** Email of a service account to be, with the credentials that were found: they need roles/iam.serviceAccountTokenCreator on it. */
  readonly impersonate?: string;
}

/** Access tokens for Google's APIs, for one registry. */
export interface TokenSource {
  /** For messages: where the credentials were found, never they themselves. */
  readonly source: string;
  /** A token that is good for now. Throws `AUTH`. */
  token(): Promise<string>;
}

export interface TokenSourceOptions {
  /** The registry's name, for messages. */
  readonly registry: string;
  /** Those of the config, the environment or the auth files of Docker; where there are none, Google's own ways are tried. */
  readonly credentials: () => Promise<Credentials | undefined>;
  readonly identity: GarIdentity;
  /** What Google's library asks for tokens through. */
  readonly http: HttpClient;
  /** Where CLOUDSDK_AUTH_ACCESS_TOKEN is looked for, which gcloud too takes in place of any login. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const ADC = 'application default credentials';
const ACCESS_TOKEN = 'CLOUDSDK_AUTH_ACCESS_TOKEN';

/**
 * Gets access tokens from the credentials that are configured for the host: a password that is an access token (`oauth2accesstoken`, and
 * what gcloud's helper gives), or the key of a service account (`_json_key`, `_json_key_base64`). Without these, that of
 * CLOUDSDK_AUTH_ACCESS_TOKEN, or from Google's chain:
 * GOOGLE_APPLICATION_CREDENTIALS (a key, workload identity federation, impersonation), the login of gcloud, the metadata server. Google's
 * library is loaded only where one of these needs it.
 */
export function createTokenSource({ registry, credentials, identity, http, env = {} }: TokenSourceOptions): TokenSource {
  const { impersonate } = identity;
  let found: Promise<TokenSource> | undefined;
  const find = async (): Promise<TokenSource> => {
    const configured = await credentials();
    if (configured && impersonate === undefined) return ofCredentials(configured, registry, http);
    const given = env[ACCESS_TOKEN] || undefined;
    if (given !== undefined) rememberSecret(given);
    if (given !== undefined && impersonate === undefined) return { source: ACCESS_TOKEN, token: async () => given };
    const found = given === undefined ? ADC : ACCESS_TOKEN;
    return ofLibrary(registry, impersonate === undefined ? found : `${found}, as ${impersonate}`, async () => {
      const { accessTokenClient, defaultClient, impersonated } = await import('./google-clients.ts');
      const client = given === undefined ? await defaultClient(http) : accessTokenClient(given, http);
      return impersonate === undefined ? client : impersonated(client, impersonate, http);
    });
  };
  let source = ADC;
  return {
    get source() {
      return source;
    },
    async token() {
      found ??= find().catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      const used = await found;
      source = used.source;
      return used.token();
    },
  };
}

function ofCredentials(credentials: Credentials, registry: string, http: HttpClient): TokenSource {
  const source = credentials.source ?? 'the credentials given';
  if (!('username' in credentials)) {
    throw new ToolError(
      'AUTH',
      `The credentials for the registry ${registry} (from ${source}) are ${kindOfToken(credentials)}, which Google does not take.`,
      {
        hint: 'Log in with "gcloud auth configure-docker", or leave them out: then the application default credentials are used.',
      },
    );
  }
  const { username, password } = credentials;
  rememberSecret(password);
  if (!username.startsWith('_json_key')) return { source, token: async () => password };
  const key = readKey(username === '_json_key_base64' ? Buffer.from(password, 'base64').toString('utf8') : password);
  if (!key) {
    throw new ToolError(
      'AUTH',
      `The password of ${username} for the registry ${registry} (from ${source}) is not the key of a service account.`,
      {
        hint: 'Give the JSON file of the key as the password, as it is for _json_key, in base64 for _json_key_base64.',
      },
    );
  }
  rememberSecret(key.private_key);
  return ofLibrary(registry, `${key.client_email}, from ${source}`, async () => (await import('./google-clients.ts')).keyClient(key, http));
}

function readKey(text: string): ServiceAccountKey | undefined {
  try {
    const { client_email, private_key } = JSON.parse(text) as Record<string, unknown>;
    return typeof client_email === 'string' && typeof private_key === 'string' ? { client_email, private_key } : undefined;
  } catch {
    return undefined;
  }
}

/** The library keeps a token until shortly before it ends, and then gets another. */
function ofLibrary(registry: string, source: string, open: () => Promise<AuthClient>): TokenSource {
  let client: Promise<AuthClient> | undefined;
  return {
    source,
    async token() {
      try {
        client ??= open();
        const { token } = await (await client).getAccessToken();
        if (typeof token !== 'string' || token === '') throw new Error('it answered no token');
        rememberSecret(token);
        return token;
      } catch (error) {
        client = undefined;
        // The error of Node.js quotes a piece of the text that is not JSON, and that piece may be part of the key.
        const said = error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : String(error);
        const why = printable(redact(said))
          .slice(0, 500)
          .replace(/[.\s]*$/, '');
        throw new ToolError('AUTH', `There is no access token for the registry ${registry} (${source}): ${why}.`, {
          hint:
            'Run "gcloud auth application-default login", set GOOGLE_APPLICATION_CREDENTIALS, give the pod or machine a service ' +
            'account, or log in with "docker login".',
        });
      }
    },
  };
}
