import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import type { Account } from './accounts.ts';
import { answerOci } from './oci-api.ts';
import { answerOwn } from './own-api.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { AcrStore } from './store.ts';
import { Tokens } from './tokens.ts';

export interface FakeAcrOptions {
  readonly accounts: readonly Account[];
  /** The registry is in the mode "RBAC Registry + ABAC Repository Permissions". */
  readonly abac?: boolean;
  /** Anybody may pull. Default false. */
  readonly anonymousPull?: boolean;
  /** Default true. */
  readonly referrersApi?: boolean;
  /** False: lists come in the order of their names, whatever is asked for. */
  readonly sorts?: boolean;
  /** Longest page; default 1000. */
  readonly maxPage?: number;
  /** Key and certificate of a server with TLS, as the official client wants it. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A running registry. */
export interface FakeAcr extends FakeServer {
  readonly store: AcrStore;
  readonly tokens: Tokens;
}

/**
 * An Azure Container Registry on 127.0.0.1 that keeps everything in memory: `/acr/v1`, `/v2` and `/oauth2`, with its paging, locks and
 * refusals, as far as cleaning up meets them. No source of it is public; what it does is in its documentation, its swagger file, its
 * clients and their issues.
 */
export async function startFakeAcr(options: FakeAcrOptions): Promise<FakeAcr> {
  const { accounts, abac = false, anonymousPull = false, referrersApi = true, maxPage = 1000, sorts = true, tls } = options;
  const store = new AcrStore();
  const tokens = new Tokens(accounts, abac, anonymousPull);

  function answer(request: Seen, own: string): Reply {
    const scheme = tls ? 'https' : 'http';
    // Behind a proxy that leaves the Host header as it is, the registry is known by that name.
    const host = String(request.headers['host'] ?? new URL(own).host);
    const url = new URL(request.path, `${scheme}://${host}`);
    if (url.pathname === '/oauth2/exchange' || url.pathname === '/oauth2/token') return tokens.answer(request, url.pathname, host);
    if (url.pathname === '/v2/') {
      if (!tokens.isKnown(request)) throw tokens.challenge(host, scheme);
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
    }
    const authorize = (repository: string, action: string): void => tokens.authorize(request, host, scheme, repository, action);
    const context = { store, maxPage, sorts, referrersApi, authorize };
    if (url.pathname.startsWith('/v2/')) return answerOci(context, request, url);
    if (url.pathname.startsWith('/acr/v1/')) return answerOwn(context, host, request, url);
    return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' };
  }

  const headers = { 'docker-distribution-api-version': 'registry/2.0', 'x-ms-correlation-request-id': 'f00' };
  const server = await startFakeServer({ answer, headers, keeps: (path) => !path.startsWith('/v2/'), tls });
  return { ...server, store, tokens };
}
