import type { Credentials } from '../../../src/auth/credentials.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { createQuayRegistry } from '../../../src/registry/quay/create-registry.ts';
import { type FakeQuay, OWNER, startFakeQuay } from '../../fakes/quay/fake-quay.ts';
import type { FakeAccount } from '../../fakes/quay/rest.ts';
import { type Account, type Answers, type Kind, RETRY_AFTER, type TrueManifest, type Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';

const accounts: Record<Account, FakeAccount> = {
  owner: OWNER,
  reader: { token: 'reader-token-4711-reads-it-all', scopes: ['repo:read'] },
  stranger: { token: 'stranger-token-1234-guesses', scopes: [] },
};

function refusal(status: number, type: string, detail: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = { detail, error_message: detail, error_type: type, title: type, type: `http://quay/api/v1/error/${type}`, status };
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

const answers: Answers = {
  unauthorized: refusal(401, 'invalid_token', 'The access token could not be validated'),
  forbidden: refusal(403, 'insufficient_scope', 'Unauthorized'),
  repositoryGone: refusal(404, 'not_found', 'Not Found'),
  manifestGone: refusal(404, 'not_found', 'Not Found'),
  locked: refusal(409, 'tag_immutable', "Cannot delete immutable tag 'old'"),
  throttled: { status: 429, headers: { 'content-type': 'text/html', 'retry-after': String(RETRY_AFTER) }, body: '<html></html>' },
  unavailable: { status: 503, headers: { 'content-type': 'text/html', 'retry-after': '1' }, body: '<html></html>' },
};

function kindOf({ method, path }: Seen): Kind {
  if (path.startsWith('/v2/auth')) return 'token';
  if (path.includes('/blobs/')) return 'blob';
  if (path.includes('/referrers/')) return 'list';
  if (method === 'DELETE') return 'delete';
  if (method === 'POST') return 'put';
  if (path.includes('/manifest/')) return 'manifest';
  return path.startsWith('/api/v1/repository') ? 'list' : 'other';
}

runContract({
  name: 'quay on the fake',
  skips: {
    listUntagged: 'Quay shows nothing without a tag but what an index with a tag lists',
    pushedAt: 'Quay tells when a tag was set, and not when its image was pushed',
    attachments: 'what is attached by digest alone is listed by its type alone, and not read',
    vulnerability: 'Quay tells scans of one image a request, and they are read where a rule asks for them',
    archive: 'Quay has no archive',
    tagsOf: 'Quay tells the digest of a tag, and not the other way round',
    totals: 'Quay does not say how long a list is',
    deletionSwitch: 'Quay cannot have deletion switched off, but one repository can be read-only, and its plan is then empty',
    restoreLabels: 'labels that users have put on an image are not read',
    referrers: 'what is attached by digest alone can be deleted by nobody, and is told in a note',
    keepsUntagged: 'Quay collects what has no tag, and it comes back with a tag alone',
  },
  referrersApi: false,
  pageSize: 100,
  answers,
  kindOf,
  isOptional: ({ path }) => path.includes('/referrers/'),
  requestsFor: ({ manifests, configs }) => ({
    // The repository, its tags, and what is attached to each manifest.
    list: 2 + manifests,
    // Each by itself, and when it was pulled.
    manifest: 2 * manifests,
    blob: configs,
    token: 1,
    // What is switched on, and how to log in.
    other: 2,
  }),
  async start() {
    const quay = await startFakeQuay({ accounts: [accounts.owner, accounts.reader], autoPrune: false });
    const { store } = quay;
    store.organization('team');
    return {
      url: quay.url,
      answer: quay.answer,
      secrets: Object.values(accounts).map(({ token }) => token),
      async push(repository, pushes) {
        for (const { thing, tags, pushedAt, pulledAt } of pushes) {
          store.now = () => (pushedAt === undefined ? Date.now() : Date.parse(pushedAt));
          store.push(repository, thing, tags, pulledAt === undefined ? undefined : Date.parse(pulledAt));
        }
        store.now = Date.now;
      },
      truth: async (repository) => truthOf(quay, repository),
      repositories: async () => [...store.repositories.keys()],
      async lock(repository, tag) {
        store.tag(store.repository(repository), tag)!.immutable = true;
      },
      connect({ name, url, http, account }) {
        const known: Credentials = { username: '$oauthtoken', password: accounts[account].token };
        return createQuayRegistry({ name, url, http, namespaces: ['team'], credentials: async () => known });
      },
      stop: () => quay.close(),
    };
  },
});

/**
 * What there is once Quay has collected garbage. A child of an index that says what it is attached to stays without its index too, and
 * nobody sees it.
 */
function truthOf({ store }: FakeQuay, name: string): Truth {
  const repository = store.repositories.get(name);
  if (!repository) return { tags: {}, manifests: {} };
  const rows = store.alive(repository).filter(({ hidden }) => !hidden);
  const times = (digest: Digest): Record<string, string> =>
    Object.fromEntries(rows.filter((row) => row.digest === digest).map((row) => [row.name, seconds(row.start)]));
  const listed = new Set([...repository.manifests.values()].flatMap(({ json }) => (json.manifests ?? []).map((child) => child.digest)));
  const there = store.reachable(repository, ({ end, hidden, digest }) => end === undefined && !(hidden && listed.has(digest)));
  const manifests = [...there].map((digest): [Digest, TrueManifest] => {
    const { mediaType, bytes, lastPull } = repository.manifests.get(digest)!;
    const tagTimes = times(digest);
    return [
      digest,
      {
        mediaType,
        bytes,
        ...(lastPull !== undefined && { pulledAt: seconds(lastPull) }),
        ...(Object.keys(tagTimes).length > 0 && { tagTimes }),
      },
    ];
  });
  return { tags: Object.fromEntries(rows.map((row) => [row.name, row.digest])), manifests: Object.fromEntries(manifests) };
}

function seconds(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString();
}
