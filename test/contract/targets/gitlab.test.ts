import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../src/auth/credentials.ts';
import { newPushSession, push } from '../../../src/demo/push.ts';
import { createPing } from '../../../src/distribution/ping.ts';
import { createGitlabRegistry } from '../../../src/registry/gitlab/create-registry.ts';
import { type FakeAccount, MAINTAINER, ROLES } from '../../fakes/gitlab/accounts.ts';
import { type FakeGitlab, startFakeGitlab } from '../../fakes/gitlab/fake-gitlab.ts';
import type { Account, Answers, Kind, Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import { OCI_ANSWERS, ociKind } from './oci-target.ts';

const accounts: Record<Account, FakeAccount> = {
  owner: MAINTAINER,
  reader: { token: 'glpat-reader-4711', kind: 'access', scopes: ['read_api'], role: ROLES.maintainer },
  stranger: { token: 'glpat-stranger-1234', kind: 'access', scopes: ['api'], role: ROLES.maintainer },
};

function message(status: number, text: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message: text }) };
}

const answers: Answers = {
  ...OCI_ANSWERS,
  unauthorized: message(401, '401 Unauthorized'),
  forbidden: message(403, '403 Forbidden'),
  repositoryGone: message(404, '404 Project Not Found'),
  manifestGone: message(404, '404 Tag Not Found'),
  locked: message(403, '403 Forbidden - cannot delete protected tag(s)'),
};

function kindOf(request: Seen): Kind {
  const { method, path } = request;
  if (path.startsWith('/jwt/auth')) return 'token';
  if (!path.startsWith('/api/v4/')) return ociKind(request);
  if (method === 'DELETE') return 'delete';
  return path.includes('/registry/repositories') ? 'list' : 'other';
}

runContract({
  name: 'gitlab on the fake',
  skips: {
    listUntagged: 'GitLab lists tags and nothing else',
    pushedAt: 'GitLab does not tell when an image was pushed',
    pulledAt: 'GitLab records no pulls',
    tagTimes: 'GitLab tells when a tag of that name was set first, wherever it was moved since',
    vulnerability: 'GitLab tells scans elsewhere, and they are not read',
    archive: 'GitLab has no archive',
    cascades: 'GitLab deletes tags alone, and what no tag leads to later',
    tagsOf: 'GitLab tells the digest of a tag, and not the other way round',
    totals: 'GitLab does not say how long a list is that comes by keyset',
    restoreLabels: 'GitLab has no labels that users put on an image',
    keepsUntagged: 'GitLab collects what has no tag',
    holdsChildren: 'what has no tag is not deleted by anybody, whether an index lists it or not',
  },
  referrersApi: false,
  pageSize: 10,
  answers,
  kindOf,
  concerns: ({ path }, repository) =>
    path.includes(repository) || path.includes(encodeURIComponent(repository)) || path.includes('/registry/repositories'),
  isOptional: ({ path }) => path.includes('/referrers/') || path.includes('/registry/protection/'),
  requestsFor: ({ tags, manifests, tagged, lost, configs }) => ({
    // The repositories of its project; its tags; and whether anybody tells what is attached.
    list: 1 + Math.ceil(tags / 10) + 1,
    manifest: tags + manifests - tagged + lost,
    blob: configs,
    token: 1,
    // How to log in; the project, and what protects its tags.
    other: 3,
  }),
  async start({ deletion }) {
    const gitlab = await startFakeGitlab({ accounts: [accounts.owner, accounts.reader], pageSize: 10, deletes: deletion, together: true });
    const { store } = gitlab;
    const project = store.addProject('team/deep');
    return {
      url: gitlab.url,
      answer: gitlab.answer,
      secrets: Object.values(accounts).map(({ token }) => token),
      async push(repository, pushes) {
        const options = { session: newPushSession(), auth: { user: 'any', password: MAINTAINER.token } };
        for (const { thing, tags } of pushes) await push(gitlab, repository, thing, tags, options);
        store.collectManifests(repository);
      },
      truth: async (repository) => truthOf(gitlab, repository),
      repositories: async () => store.repositories().map(({ path }) => path),
      async lock(_repository, tag) {
        const rule = { tag_name_pattern: `^${tag}$`, minimum_access_level_for_push: 'owner', minimum_access_level_for_delete: 'owner' };
        project.rules.push(rule);
      },
      connect({ name, url, http, account }) {
        const known: Credentials = { username: 'any', password: accounts[account].token };
        const credentials = async (): Promise<Credentials> => known;
        const ping = createPing(http, url);
        const auth = createRegistryAuth({ http, registry: name, url, credentials, ping });
        const send = (...sent: Parameters<typeof auth.send>): ReturnType<typeof auth.send> => auth.send(...sent);
        return createGitlabRegistry({ name, url, http, ping, send, credentials, groups: ['team'] });
      },
      stop: () => gitlab.close(),
    };
  },
});

/** What there is once the registry has collected its garbage. */
function truthOf({ store }: FakeGitlab, path: string): Truth {
  store.collectManifests(path);
  const { tags, manifests } = store.registry.repository(path);
  return {
    tags: Object.fromEntries(tags),
    manifests: Object.fromEntries([...manifests].map(([digest, { mediaType, bytes }]) => [digest, { mediaType, bytes }])),
  };
}
