import type { Credentials } from '../../../src/auth/credentials.ts';
import { asDigest } from '../../digest.ts';
import { createGhcrRegistry } from '../../../src/registry/ghcr/create-registry.ts';
import { type FakeGhcr, OWNER, startFakeGhcr } from '../../fakes/ghcr/fake-ghcr.ts';
import type { FakeAccount } from '../../fakes/ghcr/rest.ts';
import { testClock } from '../../unit/http/test-client.ts';
import { type Account, type Answers, type Kind, RETRY_AFTER, type TrueManifest, type Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';

/** The whole history fits on one; a list of several is read twice. */
const PAGE = 50;

const accounts: Record<Account, FakeAccount> = {
  owner: OWNER,
  reader: { token: 'ghp_reader4711reader4711reader4711reader', login: 'rita', scopes: ['read:packages'], isAdmin: false },
  stranger: { token: 'ghp_stranger1234stranger1234stranger1234', login: 'otto', scopes: [], isAdmin: false },
};

/** Errors of the REST API, which those of `/v2/` are told from by nothing but their body. */
function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) };
}

const answers: Answers = {
  unauthorized: refusal(401, 'Bad credentials'),
  forbidden: refusal(403, 'Must have admin rights to Repository.'),
  repositoryGone: refusal(404, 'Package not found.'),
  manifestGone: refusal(404, 'Package not found.'),
  locked: refusal(400, 'Publicly visible package versions with more than 5000 downloads cannot be deleted. Contact GitHub support.'),
  // Its secondary limit.
  throttled: refusal(403, 'You have exceeded a secondary rate limit.', { 'retry-after': String(RETRY_AFTER) }),
  unavailable: refusal(503, 'No server is currently available to service your request.', { 'retry-after': '1' }),
};

function kindOf({ method, path }: Seen): Kind {
  if (path.startsWith('/token')) return 'token';
  if (path.includes('/blobs/')) return 'blob';
  if (method === 'DELETE') return 'delete';
  if (method === 'POST' || method === 'PUT') return 'put';
  if (path.includes('/manifests/')) return 'manifest';
  return path.includes('/packages') ? 'list' : 'other';
}

runContract({
  name: 'ghcr on the fake',
  skips: {
    deleteTag: 'GitHub deletes a version with all its tags',
    pulledAt: 'GitHub tells no pulls',
    tagTimes: 'GitHub tells when a version was last changed, and not when a tag was set',
    vulnerability: 'GitHub scans no images',
    archive: 'GitHub has no archive',
    cascades: 'GitHub deletes what it is told to and nothing else',
    totals: 'GitHub does not say how long a list is',
    locks: 'GitHub has no locks, and what it refuses to delete no list tells',
    guardsTags: 'GitHub takes off no single tag',
    holdsChildren: 'GitHub deletes what an index lists',
    deletionSwitch: 'GitHub cannot have deletion switched off, but by rights',
    restoreLabels: 'its registry has no labels that users put on an image',
  },
  referrersApi: true,
  pageSize: PAGE,
  answers,
  kindOf,
  requestsFor: ({ manifests, configs }) => ({
    list: 1,
    manifest: manifests,
    blob: configs,
    token: 1,
    // Who the owner is, and how to log in.
    other: 2,
  }),
  async start() {
    const server = await startFakeGhcr({ accounts: [accounts.owner, accounts.reader, accounts.stranger], maxPage: PAGE });
    const { store } = server;
    // No client must count on it that tags come back with a version.
    store.restoresTags = 'none';
    store.keepsFormerLists = false;
    return {
      url: server.url,
      answer: server.answer,
      secrets: Object.values(accounts).map(({ token }) => token),
      async push(repository, pushes) {
        for (const { thing, tags, pushedAt } of pushes) {
          store.now = () => (pushedAt === undefined ? Date.now() : Date.parse(pushedAt));
          store.push(repository, thing, tags);
        }
        store.now = Date.now;
      },
      truth: async (repository) => truthOf(server, repository),
      names({ path }, digest) {
        const id = Number(/\/versions\/(\d+)$/.exec(path)?.[1]);
        return [...store.packages.values()].some(({ versions }) => versions.some((one) => one.id === id && one.digest === digest));
      },
      repositories: async () => [...store.packages.keys()],
      connect({ name, url, http, account }) {
        const known: Credentials = { username: accounts[account].login, password: accounts[account].token };
        const clock = testClock();
        return createGhcrRegistry({ name, url, http, endpoint: `${url}/api/v3`, owners: ['team'], credentials: async () => known, clock });
      },
      stop: () => server.close(),
    };
  },
});

function truthOf({ store }: FakeGhcr, repository: string): Truth {
  const stored = store.packages.get(repository);
  if (!stored) return { tags: {}, manifests: {} };
  const versions = store.alive(stored);
  return {
    tags: Object.fromEntries(versions.flatMap(({ tags, digest }) => [...tags].map((tag) => [tag, asDigest(digest)]))),
    manifests: Object.fromEntries(
      versions.map(({ digest, mediaType, bytes, createdAt }): [string, TrueManifest] => [
        digest,
        { mediaType, bytes, pushedAt: new Date(Math.floor(createdAt / 1000) * 1000).toISOString() },
      ]),
    ),
  };
}
