import { createRegistryAuth } from '../../auth/create-registry-auth.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { repositoryOf } from '../../auth/scopes.ts';
import type { Send } from '../../distribution/client.ts';
import { CredentialsRefused } from '../../auth/fetch-token.ts';
import { type EntraToken, NoIdentity } from './entra-token.ts';
import { REGISTRIES } from './host.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { missingRole } from './missing-role.ts';

export interface AcrSendOptions {
  readonly http: HttpClient;
  /** The registry's name, for messages. */
  readonly name: string;
  readonly url: string;
  /** What the user gave for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
  /** Asked where the user gave nothing. */
  readonly entraToken: EntraToken;
  /** The audiences of its tokens that the registry may want, tried in turn. Default: that of registries in the global cloud. */
  readonly audiences?: readonly string[];
  /** Called where there is nothing to log in with, before a request is sent all the same. */
  readonly onAnonymous?: () => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Sends requests to a registry with the credentials that the user gave (the admin user, a token with a scope map, a service principal, what
 * "az acr login" left), or else as the Entra identity of this machine. All of these are exchanged for access tokens at `/oauth2/token`,
 * each for one repository, because a registry in ABAC mode silently ignores wildcards. Where there is no identity either, a registry that
 * lets anonymous readers pull is read. A refresh token that is refused is exchanged anew, once. A scope for reading includes the metadata
 * that `/acr/v1` tells. An `AUTH` error names the role that is missing.
 */
export function createSend(options: AcrSendOptions): Send {
  const { http, name, url, credentials, entraToken, audiences = [REGISTRIES], onAnonymous, now = Date.now } = options;
  const refreshTokens = new RefreshTokens({ http, name, url, entraToken, audiences, now });
  const own = new OwnCredentials();
  let noIdentity: NoIdentity | undefined;
  const identity = async (): Promise<Credentials | undefined> => {
    try {
      return await refreshTokens.get();
    } catch (error) {
      if (!(error instanceof NoIdentity)) throw error;
      noIdentity = error;
      onAnonymous?.();
      return undefined;
    }
  };
  const resolve = async (repository: string | undefined): Promise<Credentials | undefined> => (await credentials(repository)) ?? identity();
  const auth = createRegistryAuth({
    http,
    registry: name,
    url,
    credentials: async (repository) => {
      const found = await resolve(repository);
      return found && own.of(repository, found);
    },
    now,
  });
  const attempt: Send = async (request, scopes) => {
    const used = refreshTokens.current;
    try {
      const answer = await auth.send(request, scopes);
      refreshTokens.worked();
      return answer;
    } catch (error) {
      // Nothing was done yet: the token for it was refused.
      const byIdentity = error instanceof CredentialsRefused && !(await credentials(repositoryOf(scopes)));
      if (byIdentity && refreshTokens.renew(used)) return auth.send(request, scopes);
      throw error;
    }
  };
  return async (request, scopes) => {
    try {
      return await attempt(request, scopes.map(withMetadata));
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
      const repository = repositoryOf(scopes);
      const known = await resolve(repository).catch(() => error);
      // If the credentials themselves are missing, the error says so already.
      if (known instanceof ToolError) throw error;
      const { message } = error;
      const named = repository === undefined || message.includes(repository) ? message : `${name}/${repository}: ${message}`;
      if (!known && noIdentity)
        throw new ToolError('AUTH', `${named} ${noIdentity.message}`, { hint: noIdentity.hint, cause: error.cause });
      throw new ToolError('AUTH', named, { hint: known ? missingRole(scopes, known) : error.hint, cause: error.cause });
    }
  };
}

/** `repository:team/app:pull` with the metadata that belongs to it. */
function withMetadata(scope: string): string {
  return scope.startsWith('repository:') ? `${scope},metadata_read` : scope;
}

/**
 * Gives each repository its own copy of the credentials. Where a right is missing, ACR's token server answers 401 as it does to a wrong
 * password, and such credentials are never tried again. For another repository the same credentials may be good.
 */
class OwnCredentials {
  readonly #byRepository = new Map<string, { readonly of: Credentials; readonly own: Credentials }>();

  of(repository: string | undefined, credentials: Credentials): Credentials {
    const key = repository ?? '';
    const known = this.#byRepository.get(key);
    if (known?.of === credentials) return known.own;
    const own = { ...credentials };
    this.#byRepository.set(key, { of: credentials, own });
    return own;
  }
}
