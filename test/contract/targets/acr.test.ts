import { newPushSession, push } from '../../../src/demo/push.ts';
import { createAcrRegistry } from '../../../src/registry/acr/create-registry.ts';
import { createSend } from '../../../src/registry/acr/create-send.ts';
import { type Account as FakeAccount, adminUser, identity, scopeMapToken } from '../../fakes/acr/accounts.ts';
import { type FakeAcr, type FakeAcrOptions, startFakeAcr } from '../../fakes/acr/fake-acr.ts';
import {
  type Account,
  type Answers,
  type Connection,
  type ContractTarget,
  type Feature,
  type Kind,
  RETRY_AFTER,
  type TargetServer,
  type Truth,
} from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';
import { runContract } from '../run-contract.ts';
import { refusal } from './oci-target.ts';
import { asDigest } from '../../digest.ts';

const PAGE = 5;

const SKIPS = {
  restoreLabels: 'its registry has no labels that users put on an image',
  createdAt: 'it stands in the config of an image, which is not read',
  labels: 'they stand in the config of an image, which is not read',
  pulledAt: 'ACR tells nothing of pulls',
  archive: 'ACR has no archive of single images',
  vulnerability: 'ACR scans nothing itself',
  holdsChildren: 'ACR deletes what an index lists without a word',
  deletionSwitch: 'ACR has no switch for the whole registry, only locks',
} as const satisfies Partial<Record<Feature, string>>;

const ANSWERS: Answers = {
  unauthorized: refusal(401, 'UNAUTHORIZED', 'authentication required, visit https://aka.ms/acr/authorization for more information.'),
  forbidden: refusal(
    403,
    'DENIED',
    "client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
  ),
  repositoryGone: refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry'),
  manifestGone: refusal(404, 'MANIFEST_UNKNOWN', 'manifest is not found'),
  locked: refusal(405, 'REGISTRY_DISALLOWED_OPERATION', 'The operation is disallowed on this registry, repository or image.'),
  throttled: refusal(429, 'TOOMANYREQUESTS', 'too many requests', { 'retry-after': String(RETRY_AFTER) }),
  unavailable: refusal(503, 'UNAVAILABLE', 'service unavailable', { 'retry-after': '1' }),
};

