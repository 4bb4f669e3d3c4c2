// To be loaded late, and by itself: of a package without modules of its own, a bundle's `import()` has no names but `default`.
import { type AuthClient, gaxios, GoogleAuth, Impersonated, JWT } from 'google-auth-library';
import { rememberSecret } from '../../diagnostics/redact.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { googleTransport } from './google-transport.ts';

/** What is used of the JSON file of a service account's key. */
export interface ServiceAccountKey {
  readonly client_email: string;
  /** PEM. */
  readonly private_key: string;
}

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];
const SECRET_FIELDS = new Set(['private_key', 'client_secret', 'refresh_token', 'access_token', 'id_token']);

/** A service account, by its key. */
export function keyClient({ client_email: email, private_key: key }: ServiceAccountKey, http: HttpClient): AuthClient {
  return new JWT({ email, key, scopes: SCOPES, transporterOptions: googleTransport(http) });
}

/** Whatever Google's chain finds, or the service account that it may be. */
export async function defaultClient(impersonate: string | undefined, http: HttpClient): Promise<AuthClient> {
  const transporterOptions = googleTransport(http);
  // The library's part for metadata servers takes no options, and would send even these requests to a proxy.
  gaxios.instance.defaults = transporterOptions;
  // A project is not needed. Without one it would be looked for, by gcloud or by an API that a federated identity may not ask.
  const auth = new GoogleAuth({ scopes: SCOPES, projectId: 'not-needed', clientOptions: { transporterOptions } });
  const sourceClient = await auth.getClient();
  rememberSecretsIn(auth.jsonContent);
  // Of a token that only gets another one nothing else is heard.
  sourceClient.on('tokens', (tokens) => rememberSecretsIn(tokens));
  if (impersonate === undefined) return sourceClient;
  return new Impersonated({
    sourceClient,
    targetPrincipal: impersonate,
    targetScopes: SCOPES,
    delegates: [],
    lifetime: 3600,
    transporterOptions,
  });
}

/** The secrets of a file of credentials, or of an answer with tokens; one file may hold another one's content. */
function rememberSecretsIn(content: unknown): void {
  if (typeof content !== 'object' || content === null) return;
  for (const [field, value] of Object.entries(content)) {
    if (typeof value === 'string' && SECRET_FIELDS.has(field)) rememberSecret(value);
    else rememberSecretsIn(value);
  }
}
