import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import { json } from './reply.ts';
import { answerRegistryApi, type Grants } from './registry-api.ts';
import { answerRest, type FakeAccount, type RestOptions } from './rest.ts';
import { GhcrStore } from './store.ts';

/** May do everything; a user of that name may have packages too. */
export const OWNER: FakeAccount = {
  token: 'ghp_owner0815owner0815owner0815owner0815',
  login: 'anna',
  scopes: ['delete:packages', 'write:packages'],
  isAdmin: true,
};

export interface FakeGhcrOptions {
  readonly accounts?: readonly FakeAccount[];
  readonly maxPage?: number;
}

export interface FakeGhcr extends FakeServer {
  readonly store: GhcrStore;
  /** Where the REST API is. */
  readonly api: string;
  readonly budget: RestOptions['budget'];
}

/** GitHub on 127.0.0.1, as an Enterprise Server: its packages by REST, and its container registry. */
export async function startFakeGhcr({ accounts = [OWNER], maxPage = 100 }: FakeGhcrOptions = {}): Promise<FakeGhcr> {
  const store = new GhcrStore();
  const grants: Grants = new Map();
  const budget = { remaining: 5000, reset: Math.floor(Date.now() / 1000) + 3600 };
  const rest: RestOptions = { store, accounts, maxPage, budget };
  const server = await startFakeServer({
    answer(request, url) {
      if (request.path.startsWith('/api/v3/')) return answerRest(request, rest);
      if (/^\/(?:v2\/|token\?)/.test(request.path)) return answerRegistryApi(request, { ...rest, grants, url });
      return json(404, { message: 'Not Found' });
    },
    headers: { server: 'github.com', 'x-github-request-id': 'C0DE:4711' },
    keeps: () => false,
  });
  return { ...server, store, budget, api: `${server.url}/api/v3` };
}
