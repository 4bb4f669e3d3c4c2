import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { OCI_MANIFEST } from '../../../../src/domain/media-types.ts';
import { ContentCache } from '../../../../src/distribution/cache.ts';
import { unlocked } from '../../../fakes/acr/store.ts';
import type { FakeAcr } from '../../../fakes/acr/fake-acr.ts';
import { SWEEPING } from '../../../sweep.ts';
import { adapter, asked, withAcr } from './acr-fixture.ts';

/** REGPRUNE_SOAK=1 takes the hundred thousand that the memory is bounded for; the normal run has no minutes for it. */
const MANY = process.env['REGPRUNE_SOAK'] === '1' ? 100_000 : 10_000;
const NEVER_READ = SWEEPING ? 1500 : 300;
const MIB = 1024 * 1024;

function sha256(text: string | Buffer): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Images with nine layers each, eight of which many others have too; all of them tagged but every tenth. */
function grow({ store }: FakeAcr, count: number): void {
  const repository = store.ensureRepository('team/app');
  const base = Array.from({ length: 8 }, (_, n) => descriptor(`base ${n}`));
  const images = Array.from({ length: count }, (_, n) => {
    const layers = [...base, descriptor(`app ${n}`)];
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: descriptor(`config ${n}`, 'application/vnd.oci.image.config.v1+json'),
        layers,
      }),
    );
    return { digest: sha256(bytes), bytes };
  }).toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  for (const [n, { digest, bytes }] of images.entries()) {
    repository.manifests.set(digest, {
      digest,
      mediaType: OCI_MANIFEST,
      bytes,
      imageSize: 1000,
      architecture: 'amd64',
      os: 'linux',
      createdTime: n,
      lastUpdateTime: n,
      locks: unlocked(),
    });
    const name = `v${String(n).padStart(6, '0')}`;
    if (n % 10 !== 0) repository.tags.set(name, { name, digest, createdTime: n, lastUpdateTime: n, locks: unlocked() });
  }
}

function descriptor(seed: string, mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip'): object {
  return { mediaType, digest: sha256(seed), size: 100 };
}

/** A cache that an earlier run has filled with all there is. */
class FullCache extends ContentCache {
  readonly #acr: FakeAcr;

  constructor(acr: FakeAcr) {
    super('nowhere');
    this.#acr = acr;
  }

  override read(digest: string): Uint8Array | undefined {
    return this.#acr.store.repository('team/app').manifests.get(digest)?.bytes;
  }
}

it(`${MANY} manifests that were read before take one request for each page of the lists, and keep what they share once`, async () => {
  const acr = await withAcr();
  grow(acr, MANY);
  const before = process.memoryUsage().heapUsed;
  const { complete, manifests } = await adapter(acr, undefined, { cache: new FullCache(acr) }).inventory('team/app');
  const grown = process.memoryUsage().heapUsed - before;
  expect({ complete, count: manifests.length }).toEqual({ complete: true, count: MANY });
  expect(asked(acr)).toHaveLength(1 + MANY / 1000 + (MANY * 0.9) / 1000);
  const [first, second] = manifests;
  expect(first?.blobs?.[2]).toBe(second?.blobs?.[2]);
  // What the fake keeps of its answers, some 80 MB, and what is not collected yet are part of this.
  expect(grown / MIB).toBeLessThan(MANY / 100);
});

it('manifests that were never read take one request more each, and are in the cache afterwards', async () => {
  const acr = await withAcr({ maxPage: NEVER_READ / 3 });
  grow(acr, NEVER_READ);
  const folder = await mkdtemp(join(tmpdir(), 'regprune-acr-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const cache = new ContentCache(folder);
  const cold = await adapter(acr, undefined, { cache }).inventory('team/app');
  await cache.close();
  expect(asked(acr)).toHaveLength(1 + 3 + 3 + NEVER_READ);
  acr.requests.length = 0;
  expect(await adapter(acr, undefined, { cache: new ContentCache(folder) }).inventory('team/app')).toEqual(cold);
  expect(asked(acr)).toHaveLength(1 + 3 + 3);
});