/** What a request is for. One tag or manifest, by whichever of the two APIs, is `manifest`; the repository itself is `other`. */
function kindOf({ method, path }: Seen): Kind {
  if (path.startsWith('/oauth2/')) return 'token';
  if (method === 'DELETE') return 'delete';
  if (method === 'PUT') return 'put';
  if (/\/_(?:tags|manifests|catalog)(?:\?|$)|\/referrers\//.test(path)) return 'list';
  return /\/(?:_tags|_manifests|manifests)\//.test(path) ? 'manifest' : 'other';
}

function target(name: string, tokens: number, start: ContractTarget['start']): ContractTarget {
  return {
    name,
    skips: SKIPS,
    referrersApi: true,
    pageSize: PAGE,
    answers: ANSWERS,
    kindOf,
    // The repository itself, and how to log in.
    requestsFor: ({ tags, manifests }) => ({ list: pages(tags) + pages(manifests), manifest: manifests, other: 2, token: tokens }),
    isOptional: ({ path }) => path.includes('/referrers/'),
    shorten,
    start,
  };
}

function pages(count: number): number {
  return Math.max(1, Math.ceil(count / PAGE));
}

function shorten({ status, headers: { link: _link, ...headers } = {}, body = '' }: Answer): Answer {
  const { tags, manifests, ...rest } = JSON.parse(String(body)) as { tags?: unknown[]; manifests?: unknown[] };
  return {
    status,
    headers,
    body: JSON.stringify({ ...rest, ...(tags && { tags: tags.slice(0, -1) }), ...(manifests && { manifests: manifests.slice(0, -1) }) }),
  };
}

async function start(
  options: FakeAcrOptions,
  secrets: readonly string[],
  connect: (connection: Connection) => ReturnType<TargetServer['connect']>,
): Promise<TargetServer> {
  const acr = await startFakeAcr({ ...options, maxPage: PAGE });
  return {
    url: acr.url,
    answer: acr.answer,
    secrets,
    async push(repository, pushes) {
      const session = newPushSession();
      for (const { thing, tags, pushedAt } of pushes) {
        const time = pushedAt === undefined ? Date.now() : Date.parse(pushedAt);
        acr.store.now = () => time;
        await push(acr, repository, thing, tags, { session, auth: PUSHER });
      }
      acr.store.now = Date.now;
    },
    truth: async (repository) => contentsOf(acr, repository),
    repositories: async () => [...acr.store.repositories.keys()],
    async lock(repository, tag) {
      acr.store.tag(repository, tag).locks.writeEnabled = false;
    },
    connect,
    stop: () => acr.close(),
  };
}

function contentsOf({ store }: FakeAcr, name: string): Truth {
  const { tags, manifests } = store.repository(name);
  const iso = (time: number): string => new Date(time).toISOString();
  return {
    tags: Object.fromEntries([...tags.values()].map((tag) => [tag.name, asDigest(tag.digest)])),
    manifests: Object.fromEntries(
      [...manifests.values()].map(({ digest, mediaType, bytes, createdTime }) => {
        const own = [...tags.values()].filter((tag) => tag.digest === digest);
        const times = Object.fromEntries(own.map((tag) => [tag.name, iso(tag.lastUpdateTime)]));
        return [digest, { mediaType, bytes, pushedAt: iso(createdTime), ...(own.length > 0 && { tagTimes: times }) }];
      }),
    ),
  };
}

const PUSHER = { user: 'contract', password: 'admin-it-all-9182' };
const ADMIN = adminUser(PUSHER.user, PUSHER.password);
const PASSWORDS: Record<Account, string> = { owner: 'own-it-all-0815', reader: 'read-it-all-4711', stranger: 'guess-it-all-1234' };
const ENTRA: Record<Account, string> = { owner: 'entra-owner-0815', reader: 'entra-reader-4711', stranger: 'entra-stranger-1234' };
const noIdentity = async (): Promise<string> => {
  throw new Error('the Azure SDK is not asked where there are credentials');
};

runContract(
  target('acr with user and password', 1, () => {
    const reader: FakeAccount = {
      ...scopeMapToken('reader', PASSWORDS.reader, {}),
      mayListCatalog: true,
      actionsOn: () => ['pull', 'metadata_read'],
    };
    return start(
      { accounts: [ADMIN, adminUser('owner', PASSWORDS.owner), reader] },
      [...Object.values(PASSWORDS), PUSHER.password],
      ({ name, url, http, account }) => {
        const credentials = { username: account, password: PASSWORDS[account] };
        return createAcrRegistry({
          name,
          url,
          send: createSend({ http, name, url, credentials: async () => credentials, entraToken: noIdentity }),
        });
      },
    );
  }),
);

runContract({
  ...target('acr with an identity of Entra ID, whose roles are on repositories (ABAC)', 2, () => {
    const rolesOf = (role: string): readonly string[] => [
      `Container Registry Repository ${role}`,
      'Container Registry Repository Catalog Lister',
    ];
    const accounts = [
      ADMIN,
      identity(ENTRA.owner, rolesOf('Contributor'), { abac: true }),
      identity(ENTRA.reader, rolesOf('Reader'), { abac: true }),
    ];
    return start({ accounts, abac: true }, [...Object.values(ENTRA), PUSHER.password], ({ name, url, http, account }) =>
      createAcrRegistry({
        name,
        url,
        send: createSend({
          http,
          name,
          url,
          credentials: async () => undefined,
          entraToken: async () => ENTRA[account],
        }),
      }),
    );
  }),
  repeats: true,
});
