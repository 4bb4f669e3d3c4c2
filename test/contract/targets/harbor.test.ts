import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../src/auth/credentials.ts';
import { newPushSession, push } from '../../../src/demo/push.ts';
import { createHarborRegistry } from '../../../src/registry/harbor/create-registry.ts';
import { type Account as FakeAccount, CLEANER } from '../../fakes/harbor/accounts.ts';
import { ADMIN, type FakeHarbor, startFakeHarbor } from '../../fakes/harbor/fake-harbor.ts';
import type { StoredArtifact } from '../../fakes/harbor/store.ts';
import type { Account, Answers, Kind, TrueManifest, Truth } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import { OCI_ANSWERS, ociKind, refusal } from './oci-target.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

const PERMISSIONS = CLEANER.filter((permission) => !permission.endsWith(':delete'));
const accounts: Record<Account, FakeAccount> = {
  owner: ADMIN,
  reader: { name: 'robot$team+reader', secret: 'read-it-all-4711', kind: 'robot', projects: { team: PERMISSIONS } },
  stranger: { name: 'robot$team+stranger', secret: 'guess-it-all-1234', kind: 'robot' },
};

const answers: Answers = {
  ...OCI_ANSWERS,
  unauthorized: refusal(401, 'UNAUTHORIZED', 'unauthorized'),
  forbidden: refusal(403, 'FORBIDDEN', 'forbidden'),
  repositoryGone: refusal(404, 'NOT_FOUND', 'repository not found'),
  manifestGone: refusal(404, 'NOT_FOUND', 'artifact not found'),
  locked: refusal(412, 'PRECONDITION', 'the tag is immutable'),
};

function kindOf(request: Seen): Kind {
  const { method, path } = request;
  if (!path.startsWith('/api/v2.0/')) return ociKind(request);
  if (method === 'DELETE') return 'delete';
  if (/\/(?:artifacts|tags|repositories|accessories)\?/.test(path)) return 'list';
  return path.includes('/repositories/') ? 'manifest' : 'other';
}

runContract({
  name: 'harbor on the fake',
  skips: {
    config: 'the REST API does not tell it, and reading the manifest is a pull',
    blobs: 'the REST API does not tell them, and reading the manifest is a pull',
    archive: 'Harbor has no archive of images',
  },
  referrersApi: true,
  pageSize: 100,
  answers,
  kindOf,
  // The list of artifacts and that of tags; what is attached to something and has no signature's tag; who asks, and whether that project
  // caches another registry and has immutable tags.
  requestsFor: ({ manifests, referrers, lost }) => ({
    list: Math.ceil(manifests / 100) + 1,
    manifest: referrers + lost,
    other: 4,
    token: 1,
  }),
  shorten: (answer: Answer) => ({ ...answer, body: JSON.stringify((JSON.parse(String(answer.body)) as unknown[]).slice(0, -1)) }),
  async start({ deletion }) {
    const harbor = await startFakeHarbor({ accounts: [accounts.reader] });
    harbor.store.addProject('team');
    return {
      url: harbor.url,
      answer: harbor.answer,
      secrets: Object.values(accounts).map(({ secret }) => secret),
      async push(repository, pushes) {
        harbor.store.readOnly = false;
        const options = { session: newPushSession(), auth: { user: ADMIN.name, password: ADMIN.secret } };
        for (const { thing, tags, pushedAt, pulledAt, vulnerability } of pushes) {
          harbor.store.now = () => (pushedAt === undefined ? Date.now() : Date.parse(pushedAt));
          await push(harbor, repository, thing, tags, options);
          const artifact = harbor.store.artifact(repository, thing.digest);
          if (pulledAt !== undefined) artifact.pullTime = Date.parse(pulledAt);
          if (vulnerability !== undefined)
            artifact.scan = vulnerability === 'none' ? {} : { [`${vulnerability[0]!.toUpperCase()}${vulnerability.slice(1)}`]: 1 };
        }
        harbor.store.now = Date.now;
        harbor.store.readOnly = !deletion;
      },
      async label(repository, digest, name) {
        harbor.store.addLabel(name, 'team');
        harbor.store.artifact(repository, digest).labels.push(name);
      },
      truth: async (repository) => contentsOf(harbor, repository),
      repositories: async () => [...harbor.store.repositories.keys()],
      async lock(_repository, tag) {
        harbor.store.addImmutableRule('team', tag);
      },
      connect({ name, url, http, account }) {
        const { name: username, secret: password } = accounts[account];
        const known: Credentials = { username, password };
        const credentials = async (): Promise<Credentials> => known;
        const auth = createRegistryAuth({ http, registry: name, url, credentials });
        return createHarborRegistry({ name, url, http, credentials, send: (request, scopes) => auth.send(request, scopes) });
      },
      stop: () => harbor.close(),
    };
  },
});

function contentsOf({ store }: FakeHarbor, repository: string): Truth {
  const artifacts = store.artifactsIn(repository);
  const tags = artifacts.flatMap(({ id, digest }) => store.tagsOn(id).map(({ name }): [string, Digest] => [name, asDigest(digest)]));
  return {
    tags: Object.fromEntries(tags),
    manifests: Object.fromEntries(artifacts.map((artifact) => [artifact.digest, trueManifest(artifact)])),
  };

  function trueManifest({ id, manifestType, bytes, pushTime, pullTime, scan }: StoredArtifact): TrueManifest {
    const own = store.tagsOn(id);
    const [worst] = Object.keys(scan ?? {});
    return {
      mediaType: manifestType,
      bytes,
      pushedAt: new Date(pushTime).toISOString(),
      ...(pullTime !== 0 && { pulledAt: new Date(pullTime).toISOString() }),
      ...(own.length > 0 && { tagTimes: Object.fromEntries(own.map((tag) => [tag.name, new Date(tag.pushTime).toISOString()])) }),
      ...(scan && { vulnerability: worst === undefined ? 'none' : (worst.toLowerCase() as 'high') }),
    };
  }
}
