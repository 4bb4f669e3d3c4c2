import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newPushSession, push } from '../../../src/demo/push.ts';
import { type Distribution, startDistribution } from '../../e2e/servers/distribution.ts';
import { readStorage } from '../../e2e/servers/distribution-storage.ts';
import { skipWithout } from '../../e2e/servers/server-binaries.ts';
import type { TrueManifest, Truth } from '../contract-target.ts';
import { runContract } from '../run-contract.ts';
import { connectOci, OCI_SKIPS, ociTarget } from './oci-target.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

runContract(
  ociTarget({
    name: 'oci on docker-registry 2.8',
    unavailable: skipWithout('docker-registry') ? 'the program docker-registry is not installed' : undefined,
    skips: {
      ...OCI_SKIPS,
      deleteTag: 'distribution 2.8 deletes by digest alone',
      pages: 'distribution 2.8 answers all tags at once',
      wrongAnswers: 'the same adapter goes through them on the embedded registry, which is quicker',
      holdsChildren: 'distribution deletes what an index lists without a word',
      accounts: 'this one lets everybody in; test/e2e/distribution has it with tokens and passwords',
    },
    referrersApi: false,
    // Its catalogue answers 1000 at once, and nobody wants to wait for more.
    pageSize: 2,
    async start({ deletion }) {
      const registry = await startDistribution({ version: 2, deleteEnabled: deletion });
      return {
        url: registry.url,
        secrets: [],
        async push(repository, pushes) {
          const session = newPushSession();
          for (const { thing, tags } of pushes) await push(registry.url, repository, thing, tags, { session });
        },
        truth: (repository) => contentsOf(registry, repository),
        repositories: async () => Object.keys(await readStorage(registry.root)),
        connect: (connection) => connectOci(connection),
        stop: () => registry.stop(),
      };
    },
  }),
);

/** Read from its files (distribution, registry/storage/paths.go): a deleted manifest leaves its folder behind, without the link. */
async function contentsOf({ root }: Distribution, repository: string): Promise<Truth> {
  const storage = join(root, 'docker/registry/v2');
  const folder = join(storage, 'repositories', repository, '_manifests');
  const tags: Record<string, Digest> = {};
  for (const tag of await readdir(join(folder, 'tags')))
    tags[tag] = asDigest(await readFile(join(folder, 'tags', tag, 'current/link'), 'utf8'));
  const manifests: Record<string, TrueManifest> = {};
  for (const hex of await readdir(join(folder, 'revisions/sha256'))) {
    if (!existsSync(join(folder, 'revisions/sha256', hex, 'link'))) continue;
    const bytes = await readFile(join(storage, 'blobs/sha256', hex.slice(0, 2), hex, 'data'));
    manifests[`sha256:${hex}`] = { mediaType: (JSON.parse(bytes.toString('utf8')) as { mediaType: string }).mediaType, bytes };
  }
  return { tags, manifests };
}
