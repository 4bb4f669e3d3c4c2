import type { Credentials } from '../../auth/credentials.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import { rememberSecret } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import { type EntraToken, NoIdentity } from './entra-token.ts';
import { expiryOf } from './token-claims.ts';

export interface RefreshTokensOptions {
  readonly http: HttpClient;
  /** The registry's name, for messages. */
  readonly name: string;
  readonly url: string;
  readonly entraToken: EntraToken;
  /** Which tokens the registry may want, tried in turn. */
  readonly audiences: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A token is replaced so long before it expires. */
const AHEAD_MS = 5 * 60_000;
/** For a token that does not say when it expires; ACR's live three hours (Azure/acr, docs/AAD-OAuth.md). */
const DEFAULT_LIFETIME_MS = 60 * 60_000;
const MAX_BYTES = 1024 * 1024;

/** Gets the registry's refresh token for an Entra identity, and a new one before it expires. */
export class RefreshTokens {
  readonly #options: RefreshTokensOptions;
  #current: { readonly credentials: Credentials; readonly freshUntil: number } | undefined;
  #pending: Promise<Credentials> | undefined;
  #refused: ToolError | undefined;
  /** The audience of the token that the registry has taken. */
  #audience: string | undefined;
  /** Something was done with the current token. */
  #hasWorked = false;

  constructor(options: RefreshTokensOptions) {
    this.#options = options;
  }

  /**
   * Returns the same object until it is replaced. Throws `AUTH` if there is no identity, or if the registry does not know it; then it is
   * not asked again.
   */
  async get(): Promise<Credentials> {
    if (this.#refused) throw this.#refused;
    if (this.#current && this.#options.now() < this.#current.freshUntil) return this.#current.credentials;
    this.#pending ??= this.#exchange().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** Something was done with the token that {@link get} returns. */
  worked(): void {
    this.#hasWorked = true;
  }

  /** The token that {@link get} returned last. */
  get current(): Credentials | undefined {
    return this.#current?.credentials;
  }

  /**
   * Called when the registry refused a token. Answers whether it is worth another try: with a token that has replaced it meanwhile, or one
   * that is exchanged anew. A token that was never good for anything is not replaced: the next would fare no better.
   */
  renew(refused: Credentials | undefined): boolean {
    if (this.#current?.credentials !== refused) return true;
    if (!this.#hasWorked) return false;
    this.#current = undefined;
    return true;
  }

  async #exchange(): Promise<Credentials> {
    try {
      const identityToken = await this.#askInTurn();
      const expiry = expiryOf(identityToken) ?? this.#options.now() + DEFAULT_LIFETIME_MS;
      const credentials: Credentials = { identityToken, source: 'Microsoft Entra ID' };
      this.#current = { credentials, freshUntil: expiry - AHEAD_MS };
      this.#hasWorked = false;
      return credentials;
    } catch (error) {
      if (error instanceof ToolError && error.code === 'AUTH') this.#refused = error;
      throw error;
    }
  }

  /** Asks with tokens for each audience until one is taken, which is then asked with alone. Throws the first refusal. */
  async #askInTurn(): Promise<string> {
    let first: unknown;
    for (const audience of this.#audience === undefined ? this.#options.audiences : [this.#audience]) {
      try {
        const token = await this.#ask(audience);
        this.#audience = audience;
        return token;
      } catch (error) {
        if (!(error instanceof ToolError) || error.code !== 'AUTH' || error instanceof NoIdentity) throw error;
        first ??= error;
      }
    }
    throw first;
  }

  async #ask(audience: string): Promise<string> {
    const { http, name, url, entraToken } = this.#options;
    const doing = `Cannot log in to the registry ${name} with the identity of Microsoft Entra ID`;
    const form = new URLSearchParams({ grant_type: 'access_token', service: new URL(url).host, access_token: await entraToken(audience) });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await http.request({
      method: 'POST',
      url: new URL('/oauth2/exchange', url).href,
      headers,
      body: form.toString(),
      maxBytes: MAX_BYTES,
    });
    if (response.status !== 200) {
      const message = `${doing}: its /oauth2/exchange answered ${registryErrorText(response)}.`;
      if (response.status >= 500 || response.status === 429) throw new ToolError('REGISTRY_ERROR', message, { hint: 'Run again later.' });
      throw new ToolError('AUTH', message, {
        hint:
          response.status === 404
            ? 'Check the URL: this is not an Azure Container Registry, or a proxy stands before it.'
            : "Check that the identity is of the registry's tenant and has a role on the registry: AcrPull to plan, and AcrDelete " +
              'besides to delete.',
      });
    }
    const token = asText(parseJsonObject(response.body)?.['refresh_token']);
    if (token === undefined)
      throw new ToolError('BAD_RESPONSE', `${doing}: its /oauth2/exchange answered without a refresh token.`, {
        hint: 'Check the URL of the registry.',
      });
    rememberSecret(token);
    return token;
  }
}
