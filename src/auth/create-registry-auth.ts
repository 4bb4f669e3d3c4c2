import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.ts';
import { notAllowed, notLetIn } from './auth-errors.ts';
import { basicAuthorization } from './basic-authorization.ts';
import type { Credentials } from './credentials.ts';
import { CredentialsRefused } from './fetch-token.ts';
import { registryErrorText, saysReadOnly } from '../http/registry-errors.ts';
import { demandOf, type Scheme } from './scheme.ts';
import { asksMore, repositoryOf } from './scopes.ts';
import { type Grant, TokenCache } from './token-cache.ts';

export interface RegistryAuthOptions {
  readonly http: HttpClient;
  /** The registry's name, for messages. */
  readonly registry: string;
  /** The registry's base URL, the one that `v2/` is below. */
  readonly url: string;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
  /** Asks `/v2/` without credentials, once for all who need the answer. Default: asked here. */
  readonly ping?: () => Promise<HttpResponse>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The way to one registry, with whatever it demands. */
export interface RegistryAuth {
  /**
   * Sends a request to the registry with the rights that it needs, given as token scopes (`repository:team/app:pull,delete`). Returns the
   * answer whatever its status, except 401 and 403 from the registry itself: for these, and for credentials that cannot be read,
   * `ToolError` `AUTH` is thrown with what the registry said. A 403 of a registry that is read-only is not about rights, and is returned.
   * Throws what the `HttpClient` throws, and a transient `REGISTRY_ERROR` for a deletion with `once` for which the login took long: what
   * was looked at right before may have changed.
   */
  send(request: HttpRequest, scopes: readonly string[]): Promise<HttpResponse>;
}

/**
 * Speaks Basic and Bearer (distribution, docs/content/spec/auth/token.md). Credentials that the user gave are used from the first request
 * on, because a registry may show anonymous readers less without saying so. For that, `/v2/` is asked once which scheme the registry uses.
 * Without credentials, the first 401 tells the scheme.
 */
export function createRegistryAuth(options: RegistryAuthOptions): RegistryAuth {
  return new ChallengedClient(options);
}

/** What goes into a request's `Authorization`; with the grant where it is a token. */
interface Authorization {
  readonly header: string;
  readonly grant?: Grant;
}

/** A request that was answered with 401, and how often that happened before. */
interface Refused {
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly sent: Authorization | undefined;
  readonly round: number;
}

class ChallengedClient implements RegistryAuth {
  readonly #options: RegistryAuthOptions;
  readonly #url: URL;
  /** How the URLs of the registry begin. */
  readonly #start: string;
  readonly #now: () => number;
  readonly #tokens: TokenCache;
  #scheme: Scheme | undefined;
  #asked: Promise<void> | undefined;
  /** Credentials that the registry never accepted. They are not sent again, because accounts get locked after repeated failures. */
  readonly #refused = new WeakMap<Credentials, ToolError>();
  readonly #worked = new WeakSet<Credentials>();

  constructor(options: RegistryAuthOptions) {
    this.#options = options;
    this.#url = new URL(options.url.endsWith('/') ? options.url : `${options.url}/`);
    this.#start = `${this.#url.origin}/`;
    this.#now = options.now ?? Date.now;
    this.#tokens = new TokenCache(this.#now);
  }

