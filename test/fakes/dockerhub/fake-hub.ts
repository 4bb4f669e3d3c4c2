import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import { json } from './reply.ts';
import { answerRegistryApi, type Grants } from './registry-api.ts';
import { answerRest, type FakeAccount, type RestOptions } from './rest.ts';
import { HubStore } from './store.ts';

/** May do everything. */
export const OWNER: FakeAccount = { name: 'anna', token: 'dckr_pat_owner0815-does-it-all', may: 'write' };

export interface FakeHubOptions {
  readonly accounts?: readonly FakeAccount[];
  readonly maxPage?: number;
}

export interface FakeHub extends FakeServer {
  readonly store: HubStore;
  /** Where the API is. */
  readonly api: string;
  /** Pulls that are left to the account. */
  readonly pulls: { left: number };
  /** Ends all tokens of the API, as time does. */
  logOut(): void;
}

/** Docker Hub on 127.0.0.1: its API below `/hub`, and its registry. */
export async function startFakeHub({ accounts = [OWNER], maxPage = 100 }: FakeHubOptions = {}): Promise<FakeHub> {
  const store = new HubStore();
  const grants: Grants = new Map();
  const pulls = { left: 200 };
  const rest: RestOptions = { store, accounts, maxPage, sessions: new Map() };
  const server = await startFakeServer({
    answer(request, url) {
      if (request.path.startsWith('/hub/')) return answerRest(request, rest);
      if (/^\/(?:v2\/|token\?)/.test(request.path)) return answerRegistryApi(request, { ...rest, grants, pulls, url });
      return json(404, { message: 'not found' });
    },
    headers: { server: 'nginx' },
    keeps: () => false,
  });
  return { ...server, store, pulls, api: `${server.url}/hub`, logOut: () => rest.sessions.clear() };
}
