import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isLoopback, isOnlyLocal } from '../http/address.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { parseChallenges } from './challenge.ts';

/** How a registry wants to be spoken to. */
export type Scheme = { readonly kind: 'basic' } | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | undefined };

/** What one answer demands: a scheme and, for bearer tokens, the missing scopes. */
export interface Demand {
  readonly scheme: Scheme;
  readonly scopes: readonly string[];
  /** `insufficient_scope`, `invalid_token`; empty where none is given. */
  readonly error: string;
}

/**
 * What the `WWW-Authenticate` header of an answer demands; bearer tokens are preferred to passwords. Undefined if it holds no scheme that
 * is known here. Throws `ToolError` `AUTH` for a token server that must not get credentials: one without TLS (unless the registry itself
 * has no TLS), or one at a local address that a registry elsewhere names.
 */
export function demandOf(response: HttpResponse, registryUrl: URL): Demand | undefined {
  const challenges = parseChallenges(response.headers['www-authenticate'] ?? '');
  for (const { scheme, parameters } of challenges) {
    const realm = parameters['realm'] ?? '';
    if (scheme !== 'bearer' || !URL.canParse(realm)) continue;
    const scopes = (parameters['scope'] ?? '').split(/\s+/).filter(Boolean);
    return {
      scheme: { kind: 'bearer', realm: safeRealm(new URL(realm), registryUrl), service: parameters['service'] },
      scopes,
      error: parameters['error'] ?? '',
    };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: { kind: 'basic' }, scopes: [], error: '' } : undefined;
}

function safeRealm(realm: URL, registry: URL): URL {
  const tls = realm.protocol === 'https:' || (realm.protocol === 'http:' && registry.protocol === 'http:');
  const sameMachine = realm.hostname === registry.hostname || (isLoopback(realm.hostname) && isLoopback(registry.hostname));
  const elsewhere = isOnlyLocal(realm.hostname) && !sameMachine;
  if (tls && !elsewhere) return realm;
  throw new ToolError(
    'AUTH',
    `The registry ${registry.host} names ${redactUrl(realm.href)} as its token server, ${tls ? 'a local address' : 'which has no TLS'}; ` +
      'credentials are not sent there.',
    {
      hint: 'Check the URL of the registry, and the token realm in its configuration.',
    },
  );
}
