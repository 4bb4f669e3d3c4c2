import { createEcrRegistry } from '../../../src/registry/ecr/create-registry.ts';
import { createEcrPublicRegistry } from '../../../src/registry/ecr/create-public-registry.ts';
import { ALIAS, startFakeEcr } from '../../fakes/ecr/fake-ecr.ts';
import { testClock } from '../../unit/http/test-client.ts';
import type { Kind } from '../contract-target.ts';
import type { Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import { ECR_ACCOUNTS, ECR_ANSWERS, ECR_SECRETS, ECR_SKIPS, ecrKind, PAGE, pushToFake, truthOf } from './ecr-target.ts';

runContract({
  name: 'ecr on the fake',
  skips: ECR_SKIPS,
  referrersApi: true,
  pageSize: PAGE,
  answers: ECR_ANSWERS,
  kindOf: ecrKind,
  isRead: (request) => ['list', 'manifest'].includes(ecrKind(request)),
  requestsFor: ({ manifests, indexes }) => ({ list: Math.ceil(manifests / PAGE), manifest: Math.ceil(indexes / 100) }),
  async start() {
    const fake = await startFakeEcr({ maxPage: PAGE, accounts: [ECR_ACCOUNTS.owner, ECR_ACCOUNTS.reader] });
    return {
      url: fake.url,
      answer: fake.answer,
      secrets: ECR_SECRETS,
      push: async (repository, pushes) => pushToFake(fake, repository, pushes),
      truth: async (repository) => truthOf(fake, repository),
      repositories: async () => [...fake.store.repositories.keys()],
      connect: ({ name, url, http, account }) =>
        createEcrRegistry({
          name,
          url: 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com',
          endpoint: url,
          http,
          credentials: ECR_ACCOUNTS[account],
          clock: testClock(),
        }),
      stop: () => fake.close(),
    };
  },
});

/** The name in the fake's storage of what is called `<alias>/<name>`. */
function nameOf(repository: string): string {
  return repository.replace(`${ALIAS}/`, '');
}

/** Of all manifests of the history, those in Docker's format that are no lists. */
const DOCKER_IMAGES = 3;

function publicKind(request: Seen): Kind {
  if (request.path.startsWith('/token') || String(request.headers['x-amz-target']).endsWith('.GetAuthorizationToken')) return 'token';
  if (!request.path.startsWith('/v2/')) return ecrKind(request);
  return request.path === '/v2/' ? 'other' : request.method === 'PUT' ? 'put' : 'manifest';
}

runContract({
  name: 'ecr-public on the fake',
  skips: {
    ...ECR_SKIPS,
    pulledAt: 'ECR Public records no pulls',
    vulnerability: 'ECR Public scans nothing',
    archive: 'ECR Public has no archive',
  },
  referrersApi: true,
  pageSize: PAGE,
  // Of the OCI API too.
  answers: { ...ECR_ANSWERS, throttled: { ...ECR_ANSWERS.throttled, status: 429 } },
  kindOf: publicKind,
  isRead: (request) => ['list', 'manifest', 'other'].includes(publicKind(request)),
  // The account's own registry, how to log in to the OCI API, the login, and a token for it.
  requestsFor: ({ manifests }) => ({ list: Math.ceil(manifests / PAGE), manifest: manifests - DOCKER_IMAGES, other: 2, token: 2 }),
  async start() {
    const fake = await startFakeEcr({ public: true, maxPage: PAGE, accounts: [ECR_ACCOUNTS.owner, ECR_ACCOUNTS.reader] });
    return {
      url: fake.url,
      answer: fake.answer,
      secrets: ECR_SECRETS,
      prefix: `${ALIAS}/team/deep`,
      push: async (repository, pushes) => pushToFake(fake, nameOf(repository), pushes),
      truth: async (repository) => truthOf(fake, nameOf(repository)),
      repositories: async () => [...fake.store.repositories.keys()].map((name) => `${ALIAS}/${name}`),
      connect: ({ name, url, http, account }) =>
        createEcrPublicRegistry({ name, url, endpoint: url, http, credentials: ECR_ACCOUNTS[account], clock: testClock() }),
      stop: () => fake.close(),
    };
  },
});
