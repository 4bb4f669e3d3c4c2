import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import { json } from './reply.ts';
import { answerRegistryApi, type Grants } from './registry-api.ts';
import { answerRest, type FakeAccount } from './rest.ts';
import { QuayStore } from './store.ts';

/** May do everything. */
export const OWNER: FakeAccount = { token: 'owner-token-0815-does-it-all', scopes: ['repo:admin', 'org:admin'] };

export interface FakeQuayOptions {
  readonly accounts?: readonly FakeAccount[];
  readonly repositoriesPage?: number;
  /** FEATURE_IMAGE_PULL_STATS */
  readonly pullStatistics?: boolean;
  /** FEATURE_SECURITY_SCANNER. Default false. */
  readonly securityScanner?: boolean;
  /** FEATURE_AUTO_PRUNE */
  readonly autoPrune?: boolean;
  /** FEATURE_IMMUTABLE_TAGS */
  readonly immutability?: boolean;
}

export interface FakeQuay extends FakeServer {
  readonly store: QuayStore;
}

/** A Quay on 127.0.0.1, made by what was seen on a running one (3.18): the API whole as far as it is used, and `/v2/` for reading. */
export async function startFakeQuay(options: FakeQuayOptions = {}): Promise<FakeQuay> {
  const {
    accounts = [OWNER],
    repositoriesPage = 100,
    pullStatistics = true,
    autoPrune = true,
    immutability = true,
    securityScanner = false,
  } = options;
  const store = new QuayStore();
  const grants: Grants = new Map();
  const rest = { store, accounts, repositoriesPage, pullStatistics, autoPrune, immutability, securityScanner };
  const server = await startFakeServer({
    answer(request, url) {
      if (request.path.startsWith('/api/v1/')) return answerRest(request, rest);
      return request.path.startsWith('/v2/') ? answerRegistryApi(request, { ...rest, grants, url }) : json(404, { error: 'Not Found' });
    },
    headers: { server: 'nginx' },
    keeps: (path) => path.startsWith('/api/v1/'),
  });
  return { ...server, store };
}
