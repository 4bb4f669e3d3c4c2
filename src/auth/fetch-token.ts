import { redactUrl, rememberSecret } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpClient, HttpRequest } from '../http/http-client.ts';
import { notAllowed, notLetIn } from './auth-errors.ts';
import { basicAuthorization } from './basic-authorization.ts';
import type { Credentials } from './credentials.ts';
import { registryErrorText } from '../http/registry-errors.ts';

const MAX_TOKEN_BYTES = 1024 * 1024;
const CLIENT_ID = 'regprune';
/**
 * The lifetime of a token without `expires_in`, and the shortest that a server may give (distribution, docs/content/spec/auth/token.md).
 */
const LEAST_SECONDS = 60;

export interface TokenRequest {
  readonly http: HttpClient;
  /** The registry's name, for messages. */
  readonly registry: string;
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
}

export interface Token {
  readonly token: string;
  /** Milliseconds from when it was asked for. */
  readonly lifetimeMs: number;
}

/** The token server does not accept the credentials. It will not accept them next time either. */
export class CredentialsRefused extends ToolError {}

/**
 * Gets a bearer token: by GET, with user and password or anonymously (distribution, docs/content/spec/auth/token.md), or by an OAuth2 POST
 * with an identity token (auth/oauth.md). A server may grant less than was asked for without saying so. Throws `ToolError` `AUTH` (as
 * `CredentialsRefused` if the credentials are not accepted; also for a server without TLS), `REGISTRY_ERROR` or `BAD_RESPONSE`.
 */
export async function fetchToken(request: TokenRequest): Promise<Token> {
  const { credentials, realm } = request;
  const server = redactUrl(`${realm.origin}${realm.pathname}`);
  const oauth = credentials !== undefined && 'identityToken' in credentials;
  const asking = request.http.request(oauth ? refreshRequest(request, credentials.identityToken) : getRequest(request));
  const response = await asking.catch((error: unknown) => {
    if (!(error instanceof ToolError) || error.code !== 'CONFIG_INVALID') throw error;
    throw withoutTls(request.registry, server, error);
  });
  const { status } = response;
  if (status !== 200) {
    const what = `The token server ${server} of registry ${request.registry} answered ${registryErrorText(response)}`;
    if (oauth && (status === 404 || status === 405)) {
      throw new ToolError('AUTH', `${what}; it does not accept identity tokens.`, {
        hint: 'Log in with user and password (or an access token as password) instead.',
      });
    }
    if (status === 401 || (oauth && status === 400)) {
      const error = notLetIn(what, credentials);
      throw credentials === undefined ? error : new CredentialsRefused(error.code, error.message, { hint: error.hint });
    }
    if (status < 500 && status !== 429) throw notAllowed(what, credentials, request.scopes);
    throw new ToolError('REGISTRY_ERROR', `${what}.`, { hint: 'Try again later.' });
  }
  return parseToken(response.body, server);
}

/** The config may allow plain HTTP to the registry, and says nothing of the servers that the registry names. */
function withoutTls(registry: string, server: string, cause: ToolError): ToolError {
  return new ToolError('AUTH', `The registry ${registry} names ${server} as its token server, which has no TLS; nothing is sent there.`, {
    hint: 'Check the token realm in the configuration of the registry: give its token server TLS, or the address of the registry itself.',
    cause,
  });
}

function getRequest({ realm, service, scopes, credentials }: TokenRequest): HttpRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers = credentials !== undefined && 'username' in credentials ? { authorization: basicAuthorization(credentials) } : {};
  return { method: 'GET', url: url.href, headers, maxBytes: MAX_TOKEN_BYTES };
}

function refreshRequest({ realm, service, scopes }: TokenRequest, refreshToken: string): HttpRequest {
  rememberSecret(refreshToken);
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token: refreshToken });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url: realm.href, headers, body: form.toString(), maxBytes: MAX_TOKEN_BYTES };
}

function parseToken(body: Uint8Array, server: string): Token {
  let document: { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  try {
    document = JSON.parse(Buffer.from(body).toString('utf8')) as typeof document;
  } catch {
    // The parser's own message quotes the text, which may be a token.
    throw noToken(server, 'something that is not JSON');
  }
  const token = document?.token || document?.access_token;
  if (typeof token !== 'string') throw noToken(server, 'no token');
  rememberSecret(token);
  if (!/^[\x21-\x7e]+$/.test(token)) throw noToken(server, 'a token that cannot be sent in a header');
  const seconds = Number(document?.expires_in);
  return { token, lifetimeMs: Math.max(LEAST_SECONDS, Number.isFinite(seconds) ? seconds : LEAST_SECONDS) * 1000 };
}

function noToken(server: string, what: string): ToolError {
  return new ToolError('BAD_RESPONSE', `The token server ${server} answered with ${what}.`, {
    hint: 'Check the URL of the registry, and the token server that it names.',
  });
}
