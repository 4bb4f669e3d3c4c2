import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { newPushSession, push } from '../../../src/demo/push.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import type { Account, TargetServer } from '../contract-target.ts';
import { runContract } from '../run-contract.ts';
import { connectOci, OCI_SKIPS, ociTarget } from './oci-target.ts';

const NO_ACCOUNTS = 'this one lets everybody in';
const NO_GUARD = 'distribution deletes what an index lists without a word';
const PAGE = 5;

runContract(
  ociTarget({
    name: 'oci on the embedded registry as distribution 3',
    skips: { ...OCI_SKIPS, holdsChildren: NO_GUARD, accounts: NO_ACCOUNTS },
    referrersApi: false,
    pageSize: PAGE,
    start: ({ deletion }) => start({ referrersApi: false, pageSize: PAGE, deleteEnabled: deletion }),
  }),
);

runContract(
  ociTarget({
    name: 'oci on the embedded registry as distribution 2.8',
    repeats: true,
    skips: {
      ...OCI_SKIPS,
      deleteTag: 'distribution 2.8 deletes by digest alone',
      pages: 'distribution 2.8 answers all tags at once',
      holdsChildren: NO_GUARD,
      accounts: NO_ACCOUNTS,
    },
    referrersApi: false,
    pageSize: PAGE,
    start: ({ deletion }) =>
      start({
        referrersApi: false,
        ignorePaging: true,
        pageSize: PAGE,
        pageTooLarge: 'refuse',
        tagDelete: 'unsupported',
        deleteEnabled: deletion,
      }),
  }),
);

const passwords: Record<Account, string> = { owner: 'own-it-all-0815', reader: 'read-it-all-4711', stranger: 'guess-it-all-1234' };

runContract(
  ociTarget({
    name: 'oci on the embedded registry with referrers API and tokens',
    repeats: true,
    skips: { ...OCI_SKIPS, holdsChildren: NO_GUARD },
    referrersApi: true,
    pageSize: PAGE,
    start: ({ deletion }) => {
      const users = [
        { name: 'owner', password: passwords.owner, access: { '*': ['pull', 'push', 'delete'] }, catalog: true },
        { name: 'reader', password: passwords.reader, access: { '*': ['pull'] }, catalog: true },
      ];
      return start({ pageSize: PAGE, deleteEnabled: deletion, auth: { scheme: 'bearer', users } }, passwords);
    },
  }),
);

async function start(options: EmbeddedRegistryOptions, accounts?: Readonly<Record<Account, string>>): Promise<TargetServer> {
  const registry = await startEmbeddedRegistry(options);
  const auth = accounts && { user: 'owner', password: accounts.owner };
  return {
    url: registry.url,
    async answer(request) {
      const { status, headers, body = '' } = registry.answer(request);
      return { status, headers: { 'docker-distribution-api-version': 'registry/2.0', ...headers }, body: Buffer.from(body) };
    },
    secrets: Object.values(accounts ?? {}),
    async push(repository, pushes) {
      const options = { session: newPushSession(), ...(auth && { auth }) };
      for (const { thing, tags } of pushes) await push(registry, repository, thing, tags, options);
    },
    truth: async (repository) => contentsOf(registry, repository),
    repositories: async () => [...registry.storage.repositories].filter(([, { listed }]) => listed).map(([name]) => name),
    connect: (connection) => connectOci(connection, accounts),
    stop: () => registry.close(),
  };
}

function contentsOf({ storage }: EmbeddedRegistry, repository: string): Awaited<ReturnType<TargetServer['truth']>> {
  const { tags, manifests } = storage.repository(repository);
  return {
    tags: Object.fromEntries(tags),
    manifests: Object.fromEntries([...manifests].map(([digest, { mediaType, bytes }]) => [digest, { mediaType, bytes }])),
  };
}