  async send(request: HttpRequest, scopes: readonly string[]): Promise<HttpResponse> {
    if (!this.#isOwn(request.url)) {
      throw new ToolError(
        'BAD_RESPONSE',
        `${request.method} ${redactUrl(request.url)} is not on ${this.#url.origin}, where registry ${this.#options.registry} is; ` +
          'its credentials are not sent there.',
        {
          hint: 'Check the URL of the registry, and whether it knows its outer name.',
        },
      );
    }
    const begun = this.#now();
    const credentials = await this.#options.credentials(repositoryOf(scopes));
    if (credentials !== undefined && !('registryToken' in credentials) && this.#scheme === undefined) await this.#askHow();
    let sent = await this.#authorization(scopes, credentials);
    for (let round = 0; ; round++) {
      const seconds = Math.round((this.#now() - begun) / 1000);
      if (request.method === 'DELETE' && request.once === true && seconds > LATE_S) throw tooLate(request, seconds);
      const response = await this.#options.http.request(withAuthorization(request, sent));
      // An answer of a storage behind a redirect is not about our rights, and its challenges are not those of the registry.
      if (response.url !== request.url && !this.#isOwn(response.url)) return response;
      if (response.status === 403 && !saysReadOnly(response)) throw notAllowed(this.#what(request, response), credentials, scopes);
      if (response.status !== 401) {
        if (credentials !== undefined) this.#worked.add(credentials);
        return response;
      }
      sent = await this.#answer(request, response, { scopes, credentials, sent, round });
    }
  }

  #isOwn(url: string): boolean {
    return url.startsWith(this.#start) || new URL(url).origin === this.#url.origin;
  }

  /** Asks `/v2/` without credentials, once. A header in an answer of 200 is ignored: zot then names a realm but no service. */
  async #askHow(): Promise<void> {
    this.#asked ??= this.#ping().catch((error: unknown) => {
      this.#asked = undefined;
      throw error;
    });
    await this.#asked;
  }

  async #ping(): Promise<void> {
    const { ping, http } = this.#options;
    const response = await (ping?.() ?? http.request({ method: 'GET', url: new URL('v2/', this.#url).href }));
    if (response.status === 401 && new URL(response.url).origin === this.#url.origin)
      this.#scheme ??= demandOf(response, this.#url)?.scheme;
  }

  /**
   * The authorization of the first try. If the registry did not say how to log in, user and password are sent as Basic, and nothing is sent
   * for a token.
   */
  #authorization(scopes: readonly string[], credentials: Credentials | undefined): Authorization | undefined | Promise<Authorization> {
    const refused = credentials === undefined ? undefined : this.#refused.get(credentials);
    if (refused !== undefined) throw refused;
    if (credentials !== undefined && 'registryToken' in credentials) return { header: `Bearer ${credentials.registryToken}` };
    if (this.#scheme?.kind === 'bearer') return this.#bearer(this.#scheme, scopes, credentials);
    return credentials !== undefined && 'username' in credentials ? { header: basicAuthorization(credentials) } : undefined;
  }

  async #bearer(
    scheme: Scheme & { kind: 'bearer' },
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Authorization> {
    const { http, registry } = this.#options;
    try {
      const grant = await this.#tokens.get(scopes, { http, registry, realm: scheme.realm, service: scheme.service, credentials });
      return { header: `Bearer ${grant.token}`, grant };
    } catch (error) {
      if (error instanceof CredentialsRefused && credentials !== undefined) this.#refused.set(credentials, error);
      throw error;
    }
  }

  /** The authorization to try after a 401. Throws if another try would send the same again. */
  async #answer(request: HttpRequest, response: HttpResponse, refused: Refused): Promise<Authorization> {
    const { scopes, credentials, sent, round } = refused;
    const what = this.#what(request, response);
    if (credentials !== undefined && 'registryToken' in credentials) throw this.#notAccepted(what, credentials);
    const demand = demandOf(response, this.#url);
    const missing = demand === undefined || demand.scopes.length === 0 ? scopes : demand.scopes;
    if (demand === undefined) throw notLetIn(`${what}, and does not say how to log in, or in a way that is not known here`, credentials);
    // Twice is enough to learn the scheme and a missing scope.
    if (round > 1) throw notAllowed(what, credentials, missing);
    this.#scheme = demand.scheme;
    if (demand.scheme.kind === 'basic') return this.#basic(what, refused);
    this.#tokens.widen(scopes, demand.scopes);
    if (sent?.grant !== undefined) {
      // The token was requested with the rights that are demanded, so the account does not have them. Without `insufficient_scope` the
      // token may only be too old.
      const same = !asksMore(demand.scopes, sent.grant.scopes) && (demand.error === 'insufficient_scope' || round > 0);
      if (same) throw notAllowed(what, credentials, missing);
      this.#tokens.drop(scopes, sent.grant);
    }
    return this.#bearer(demand.scheme, scopes, credentials);
  }

  #basic(what: string, { credentials, sent, scopes }: Refused): Authorization {
    if (credentials === undefined) throw notLetIn(what, credentials);
    if (!('username' in credentials)) throw notLetIn(`${what}; it wants user and password`, credentials);
    if (sent !== undefined && sent.grant === undefined) {
      // Some registries answer 401 to who is known and lacks a right.
      if (this.#worked.has(credentials)) throw notAllowed(`${what}, although it took these credentials before`, credentials, scopes);
      throw this.#notAccepted(what, credentials);
    }
    return { header: basicAuthorization(credentials) };
  }

  /** The error for credentials that were sent; they are not sent again if they never worked. */
  #notAccepted(what: string, credentials: Credentials): ToolError {
    const error = notLetIn(what, credentials);
    if (!this.#worked.has(credentials)) this.#refused.set(credentials, error);
    return error;
  }

  #what(request: HttpRequest, response: HttpResponse): string {
    return `${request.method} ${redactUrl(request.url)}: registry ${this.#options.registry} answered ${registryErrorText(response)}`;
  }
}

/** What a deletion was decided by right before it no longer holds if the login takes longer than so many seconds. */
const LATE_S = 5;

/** The next time, the login has been done. */
function tooLate({ method, url }: HttpRequest, seconds: number): ToolError {
  return new ToolError('REGISTRY_ERROR', `${method} ${redactUrl(url)}: was not sent, because the login for it took ${seconds} seconds.`, {
    hint: 'Run again.',
    transient: true,
  });
}

function withAuthorization(request: HttpRequest, authorization: Authorization | undefined): HttpRequest {
  return authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization: authorization.header } };
}
