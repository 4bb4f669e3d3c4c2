import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sbom } from '../../../../src/demo/attachments.ts';
import { artifact, index } from '../../../../src/demo/image.ts';
import type { Manifest } from '../../../../src/domain/inventory.ts';
import { ContentCache } from '../../../../src/distribution/cache.ts';
import { HostLimiter } from '../../../../src/http/host-limiter.ts';
import type { StoredImage } from '../../../fakes/ecr/store.ts';
import { createRetryStrategy } from '../../../../src/auth/aws/retry-strategy.ts';
import { testClock } from '../../http/test-client.ts';
import { app, type Fixture, REPOSITORY, startEcr } from './ecr-fixture.ts';
import { asDigest } from '../../../digest.ts';
import { SWEEPING } from '../../../sweep.ts';

describe('an inventory', () => {
  it('tells the time of the last pull as it was before the manifests were read, which is a pull', async () => {
    const { fake, registry } = await startEcr({ recordPulls: true });
    const list = index([app('one'), app('two')]);
    fake.push(REPOSITORY, list, ['v1'], { pulledAt: '2025-03-01T00:00:00.000Z' });
    const { manifests } = await registry.inventory(REPOSITORY);
    expect(find(manifests, list.digest).pulledAt).toBe('2025-03-01T00:00:00.000Z');
    expect(fake.store.repository(REPOSITORY).images.get(list.digest)!.pulledAt).toBeGreaterThan(Date.parse('2025-03-01'));
  });

  it('reads the manifests of indexes and of nothing else', async () => {
    const { fake, registry, calls } = await startEcr();
    const list = index([app('one'), app('two')]);
    fake.push(REPOSITORY, list, ['v1']);
    fake.push(REPOSITORY, app('three'), ['v2']);
    fake.push(REPOSITORY, sbom(list, '2025-01-01T00:00:00Z'));
    await registry.inventory(REPOSITORY);
    expect(calls('BatchGetImage').map(({ imageIds }) => imageIds)).toEqual([[{ imageDigest: list.digest }]]);
  });

  it('neither reads nor keeps a manifest a second time that is in the cache, so that a nightly run pulls nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'regprune-ecr-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const cache = new ContentCache(folder);
    const write = vi.spyOn(cache, 'write');
    const { fake, registry, calls } = await startEcr({ registry: { cache } });
    fake.push(REPOSITORY, index([app('one'), app('two')]), ['v1']);
    const first = await registry.inventory(REPOSITORY);
    expect(calls('BatchGetImage')).toHaveLength(1);
    expect(await registry.inventory(REPOSITORY)).toEqual(first);
    expect(calls('BatchGetImage')).toEqual([]);
    expect(write).toHaveBeenCalledOnce();
  });

  it('reads an untagged artifact of which ECR names no subject', async () => {
    const { fake, registry } = await startEcr();
    const image = app('one');
    const bill = sbom(image, '2025-01-01T00:00:00Z');
    const loose = artifact({ artifactType: 'application/vnd.example.notes' });
    fake.push(REPOSITORY, image, ['v1']);
    fake.push(REPOSITORY, bill);
    fake.push(REPOSITORY, loose);
    const { images } = fake.store.repository(REPOSITORY);
    const { subject: _subject, ...silent } = images.get(bill.digest)!;
    images.set(bill.digest, silent);
    const { manifests } = await registry.inventory(REPOSITORY);
    expect(find(manifests, bill.digest).subject).toBe(image.digest);
    expect(find(manifests, loose.digest).subject).toBeUndefined();
  });

  it('is not complete where ECR and the manifest name different subjects', async () => {
    const { fake, registry } = await startEcr();
    const [one, other] = [app('one'), app('two')];
    const list = index([one], { subject: one });
    fake.push(REPOSITORY, other, ['v2']);
    fake.push(REPOSITORY, list, ['v1']);
    const { images } = fake.store.repository(REPOSITORY);
    images.set(list.digest, { ...images.get(list.digest)!, subject: other.digest });
    expect(await registry.inventory(REPOSITORY)).toMatchObject({ complete: false, problems: [expect.stringContaining(list.digest)] });
  });

  it('has a tag that was moved while the pages were read where it is now, and once', async () => {
    const { fake, registry } = await startEcr({ maxPage: 1 });
    const [one, two] = [app('one'), app('two')];
    fake.push(REPOSITORY, one, ['v1', 'latest']);
    fake.push(REPOSITORY, two, ['v2']);
    const inventory = registry.inventory(REPOSITORY, {
      onProgress: () => {
        if (!fake.store.repository(REPOSITORY).images.get(two.digest)!.tags.has('latest')) fake.push(REPOSITORY, two, ['latest']);
      },
    });
    const { manifests, complete } = await inventory;
    expect(complete).toBe(true);
    expect(find(manifests, one.digest).tags).toEqual(['v1']);
    expect(find(manifests, two.digest).tags).toEqual(['latest', 'v2']);
  });

  it('leaves out what was deleted since it was listed', async () => {
    const { fake, registry } = await startEcr();
    const list = index([app('one')]);
    fake.push(REPOSITORY, list, ['v1']);
    const { manifests, complete } = await registry.inventory(REPOSITORY, {
      onProgress: () => fake.store.repository(REPOSITORY).images.delete(list.digest),
    });
    expect(complete).toBe(true);
    expect(manifests.map(({ digest }) => digest)).toEqual([app('one').digest]);
  });

  it('tells the worst finding of a scan', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('bad'), ['bad'], { vulnerability: 'critical' });
    fake.push(REPOSITORY, app('good'), ['good'], { vulnerability: 'none' });
    fake.push(REPOSITORY, app('unknown'), ['unknown']);
    const { manifests } = await registry.inventory(REPOSITORY);
    expect(Object.fromEntries(manifests.map(({ tags, vulnerability }) => [tags[0], vulnerability]))).toEqual({
      bad: 'critical',
      good: 'none',
      unknown: undefined,
    });
  });
});

