import { createGarRegistry } from '../../../src/registry/gar/create-registry.ts';
import { type FakeAccount, LOCATION, OWNER, startFakeGar } from '../../fakes/gar/fake-gar.ts';
import { testClock } from '../../unit/http/test-client.ts';
import { type Account, type Answers, type Kind, RETRY_AFTER, type TargetServer, type TrueManifest } from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import type { Digest } from '../../../src/domain/digest.ts';

const PAGE = 10;

const accounts: Record<Account, FakeAccount> = {
  owner: OWNER,
  reader: { token: 'ya29.reader-token-4711-reads-it-all', may: (permission) => /\.(?:get|list|downloadArtifacts)$/.test(permission) },
  stranger: { token: 'ya29.stranger-token-1234-guesses' },
};

/** Google's JSON errors (google.rpc.Status). */
function refusal(code: number, status: string, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status: code,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify({ error: { code, message, status } }),
  };
}

const answers: Answers = {
  unauthorized: refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
  forbidden: refusal(
    403,
    'PERMISSION_DENIED',
    "Permission denied on resource '//artifactregistry.googleapis.com/projects/team' (or it may not exist).",
  ),
  repositoryGone: refusal(404, 'NOT_FOUND', 'Requested entity was not found.'),
  manifestGone: refusal(404, 'NOT_FOUND', 'Requested entity was not found.'),
  locked: refusal(400, 'FAILED_PRECONDITION', 'GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE: manifest is still referenced by a parent image.'),
  throttled: refusal(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.', { 'retry-after': String(RETRY_AFTER) }),
  unavailable: refusal(503, 'UNAVAILABLE', 'The service is currently unavailable.', { 'retry-after': '1' }),
};

function kindOf({ method, path }: Seen): Kind {
  if (path.startsWith('/v2/')) return method === 'PUT' ? 'put' : 'manifest';
  if (method === 'DELETE' || path.endsWith(':batchDelete') || path.endsWith(':testIamPermissions')) return 'delete';
  if (method === 'POST') return 'put';
  return path.includes('/operations/') ? 'other' : 'list';
}

/** Pages of the list of images when the repository with the whole history is there, and before others are. */
let pagesOfHistory = 0;

runContract({
  name: 'gar on the fake',
  skips: {
    layers: 'the fake holds no blobs',
    restoreLabels: 'its registry has no labels that users put on an image',
    pulledAt: 'Artifact Registry records no pulls',
    tagTimes: 'Artifact Registry has no times of tags',
    labels: 'only the config of an image tells them, and reading those takes a request each',
    annotations: 'only the manifest tells them, and reading those takes a request each',
    platforms: 'only what an index lists has one in the list of images',
    vulnerability: 'scans are told by another API',
    archive: 'Artifact Registry has no archive',
    cascades: 'Artifact Registry deletes what it is told to and nothing else',
    config: 'only the manifest tells it',
    blobs: 'only the manifest tells them',
    size: 'Artifact Registry counts layers and config, and not the manifest itself',
    totals: 'Artifact Registry does not say how long a list is',
    locks: 'Artifact Registry has no locks of single tags, but of all tags of a repository',
    deletionSwitch: 'Artifact Registry cannot have deletion switched off, but by permissions',
  },
  referrersApi: true,
  pageSize: PAGE,
  answers,
  kindOf,
  isRead: (request) => ['list', 'manifest'].includes(kindOf(request)),
  requestsFor: () => ({
    // The settings of the repository, and its images.
    list: 1 + pagesOfHistory,
    // What has an artifact type: five bills of materials and two signatures of them, and an attestation that is a referrer. A chart, and an
    // image without a build time, that might be one.
    manifest: 9,
  }),
  async start(): Promise<TargetServer> {
    const fake = await startFakeGar({ maxPage: PAGE, accounts: [accounts.owner, accounts.reader] });
    const team = fake.repository('team/deep');
    let last = '';
    return {
      url: fake.url,
      answer: fake.answer,
      secrets: Object.values(accounts).map(({ token }) => token),
      async push(repository, pushes) {
        // A list of images is one of all packages: what earlier checks have left would be in all that follow.
        const name = repository.split('/')[2]!;
        const [check = ''] = /^(?:app-\d+|[a-z]+)/.exec(name) ?? [];
        if (check !== last) for (const other of team.packages.keys()) if (other !== 'filled') team.packages.delete(other);
        last = check;
        for (const { thing, tags, pushedAt } of pushes) fake.push(repository, thing, tags, { pushedAt });
        if (check === 'filled') pagesOfHistory = Math.ceil(team.packages.get('filled')!.images.size / PAGE);
      },
      async truth(repository) {
        const { images, tags } = team.packages.get(repository.split('/').slice(2).join('/')) ?? {
          images: new Map<never, never>(),
          tags: new Map<string, Digest>(),
        };
        const manifests = [...images.values()].map(
          ({
            digest,
            mediaType,
            bytes,
            uploadedAt,
          }: {
            digest: string;
            mediaType: string;
            bytes: Buffer;
            uploadedAt: number;
          }): [string, TrueManifest] => [digest, { mediaType, bytes, pushedAt: new Date(uploadedAt).toISOString() }],
        );
        return { tags: Object.fromEntries(tags), manifests: Object.fromEntries(manifests) };
      },
      repositories: async () => [...team.packages.keys()].map((name) => `team/deep/${name}`),
      connect: ({ name, url, http, account }) =>
        createGarRegistry({
          name,
          url,
          http,
          location: LOCATION,
          projects: ['team'],
          env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: url },
          credentials: async () => ({ username: 'oauth2accesstoken', password: accounts[account].token }),
          clock: testClock(),
        }),
      stop: () => fake.close(),
    };
  },
});
