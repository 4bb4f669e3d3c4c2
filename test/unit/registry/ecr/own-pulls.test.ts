import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { artifact, index } from '../../../../src/demo/image.ts';
import { ContentCache } from '../../../../src/distribution/cache.ts';
import type { Digest } from '../../../../src/domain/digest.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { testClock } from '../../http/test-client.ts';
import { app, type Fixture, REPOSITORY, startEcr } from './ecr-fixture.ts';

const DAY = 86_400_000;
const PULLED = '2025-03-01T00:00:00.000Z';
const LIST = index([app('one'), app('two')]);

describe('reading a manifest, which ECR counts as a pull,', () => {
  it('changes nothing of what a later inventory tells', async () => {
    const { fake, registry, clock } = await pulls();
    fake.push(REPOSITORY, LIST, ['v1'], { pulledAt: PULLED });
    const first = await registry.inventory(REPOSITORY);
    expect(fake.store.repository(REPOSITORY).images.get(LIST.digest)!.pulledAt).toBe(clock.now());
    await clock.sleep(3 * DAY, new AbortController().signal);
    expect(await registry.inventory(REPOSITORY)).toEqual(first);
    expect(pulledAt(await registry.inventory(REPOSITORY), LIST.digest)).toBe(PULLED);
  });

  it('is not taken for the first pull of what nobody ever pulled', async () => {
    const { fake, registry } = await pulls();
    fake.push(REPOSITORY, LIST, ['v1']);
    for (const _run of [1, 2]) expect(pulledAt(await registry.inventory(REPOSITORY), LIST.digest)).toBeUndefined();
  });

  it('is still known when the manifest has to be read again, within the day and after it', async () => {
    const { fake, registry, clock, anew } = await pulls();
    fake.push(REPOSITORY, LIST, ['v1'], { pulledAt: PULLED });
    await registry.inventory(REPOSITORY);
    for (const hours of [2, 30]) {
      await clock.sleep((hours / 24) * DAY, new AbortController().signal);
      expect(pulledAt(await (await anew()).inventory(REPOSITORY), LIST.digest)).toBe(PULLED);
    }
    expect(pulledAt(await registry.inventory(REPOSITORY), LIST.digest)).toBe(PULLED);
  });

  it('hides no pull by others: not a later one of the index, nor one of its images', async () => {
    const { fake, registry, clock } = await pulls();
    fake.push(REPOSITORY, LIST, ['v1'], { pulledAt: PULLED });
    await registry.inventory(REPOSITORY);
    const { images } = fake.store.repository(REPOSITORY);
    // ECR writes down no second pull of the index on this day; that of the image it does.
    const soon = clock.now() + 3 * 3_600_000;
    images.get(app('one').digest)!.pulledAt = soon;
    expect(pulledAt(await registry.inventory(REPOSITORY), app('one').digest)).toBe(new Date(soon).toISOString());
    const later = clock.now() + 2 * DAY;
    images.get(LIST.digest)!.pulledAt = later;
    expect(pulledAt(await registry.inventory(REPOSITORY), LIST.digest)).toBe(new Date(later).toISOString());
  });

  it('counts for what has no images of its own, where a pull by others on the same day would be overlooked', async () => {
    const { fake, registry, clock } = await pulls();
    const loose = artifact({ artifactType: 'application/vnd.example.notes' });
    fake.push(REPOSITORY, loose, [], { pulledAt: PULLED });
    expect(pulledAt(await registry.inventory(REPOSITORY), loose.digest)).toBe(PULLED);
    expect(pulledAt(await registry.inventory(REPOSITORY), loose.digest)).toBe(new Date(clock.now()).toISOString());
  });
});

it('a tag that was put on an old image since it was read before was first seen then, for ECR tells no times of tags', async () => {
  const { fake, registry } = await pulls();
  fake.push(REPOSITORY, app('old'), ['v1'], { pushedAt: '2025-01-01T00:00:00Z' });
  expect((await registry.inventory(REPOSITORY)).manifests[0]).not.toHaveProperty('firstSeen');
  const before = new Date().toISOString();
  fake.push(REPOSITORY, app('old'), ['promoted'], { pushedAt: '2025-01-01T00:00:00Z' });
  const second = await registry.inventory(REPOSITORY);
  const [image] = second.manifests;
  expect(Object.keys(image?.firstSeen ?? {})).toEqual(['promoted']);
  expect((image?.firstSeen?.['promoted'] ?? '') >= before).toBe(true);
  expect(await registry.inventory(REPOSITORY)).toEqual(second);
});

interface Pulls extends Pick<Fixture, 'fake' | 'registry'> {
  readonly clock: ReturnType<typeof testClock>;
  /** The same with what is remembered of pulls, and without the manifests that were kept. */
  anew(): Promise<Registry>;
}

/** A registry that records pulls, and an adapter with a cache, both by one clock. */
async function pulls(): Promise<Pulls> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-ecr-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = testClock();
  const cache = new ContentCache(folder);
  const { fake, registry } = await startEcr({ recordPulls: true, now: () => clock.now(), registry: { clock, cache } });
  return {
    fake,
    registry,
    clock,
    async anew() {
      await rm(join(folder, 'sha256'), { recursive: true, force: true });
      return registry;
    },
  };
}

function pulledAt({ manifests }: Awaited<ReturnType<Registry['inventory']>>, digest: Digest): string | undefined {
  return manifests.find((manifest) => manifest.digest === digest)?.pulledAt;
}
