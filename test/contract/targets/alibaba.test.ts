import { createPing } from '../../../src/distribution/ping.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { createAlibabaRegistry } from '../../../src/registry/alibaba/create-registry.ts';
import { type FakeAlibaba, OWNER, startFakeAlibaba } from '../../fakes/alibaba/fake-alibaba.ts';
import type { FakeAccount } from '../../fakes/alibaba/signature.ts';
import { testClock } from '../../unit/http/test-client.ts';
import { type Account, type Answers, type Kind, RETRY_AFTER, type TrueManifest, type Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import { ociKind } from './oci-target.ts';

const accounts: Record<Account, FakeAccount> = {
  owner: OWNER,
  reader: {
    accessKeyId: 'LTAI5tReaderReaderRead',
    accessKeySecret: 'reader-secret-4711-reads-it-all',
    may: (operation) => !operation.startsWith('Delete'),
  },
  stranger: { ...OWNER, accessKeySecret: 'stranger-secret-1234-guesses-it' },
};

function answer(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ Code: code, IsSuccess: false, RequestId: 'C3' }),
  };
}

const answers: Answers = {
  unauthorized: answer(401, 'InvalidAccessKeyId.Inactive'),
  forbidden: answer(403, 'NoPermission'),
  repositoryGone: answer(200, 'REPO_NOT_EXIST'),
  manifestGone: answer(200, 'TAG_NOT_EXIST'),
  locked: answer(200, 'TAG_LOCKED'),
  throttled: answer(429, 'Throttling.User', { 'retry-after': String(RETRY_AFTER) }),
  unavailable: answer(503, 'ServiceUnavailable', { 'retry-after': '1' }),
};

const KINDS: Readonly<Record<string, Kind>> = { DeleteRepoTag: 'delete', GetAuthorizationToken: 'token', ListInstanceEndpoint: 'other' };

function kindOf(request: Seen): Kind {
  const operation = request.headers['x-acs-action'];
  if (operation !== undefined) return KINDS[String(operation)] ?? 'list';
  return request.path.startsWith('/auth') ? 'token' : ociKind(request);
}

runContract({
  name: 'alibaba on the fake',
  skips: {
    listUntagged: 'the API lists tags, and no manifest without one',
    pulledAt: 'the API has no pull times',
    attachments: 'what is attached by digest alone is not listed',
    vulnerability: 'scans are not read',
    archive: 'Alibaba Cloud has no archive',
    undo: 'Alibaba Cloud says that what is deleted cannot be recovered',
    tagsOf: 'the API tells the digest of a tag, and not the other way round',
    locks: 'no call makes one tag undeletable',
    deletionSwitch: 'deletion cannot be switched off',
    restoreLabels: 'there are no labels that users put on an image',
    referrers: 'what is attached by digest alone is not listed',
    keepsUntagged: 'what becomes of what has no tag is not published',
    retryAfter: 'calls are signed anew for each try, so that the waits are those of the adapter',
  },
  referrersApi: false,
  pageSize: 100,
  answers,
  kindOf,
  isRead: (request) => ['GET', 'HEAD'].includes(request.method) || ['list', 'other'].includes(kindOf(request)),
  concerns: ({ path }, repository) =>
    path.includes(Buffer.from(repository).toString('hex')) || path.includes(repository.split('/').at(-1)!),
  // The repository and its tags; a password for `/v2/` and a token; the domains, and how to log in, which also tells the instance.
  requestsFor: ({ manifests, configs }) => ({ list: 2, manifest: manifests, blob: configs, token: 2, other: 2 }),
  shorten(whole: Answer) {
    const body = JSON.parse(String(whole.body)) as { Images?: unknown[] };
    const { 'content-length': _length, ...headers } = whole.headers ?? {};
    return { ...whole, headers, body: JSON.stringify({ ...body, ...(body.Images && { Images: body.Images.slice(0, -1) }) }) };
  },
  async start() {
    const alibaba = await startFakeAlibaba({ accounts: [accounts.owner, accounts.reader] });
    const { store } = alibaba;
    return {
      url: alibaba.url,
      answer: alibaba.answer,
      secrets: Object.values(accounts).map(({ accessKeySecret }) => accessKeySecret),
      async push(repository, pushes) {
        for (const { thing, tags, pushedAt } of pushes) {
          store.now = () => (pushedAt === undefined ? Date.now() : Date.parse(pushedAt));
          store.push(repository, thing, tags);
        }
        store.now = Date.now;
      },
      names({ path }, digest) {
        const query = new URL(path, 'http://api').searchParams;
        return store.digests.get(`${query.get('RepoId')} ${query.get('Tag')}`) === digest;
      },
      truth: async (repository) => truthOf(alibaba, repository),
      repositories: async () => [...store.repositories.keys()],
      connect({ name, url, http, account }) {
        const { accessKeyId, accessKeySecret } = accounts[account];
        return createAlibabaRegistry({
          name,
          url,
          http,
          endpoint: url,
          ping: createPing(http, url),
          credentials: async () => undefined,
          cloudCredentials: async () => ({ accessKeyId, accessKeySecret }),
          clock: testClock(),
        });
      },
      stop: () => alibaba.close(),
    };
  },
});

/** What tags lead to. */
function truthOf({ store }: FakeAlibaba, name: string): Truth {
  const repository = store.repositories.get(name);
  if (!repository) return { tags: {}, manifests: {} };
  const tags = [...repository.tags.values()];
  const manifests = [...store.used(repository)].map((digest): [Digest, TrueManifest] => {
    const { mediaType, bytes } = repository.manifests.get(digest)!;
    const own = tags.filter((tag) => tag.digest === digest);
    const tagTimes = Object.fromEntries(own.map(({ tag, updated }) => [tag, new Date(updated).toISOString()]));
    const pushedAt = Object.values(tagTimes).toSorted()[0];
    return [digest, { mediaType, bytes, ...(pushedAt !== undefined && { tagTimes, pushedAt }) }];
  });
  return { tags: Object.fromEntries(tags.map(({ tag, digest }) => [tag, digest])), manifests: Object.fromEntries(manifests) };
}
