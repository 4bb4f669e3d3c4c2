import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../src/auth/credentials.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { createNexusRegistry } from '../../../src/registry/nexus/create-registry.ts';
import { ADMIN, type FakeAccount } from '../../fakes/nexus/accounts.ts';
import { type FakeNexus, startFakeNexus } from '../../fakes/nexus/fake-nexus.ts';
import type { StoredRepository, StoredTag } from '../../fakes/nexus/store.ts';
import type { Account, Answers, Kind, TrueManifest, Truth } from '../contract-target.ts';
import type { Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import { OCI_ANSWERS, ociKind } from './oci-target.ts';

/** More tags than the histories of the checks have. */
const PAGE = 40;

const accounts: Record<Account, FakeAccount> = {
  owner: ADMIN,
  reader: { name: 'reader', password: 'reads-it-all-4711', privileges: ['browse', 'read', 'admin-read'] },
  stranger: { name: 'stranger', password: 'guesses-it-all-1234', privileges: [] },
};

const answers: Answers = {
  ...OCI_ANSWERS,
  unauthorized: { status: 401, headers: { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' } },
  locked: { status: 400, headers: { 'content-type': 'text/plain' }, body: 'team v2/deep/app/manifests/old cannot be deleted' },
};

function kindOf(request: Seen): Kind {
  const { method, path } = request;
  if (!path.startsWith('/service/rest/')) return ociKind(request);
  if (method === 'DELETE') return 'delete';
  return path.startsWith('/service/rest/v1/components') ? 'list' : 'other';
}

/** Names begin with that of the Nexus repository, here `team`. */
runContract({
  name: 'nexus on the fake',
  skips: {
    listUntagged: 'the REST API of Nexus lists tags, and no manifest without one',
    attachments: 'what is attached by digest alone is not listed',
    vulnerability: 'Nexus has no scans of images',
    archive: 'Nexus has no archive',
    tagsOf: 'Nexus tells the digest of a tag, and not the other way round',
    totals: 'Nexus does not say how long a list is',
    locks: 'Nexus has no immutable tags, but one repository can be read-only, and its plan is then empty',
    deletionSwitch: 'deletion is not switched off for the whole of Nexus, but where all is read-only, plans are empty',
    restoreLabels: 'Nexus has no labels that users put on an image',
    referrers: 'Nexus has no list of what is attached, and what has no tag goes with the next garbage collection',
    keepsUntagged: 'what has no tag goes with the next garbage collection',
  },
  referrersApi: false,
  pageSize: PAGE,
  answers,
  kindOf,
  requestsFor: ({ manifests, configs }) => ({
    // The components of the Nexus repository, and the tags by the OCI API.
    list: 2,
    manifest: manifests,
    blob: configs,
    // The Nexus repositories, the settings of one, whether it is writable, and how to log in.
    other: 4,
  }),
  async start() {
    const nexus = await startFakeNexus({ pageSize: PAGE, accounts: [accounts.owner, accounts.reader] });
    const { store } = nexus;
    const team = store.repository('team');
    return {
      url: nexus.url,
      answer: nexus.answer,
      secrets: Object.values(accounts).map(({ password }) => password),
      async push(repository, pushes) {
        forgetOthers(team, imageOf(repository));
        for (const { thing, tags, pushedAt, pulledAt } of pushes) {
          store.now = () => (pushedAt === undefined ? Date.now() : Date.parse(pushedAt));
          store.push(team, imageOf(repository), thing, tags, pulledAt === undefined ? undefined : Date.parse(pulledAt));
        }
        store.now = Date.now;
      },
      names({ path }, digest) {
        return store.components.get(decodeURIComponent(path.split('/').at(-1)!))?.digest === digest;
      },
      truth: async (repository) => truthOf(nexus, imageOf(repository)),
      repositories: async () => [...new Set([...team.tags.values()].map(({ image }) => `team/${image}`))],
      connect({ name, url, http, account }) {
        const { name: username, password } = accounts[account];
        const known: Credentials = { username, password };
        const credentials = async (): Promise<Credentials> => known;
        const auth = createRegistryAuth({ http, registry: name, url, credentials });
        return createNexusRegistry({ name, url, http, credentials, send: (request, scopes) => auth.send(request, scopes) });
      },
      stop: () => nexus.close(),
    };
  },
});

/** Nexus lists the tags of all images at once: what other checks have left would only make that longer. */
function forgetOthers({ tags }: StoredRepository, image: string): void {
  const own = image
    .split('/')
    .slice(0, 2)
    .join('/')
    .replace(/-beside$/, '');
  for (const [key, tag] of tags) if (!tag.image.startsWith(own) && !tag.image.endsWith('/filled')) tags.delete(key);
}

function imageOf(repository: string): string {
  return repository.replace(/^team\//, '');
}

/** What there is once Nexus has collected what is unused. */
function truthOf({ store }: FakeNexus, image: string): Truth {
  const team = store.repository('team');
  const tags = store.tagsOf(team, image);
  const on = (digest: Digest): StoredTag[] => tags.filter((tag) => tag.digest === digest);
  const manifests = [...store.used(team, image)].map((digest): [Digest, TrueManifest] => {
    const { mediaType, bytes } = team.manifests.get(image)!.get(digest)!;
    const own = on(digest);
    const pulls = own.flatMap(({ lastDownloaded }) => lastDownloaded ?? []);
    return [
      digest,
      {
        mediaType,
        bytes,
        ...(own.length > 0 && { tagTimes: Object.fromEntries(own.map((tag) => [tag.tag, iso(tag.lastModified)])) }),
        ...(own.length > 0 && { pushedAt: iso(Math.min(...own.map((tag) => tag.lastModified))) }),
        ...(pulls.length > 0 && { pulledAt: iso(Math.max(...pulls)) }),
      },
    ];
  });
  return { tags: Object.fromEntries(tags.map(({ tag, digest }) => [tag, digest])), manifests: Object.fromEntries(manifests) };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
