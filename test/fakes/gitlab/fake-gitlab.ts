import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { type FakeAccount, MAINTAINER } from './accounts.ts';
import { answerRegistryApi, answerTokenRequest } from './registry-api.ts';
import { json } from './reply.ts';
import { answerRest } from './rest.ts';
import { GitlabStore } from './store.ts';

export interface FakeGitlabOptions {
  readonly accounts?: readonly FakeAccount[];
  /** The longest page of the API. Default 100. */
  readonly pageSize?: number;
  /** The registry has a metadata database. Default true. */
  readonly hasDatabase?: boolean;
  /** It is 18.7 or later. Default true. */
  readonly listsTagRules?: boolean;
  /** False: deletion is switched off in the registry. */
  readonly deletes?: boolean;
}

/** A running GitLab: the server is its registry, and `gitlab` the GitLab itself, at another address. */
export interface FakeGitlab extends FakeServer {
  readonly gitlab: FakeServer;
  readonly store: GitlabStore;
}

/**
 * A GitLab on 127.0.0.1 with its container registry, as far as cleaning up meets them. No source of it is GitLab's; what it does was read
 * there (18.x, lib/api and app/services). With `together` both answer at one address.
 */
export async function startFakeGitlab(options: FakeGitlabOptions & { readonly together?: boolean } = {}): Promise<FakeGitlab> {
  const { accounts = [MAINTAINER], pageSize = 100, hasDatabase = true, listsTagRules = true, deletes = true, together = false } = options;
  const store = new GitlabStore();
  const grants = new Map<string, ReadonlySet<string>>();
  const rest = { store, accounts, pageSize, hasDatabase, listsTagRules, deletes };

  function answerApi(request: Seen, url: string): Reply {
    if (request.path.startsWith('/api/v4/')) return answerRest(request, url, rest);
    if (request.path.startsWith('/jwt/auth')) return answerTokenRequest(request, { ...rest, grants, url, apiUrl: url });
    return { status: 302, headers: { location: `${url}/users/sign_in` } };
  }

  const keeps = (): boolean => false;
  const headers = { 'x-request-id': '01JDFAKE' };
  const gitlab = together ? undefined : await startFakeServer({ answer: answerApi, headers, keeps });
  const registry = await startFakeServer({
    answer(request, url) {
      if (request.path.startsWith('/v2/')) return answerRegistryApi(request, { ...rest, grants, url, apiUrl: gitlab?.url ?? url });
      return gitlab ? json(404, {}) : answerApi(request, url);
    },
    headers,
    keeps,
  });
  return {
    ...registry,
    store,
    gitlab: gitlab ?? registry,
    async close() {
      await gitlab?.close();
      await registry.close();
    },
  };
}
