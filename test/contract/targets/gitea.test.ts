import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../src/auth/credentials.ts';
import { newPushSession, push } from '../../../src/demo/push.ts';
import { isDigest } from '../../../src/domain/digest.ts';
import { createGiteaRegistry } from '../../../src/registry/gitea/create-registry.ts';
import type { FakeAccount } from '../../fakes/gitea/accounts.ts';
import { type FakeGitea, startFakeGitea } from '../../fakes/gitea/fake-gitea.ts';
import type { Account, Answers, Kind, TrueManifest, Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import { OCI_ANSWERS, ociKind } from './oci-target.ts';

const accounts: Record<Account, FakeAccount> = {
  owner: { name: 'boss', token: 'owner-token-0815', scopes: ['write:package'], owners: ['team'] },
  reader: { name: 'reader', token: 'reader-token-4711', scopes: ['read:package'], owners: ['team'] },
  stranger: { name: 'stranger', token: 'stranger-token-1234', scopes: ['write:package'], owners: ['team'] },
};

function message(status: number, text: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: text, url: 'http://gitea/api/swagger' }),
  };
}

const answers: Answers = {
  ...OCI_ANSWERS,
  unauthorized: message(401, "user's password is invalid"),
  forbidden: message(403, 'user should have specific permission or be a site admin'),
  manifestGone: message(404, 'package does not exist'),
  locked: message(403, 'user should have specific permission or be a site admin'),
};

function kindOf(request: Seen): Kind {
  const { method, path } = request;
  if (path.startsWith('/v2/token')) return 'token';
  if (method === 'DELETE') return 'delete';
  return path.startsWith('/api/v1/packages/') ? 'list' : ociKind(request);
}

runContract({
  name: 'gitea on the fake',
  skips: {
    pulledAt: 'Gitea counts pulls, and does not tell when they were',
    vulnerability: 'Gitea scans nothing',
    archive: 'Gitea has no archive',
    cascades: 'Gitea deletes what it is told to and nothing else',
    undo: 'Gitea gives up the blobs of what is deleted at once',
    tagsOf: 'Gitea tells the digest of a tag, and not the other way round',
    locks: 'Gitea has no tags that cannot be deleted',
    holdsChildren: 'Gitea deletes what an index lists without a word',
    deletionSwitch: 'deletion cannot be switched off in Gitea',
    restoreLabels: 'Gitea has no labels that users put on an image',
  },
  referrersApi: false,
  dropsOverwritten: true,
  pageSize: 100,
  answers,
  kindOf,
  isOptional: ({ path }) => path.includes('/referrers/'),
  requestsFor: ({ tags, manifests, tagged, lost, configs }) => ({
    // Whether the repository is there; all versions on one page; and whether anybody tells what is attached.
    list: 3,
    manifest: tags + manifests - tagged + lost,
    blob: configs,
    token: 1,
    other: 1,
  }),
  shorten(answer) {
    const list = JSON.parse(String(answer.body)) as unknown;
    return Array.isArray(list) ? { ...answer, body: JSON.stringify(list.slice(0, -1)) } : answer;
  },
  async start() {
    const gitea = await startFakeGitea({ accounts: [accounts.owner, accounts.reader], pageSize: 100, takesNested: true });
    const { store } = gitea;
    return {
      url: gitea.url,
      answer: gitea.answer,
      secrets: Object.values(accounts).map(({ token }) => token),
      async push(repository, pushes) {
        const { name: user, token: password } = accounts.owner;
        const options = { session: newPushSession(), auth: { user, password } };
        for (const { thing, tags, pushedAt } of pushes) {
          store.now = () => (pushedAt === undefined ? Date.now() : Date.parse(pushedAt));
          await push(gitea, repository, thing, tags, options);
        }
        store.now = Date.now;
      },
      truth: async (repository) => truthOf(gitea, repository),
      repositories: async () => [...store.versions.keys()],
      connect({ name, url, http, account }) {
        const { name: username, token: password } = accounts[account];
        const known: Credentials = { username, password };
        const credentials = async (): Promise<Credentials> => known;
        const auth = createRegistryAuth({ http, registry: name, url, credentials });
        return createGiteaRegistry({ name, url, http, send: (request, scopes) => auth.send(request, scopes), credentials });
      },
      stop: () => gitea.close(),
    };
  },
});

function truthOf({ store }: FakeGitea, repository: string): Truth {
  const versions = store.of(repository);
  const tagged = versions.filter(({ version }) => !isDigest(version));
  const manifests = new Map<string, TrueManifest>();
  for (const { digest } of versions) {
    const { mediaType, bytes } = store.registry.repository(repository).manifests.get(digest)!;
    const own = versions.filter((one) => one.digest === digest);
    const tags = own.filter(({ version }) => !isDigest(version));
    manifests.set(digest, {
      mediaType,
      bytes,
      pushedAt: seconds(Math.max(...own.map(({ createdAt }) => createdAt))),
      ...(tags.length > 0 && { tagTimes: Object.fromEntries(tags.map(({ version, createdAt }) => [version, seconds(createdAt)])) }),
    });
  }
  return { tags: Object.fromEntries(tagged.map(({ version, digest }) => [version, digest])), manifests: Object.fromEntries(manifests) };
}

function seconds(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString();
}
