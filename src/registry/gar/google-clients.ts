// To be loaded late, and by itself: of a package without modules of its own, a bundle's `import()` has no names but `default`.
import { type AuthClient, gaxios, GoogleAuth, Impersonated, JWT, OAuth2Client } from 'google-auth-library';
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

/** Whoever an access token stands for. */
export function accessTokenClient(token: string, http: HttpClient): AuthClient {
  const client = new OAuth2Client({ transporterOptions: googleTransport(http) });
  client.setCredentials({ access_token: token });
  return client;
}

/** Whatever Google's chain finds. */
export async function defaultClient(http: HttpClient): Promise<AuthClient> {
  const transporterOptions = googleTransport(http);
  // The library's part for metadata servers takes no options, and would send even these requests to a proxy.
  gaxios.instance.defaults = transporterOptions;
  // A project is not needed. Without one it would be looked for, by gcloud or by an API that a federated identity may not ask.
  const auth = new GoogleAuth({ scopes: SCOPES, projectId: 'not-needed', clientOptions: { transporterOptions } });
  const client = await auth.getClient();
  sendThrough(client, transporterOptions);
  rememberSecretsIn(auth.jsonContent);
  // Nothing else tells of tokens that are only exchanged for another one.
  client.on('tokens', (tokens) => rememberSecretsIn(tokens));
  return client;
}

/** A service account that another one may be. */
export function impersonated(sourceClient: AuthClient, targetPrincipal: string, http: HttpClient): AuthClient {
  const transporterOptions = googleTransport(http);
  return new Impersonated({ sourceClient, targetPrincipal, targetScopes: SCOPES, delegates: [], lifetime: 3600, transporterOptions });
}

/** A client with the parts of it that send requests of their own. */
interface ClientParts {
  readonly transporter?: { defaults: object };
  /** Of a federated identity: what exchanges its token. */
  readonly stsCredential?: { readonly transporter?: { defaults: object } };
  /** Of an impersonated account: who it is impersonated by. */
  readonly sourceClient?: AuthClient;
}

/**
 * Sends all that a client asks for through our own client. The library gives its options to the client alone, and not to what exchanges the
 * token of a federated identity, nor to the source of an impersonated one. Those would look for a proxy by themselves, with a module that
 * is not there in a bundle.
 */
function sendThrough(client: AuthClient, options: object): void {
  const { transporter, stsCredential, sourceClient } = client as unknown as ClientParts;
  for (const part of [transporter, stsCredential?.transporter]) if (part) part.defaults = { ...part.defaults, ...options };
  if (sourceClient) sendThrough(sourceClient, options);
}

/** The secrets of a file of credentials, or of an answer with tokens; one file may hold another one's content. */
function rememberSecretsIn(content: unknown): void {
  if (typeof content !== 'object' || content === null) return;
  for (const [field, value] of Object.entries(content)) {
    if (typeof value === 'string' && SECRET_FIELDS.has(field)) rememberSecret(value);
    else rememberSecretsIn(value);
  }
}