describe('what is in the archive', () => {
  it('is in the inventory, and known for it: its manifest cannot be read, so it could not be put back', async () => {
    const { fake, registry } = await archived();
    const { manifests, complete } = await registry.inventory(REPOSITORY);
    expect(complete).toBe(true);
    expect(find(manifests, app('old').digest)).toMatchObject({ tags: ['old'], archived: true });
    expect(find(manifests, app('new').digest)).not.toHaveProperty('archived');
    expect(await registry.listTags(REPOSITORY)).toContain('old');
    expect(await registry.resolveTag(REPOSITORY, 'old')).toBe(app('old').digest);
    await expect(registry.readManifest(REPOSITORY, app('old').digest)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('archive') as string,
    });
    expect(fake.violations).toEqual([]);
  });

  it('makes the repository incomplete if it is an index: what it holds cannot be known', async () => {
    const { fake, registry } = await archived();
    const list = index([app('one')]);
    fake.push(REPOSITORY, list, ['list']);
    fake.store.repository(REPOSITORY).images.get(list.digest)!.status = 'ARCHIVED';
    expect(await registry.inventory(REPOSITORY)).toMatchObject({
      complete: false,
      problems: [expect.stringMatching(/in the archive.*Restore it/s)],
    });
  });

  it('can be deleted all the same', async () => {
    const { fake, registry } = await archived();
    expect(await registry.deleteManifest(REPOSITORY, app('old').digest)).toEqual({ outcome: 'deleted' });
    expect([...fake.store.repository(REPOSITORY).images.keys()]).toEqual([app('new').digest]);
  });

  async function archived(): Promise<Fixture> {
    const fixture = await startEcr();
    fixture.fake.push(REPOSITORY, app('old'), ['old']);
    fixture.fake.push(REPOSITORY, app('new'), ['new']);
    fixture.fake.store.repository(REPOSITORY).images.get(app('old').digest)!.status = 'ARCHIVED';
    return fixture;
  }
});

