import type { Credentials } from '../../../src/auth/credentials.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { createHubRegistry } from '../../../src/registry/dockerhub/create-registry.ts';
import { type FakeHub, OWNER, startFakeHub } from '../../fakes/dockerhub/fake-hub.ts';
import type { FakeAccount } from '../../fakes/dockerhub/rest.ts';
import type { StoredManifest } from '../../fakes/dockerhub/store.ts';
import { type Account, type Answers, type Kind, RETRY_AFTER, type TrueManifest, type Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';

const PAGE = 30;

const accounts: Record<Account, FakeAccount> = {
  owner: OWNER,
  reader: { name: 'rita', token: 'dckr_pat_reader4711-reads-it-all', may: 'read' },
  stranger: { name: 'otto', token: 'dckr_pat_stranger1234-guesses', may: 'read' },
};

function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ message, errinfo: {} }) };
}

const answers: Answers = {
  unauthorized: refusal(401, 'token is expired or invalid'),
  forbidden: refusal(403, 'access to the resource is forbidden'),
  repositoryGone: refusal(404, 'httperror 404: object not found'),
  manifestGone: refusal(404, 'httperror 404: tag not found'),
  locked: refusal(403, 'tag is immutable and cannot be deleted'),
  throttled: refusal(429, 'Rate limit exceeded', { 'retry-after': String(RETRY_AFTER) }),
  unavailable: refusal(503, 'Service Unavailable', { 'retry-after': '1' }),
};

function kindOf({ method, path }: Seen): Kind {
  if (/^\/(?:token|hub\/v2\/auth\/)/.test(path)) return 'token';
  if (path.includes('/blobs/')) return 'blob';
  if (path.includes('/referrers/')) return 'list';
  if (method === 'DELETE') return 'delete';
  if (method === 'PUT') return 'put';
  if (path.includes('/manifests/')) return 'manifest';
  return path.startsWith('/hub/v2/namespaces') ? 'list' : 'other';
}

runContract({
  name: 'dockerhub on the fake',
  skips: {
    listUntagged: 'Docker Hub lists tags and what they lead to, and nothing else',
    createdAt: 'only the config of an image tells it, and reading its manifest counts as a pull',
    labels: 'only the config of an image tells them, and reading its manifest counts as a pull',
    annotations: 'only the manifest tells them, and reading it counts as a pull',
    artifactType: 'only the manifest tells it, and reading it counts as a pull',
    config: 'only the manifest tells it, and reading it counts as a pull',
    blobs: 'only the manifest tells them, and reading it counts as a pull',
    size: 'Docker Hub counts layers, and neither config nor manifest',
    attachments: 'what is attached by digest alone is listed by its type alone: reading it would be a pull',
    vulnerability: 'scans are told by another API',
    archive: 'Docker Hub has no archive',
    undo: 'Docker Hub restores nothing, and no copies are kept, since each would be a pull',
    deletionSwitch: 'Docker Hub cannot have deletion switched off, but by rights',
    restoreLabels: 'its registry has no labels that users put on an image',
    referrers: 'what is attached by digest alone stays when its image goes, and is told in a note',
    deepNames: 'a repository is named NAMESPACE/NAME',
    keepsUntagged: 'what has no tag stays stored, and is shown nowhere',
  },
  referrersApi: false,
  pageSize: PAGE,
  answers,
  kindOf,
  isOptional: ({ path }) => path.includes('/referrers/'),
  shorten(answer) {
    const body = JSON.parse(String(answer.body)) as { results?: object[] };
    body.results?.pop();
    const { 'content-length': _length, ...headers } = answer.headers ?? {};
    return { ...answer, headers, body: JSON.stringify(body) };
  },
  requestsFor: ({ tags, tagged }) => ({
    // The repository, its tags, and what is attached to each image with a tag.
    list: 1 + Math.ceil(tags / PAGE) + tagged,
    // Of the API, and of the registry, which has to say how.
    token: 2,
    other: 1,
  }),
  async start() {
    const hub = await startFakeHub({ accounts: [accounts.owner, accounts.reader], maxPage: PAGE });
    const { store } = hub;
    return {
      url: hub.url,
      answer: hub.answer,
      prefix: 'team',
      secrets: Object.values(accounts).map(({ token }) => token),
      async push(repository, pushes) {
        for (const { thing, tags, pushedAt, pulledAt } of pushes) {
          store.now = () => (pushedAt === undefined ? Date.now() : Date.parse(pushedAt));
          store.push(repository, thing, tags, pulledAt === undefined ? undefined : Date.parse(pulledAt));
        }
        store.now = Date.now;
      },
      truth: async (repository) => truthOf(hub, repository),
      repositories: async () => [...store.repositories.keys()],
      async lock(repository, tag) {
        store.repository(repository).immutable.push(`^${tag.replaceAll('.', '\\.')}$`);
      },
      connect({ name, url, http, account }) {
        const known: Credentials = { username: accounts[account].name, password: accounts[account].token };
        return createHubRegistry({ name, url, http, endpoint: `${url}/hub`, namespaces: ['team'], credentials: async () => known });
      },
      stop: () => hub.close(),
    };
  },
});

/** What Docker Hub shows: what has a tag, and the images that this holds, of which nothing more than their digests and times is told. */
function truthOf({ store }: FakeHub, path: string): Truth {
  const repository = store.repositories.get(path);
  if (!repository) return { tags: {}, manifests: {} };
  const tags = [...repository.tags.values()];
  const manifests = new Map<Digest, TrueManifest>();
  for (const { digest } of tags) {
    const { mediaType, json, lastPulled } = repository.manifests.get(digest)!;
    const own = tags.filter((tag) => tag.digest === digest);
    const images = json.manifests ? store.images(repository, digest).map(({ manifest }) => manifest) : [];
    const bytes = Buffer.from(JSON.stringify({ manifests: images.map((image) => ({ digest: image.digest })) }));
    const pulled = lastPulled === undefined ? {} : { pulledAt: iso(lastPulled) };
    const tagTimes = Object.fromEntries(own.map((tag) => [tag.name, iso(tag.lastPushed)]));
    manifests.set(digest, { mediaType, bytes, pushedAt: iso(Math.max(...own.map((tag) => tag.lastPushed))), ...pulled, tagTimes });
    for (const image of images) if (!tags.some((tag) => tag.digest === image.digest)) manifests.set(image.digest, shownOnly(image));
  }
  return { tags: Object.fromEntries(tags.map(({ name, digest }) => [name, digest])), manifests: Object.fromEntries(manifests) };
}

function shownOnly({ lastPushed, lastPulled }: StoredManifest): TrueManifest {
  const pulled = lastPulled === undefined ? {} : { pulledAt: iso(lastPulled) };
  return { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes: Buffer.from('{}'), pushedAt: iso(lastPushed), ...pulled };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
