import { describe, expect, it } from 'vitest';
import { push } from '../../../src/demo/push.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { SWEEPING } from '../../sweep.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, planOf, REPOSITORY, single } from './apply-fixture.ts';

const DELETIONS = SWEEPING ? 200 : 100;

/** Requests that so many deletions of images with one tag take, by method. */
async function requestsFor(options: EmbeddedRegistryOptions, { cached, justRead }: { cached: boolean; justRead: boolean }) {
  const { server, registry } = await withServer(options);
  for (let number = 0; number < DELETIONS; number++) await push(server, REPOSITORY, single(`image ${number}`), [`old-${number}`]);
  await push(server, REPOSITORY, single('kept'), ['keep-1']);
  const plan = await planOf(registry);
  const bytes = new Map(server.storage.repository(REPOSITORY).manifests);
  server.requests.length = 0;
  const report = await apply(plan, registry, {
    concurrency: 16,
    justRead: () => justRead,
    cached: async (digest: Digest) => (cached ? bytes.get(digest)?.bytes : undefined),
  });
  expect(report).toMatchObject({ outcome: 'done', counts: { deleted: DELETIONS } });
  const ofManifests = server.requests.filter(({ method, path }) => method === 'GET' && path.includes('/manifests/'));
  return { all: server.requests.length, reads: ofManifests.length };
}

describe('a deletion takes at most 3.5 requests of a plain registry', () => {
  it('with the manifests that the reading for the plan has kept, which are not fetched again', async () => {
    const { all, reads } = await requestsFor({ referrersApi: false }, { cached: true, justRead: true });
    expect(all / DELETIONS).toBeLessThanOrEqual(2.5);
    expect(reads).toBeLessThan(5);
  });

  it('for a saved plan, without them', async () => {
    const { all } = await requestsFor({ referrersApi: false }, { cached: false, justRead: false });
    expect(all / DELETIONS).toBeLessThanOrEqual(3.5);
  });

  it('where it is asked what is attached, too', async () => {
    const { all } = await requestsFor({}, { cached: true, justRead: true });
    expect(all / DELETIONS).toBeLessThanOrEqual(3.5);
  });

  it('where the list of tags comes in pages', async () => {
    const { all } = await requestsFor({ referrersApi: false, pageSize: 20 }, { cached: true, justRead: true });
    expect(all / DELETIONS).toBeLessThanOrEqual(3.5);
  });
});