describe('a large repository', () => {
  const COUNT = SWEEPING ? 100_000 : 3000;
  it(`of ${COUNT} images takes one call for each 1000, and one for each 100 indexes`, async () => {
    const { fake, registry } = await startEcr();
    fill(fake.store.repository(REPOSITORY).images, COUNT);
    for (let n = 0; n < 150; n++) fake.push(REPOSITORY, index([app(`child ${n}`)]));
    const { complete, manifests } = await registry.inventory(REPOSITORY);
    expect(complete).toBe(true);
    expect(manifests).toHaveLength(COUNT + 300);
    expect(count(fake)).toEqual({ DescribeImages: COUNT / 1000 + 1, BatchGetImage: 2 });
  });

  it('is read to its end although ECR throttles, again and again', async () => {
    const clock = testClock();
    const { fake, registry } = await startEcr({ maxPage: 10, registry: { clock } });
    fill(fake.store.repository(REPOSITORY).images, 100);
    const inventory = registry.inventory(REPOSITORY, { onProgress: () => fake.throttle(9) });
    expect(await inventory).toMatchObject({ complete: true });
    expect(count(fake)).toEqual({ DescribeImages: 10 });
    expect(clock.slept).toHaveLength(9 * 9);
  });

  it('is asked for with fewer calls at a time while ECR throttles', async () => {
    const limiter = new HostLimiter(8);
    const strategy = createRetryStrategy(limiter, testClock());
    const token = await strategy.acquireInitialRetryToken();
    await strategy.refreshRetryTokenForRetry(token, { errorType: 'THROTTLING', error: new Error('Rate exceeded') });
    expect(limiter.concurrency).toBe(4);

    // What is sent once tells of it too.
    const single = createRetryStrategy(limiter, testClock(), { once: true });
    const error = new Error('Rate exceeded');
    const refused = single.refreshRetryTokenForRetry(await single.acquireInitialRetryToken(), { errorType: 'THROTTLING', error });
    await expect(refused).rejects.toBe(error);
    expect(limiter.concurrency).toBe(2);
  });

  it('is not waited for once the run is stopped: the call fails as it did last', async () => {
    const stop = new AbortController();
    const { fake, registry } = await startEcr({ registry: { waits: stop.signal } });
    fake.store.repository(REPOSITORY);
    fake.throttle(1);
    stop.abort();

    await expect(registry.listTags(REPOSITORY)).rejects.toMatchObject({
      message: expect.stringContaining('ThrottlingException') as string,
    });
  });

  it('is given up on where ECR does nothing but throttle, with an error that says so', async () => {
    const { fake, registry } = await startEcr();
    fake.store.repository(REPOSITORY);
    fake.throttle(1000);
    expect(await registry.inventory(REPOSITORY)).toMatchObject({
      complete: false,
      problems: [expect.stringMatching(/prod\/team\/app.*ThrottlingException/)],
    });
    await expect(registry.listTags(REPOSITORY)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      hint: expect.stringContaining('less concurrency') as string,
    });
  });

  function fill(images: Map<string, StoredImage>, count: number): void {
    for (let n = 0; n < count; n++) {
      const digest = asDigest(`sha256:${n.toString(16).padStart(64, '0')}`);
      images.set(digest, {
        digest,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        bytes: Buffer.alloc(0),
        tags: new Set([`v${n}`]),
        size: 1000,
        children: [],
        pushedAt: 1_700_000_000_000,
        status: 'ACTIVE',
      });
    }
  }

  function count({ calls }: Fixture['fake']): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { operation } of calls) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }
});

function find(manifests: readonly Manifest[], digest: string): Manifest {
  return manifests.find((manifest) => manifest.digest === digest)!;
}
