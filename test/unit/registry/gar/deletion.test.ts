import { describe, expect, it } from 'vitest';
import { image, index, layer } from '../../../../src/demo/image.ts';
import type { Clock } from '../../../../src/http/clock.ts';
import { startFaultProxy } from '../../../contract/fault-proxy.ts';
import { type FakeAccount, type FakeGar, OWNER } from '../../../fakes/gar/fake-gar.ts';
import { testClock } from '../../http/test-client.ts';
import { deleteVersions } from '../../../../src/registry/gar/version-deletion.ts';
import { APP, callsOf, connect, connectClient, failure, fakeGar } from './gar-fixture.ts';

function app(seed: string): ReturnType<typeof image> {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00Z' });
}

function tagsOf(fake: FakeGar): object {
  return Object.fromEntries(fake.repository(APP).packages.get('team/app')!.tags);
}

describe('a deletion', () => {
  it('takes the tags off first, deletes without force, and waits for the operation to end', async () => {
    const fake = await fakeGar({ polls: 3 });
    fake.push(APP, app('one'), ['v1', 'latest']);
    expect(await connect(fake).deleteManifest(APP, app('one').digest)).toEqual({ outcome: 'deleted' });
    expect(callsOf(fake)).toEqual([
      'GET versions/…'.replace('…', expectVersion(app('one').digest)),
      'DELETE tags/latest',
      'GET tags/v1',
      'DELETE tags/v1',
      'DELETE versions/…'.replace('…', expectVersion(app('one').digest)),
      ...Array.from({ length: 3 }, () => expect.stringContaining('operations') as string),
    ]);
    expect(fake.calls.filter(({ query }) => query.has('force'))).toEqual([]);
    expect(fake.violations).toEqual([]);
  });

  it('is not waited for once the run is stopped: its operation is asked for once more, and nothing else is sent', async () => {
    const images = ['one', 'two'].map(app);
    for (const together of [images.slice(0, 1), images]) {
      const fake = await fakeGar({ polls: 1000 });
      for (const one of images) fake.push(APP, one, ['v-'.concat(one.digest.slice(-8))]);
      const [stop, clock] = [new AbortController(), testClock()];
      const sleep: Clock['sleep'] = async (ms, signal) => {
        if (clock.slept.length > 3) stop.abort(new Error('stopped'));
        await clock.sleep(ms, signal);
      };
      const registry = connect(fake, { waits: stop.signal, clock: { ...clock, sleep } });

      for (const error of await Promise.all(together.map(({ digest }) => failure(registry.deleteManifest(APP, digest)))))
        expect(error).toMatchObject({ code: 'REGISTRY_ERROR', underWay: true });

      expect(clock.slept).toHaveLength(4);
      expect(fake.calls.at(-1)?.path).toContain('operations/');
      expect(fake.calls.filter(({ method }) => method === 'POST').map(({ path }) => path.split(':').at(-1))).toEqual(
        together.length === 1 ? [] : ['batchDelete'],
      );
    }
  });

  it('is waited for ten minutes and no longer: then an error names the operation', async () => {
    const fake = await fakeGar({ polls: Infinity });
    fake.push(APP, app('one'), ['v1']);
    const clock = testClock();
    const error = await failure(connect(fake, { clock }).deleteManifest(APP, app('one').digest));
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', underWay: true, hint: expect.stringContaining('Run again later') as string });
    expect(error.message).toMatch(
      /^Cannot tell whether it was possible to delete .*: the operation projects\/.* had not ended after 10 minutes\. Its tags .* not put back.*: v1\.$/,
    );
    const minutes = clock.slept.reduce((sum, ms) => sum + ms, 0) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(10);
    expect(minutes).toBeLessThan(10.2);
  });

  it('goes together with others that are asked for at the same time', async () => {
    const fake = await fakeGar();
    const images = ['one', 'two', 'three'].map(app);
    for (const [position, one] of images.entries()) fake.push(APP, one, [`v${position}`]);
    const registry = connect(fake);
    expect(await Promise.all(images.map(({ digest }) => registry.deleteManifest(APP, digest)))).toEqual(
      images.map(() => ({ outcome: 'deleted' })),
    );
    // Which of them come together depends on how fast the machine is.
    const together = fake.calls
      .filter(({ path }) => path.endsWith(':batchDelete'))
      .flatMap(({ body }) => (body as { names: string[] }).names);
    const alone = fake.calls.filter(({ method, path }) => method === 'DELETE' && path.includes('/versions/'));
    expect(together.length + alone.length).toBe(3);
    expect(fake.violations).toEqual([]);
  });

  it('reads which of a batch were not deleted, asks for each why, and puts its tags back', async () => {
    const fake = await fakeGar();
    const held = app('held');
    fake.push(APP, index([held]), ['keep']);
    fake.push(APP, held, ['old-held']);
    fake.push(APP, app('free'), ['old-free']);
    const registry = connect(fake);
    const [locked, deleted] = await Promise.all([held, app('free')].map(({ digest }) => registry.deleteManifest(APP, digest)));
    expect(deleted).toEqual({ outcome: 'deleted' });
    expect(locked).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE') as string,
    });
    expect(tagsOf(fake)).toEqual({ keep: index([held]).digest, 'old-held': held.digest });
  });

  it('is taken apart where the service takes no batch of that size', async () => {
    const fake = await fakeGar({ maxBatch: 1 });
    const images = ['one', 'two'].map(app);
    for (const one of images) fake.push(APP, one);
    const registry = connect(fake);
    expect(await Promise.all(images.map(({ digest }) => registry.deleteManifest(APP, digest)))).toEqual(
      images.map(() => ({ outcome: 'deleted' })),
    );
  });

  it('is not asked for one by one where no right or no quota for the batch says all', async () => {
    const images = ['one', 'two'].map(app);
    const fake = await fakeGar({ accounts: [{ ...OWNER, may: (permission) => permission !== 'artifactregistry.versions.delete' }] });
    for (const one of images) fake.push(APP, one);
    const settled = await deleteVersions(
      connectClient(fake),
      APP,
      images.map(({ digest }) => digest),
    );
    const error = expect.objectContaining({ code: 'AUTH', hint: expect.stringContaining('roles/artifactregistry.repoAdmin') as string });
    expect([...settled.values()]).toEqual(images.map(() => ({ error })));
    expect(fake.calls.filter(({ method, path }) => method === 'DELETE' && path.includes('/versions/'))).toEqual([]);
  });

  it('is not begun for those that a batch has left once the run was stopped', async () => {
    const images = ['one', 'two'].map(app);
    const fake = await fakeGar({ maxBatch: 1 });
    for (const one of images) fake.push(APP, one);
    const stop = new AbortController();
    const client = connectClient(fake, { waits: stop.signal });
    stop.abort(new Error('stopped'));
    const settled = await deleteVersions(
      client,
      APP,
      images.map(({ digest }) => digest),
    );
    const error = expect.objectContaining({ message: expect.stringContaining('the run was stopped') as string });
    expect([...settled.values()]).toEqual(images.map(() => ({ error })));
    expect(fake.calls.filter(({ method }) => method === 'DELETE')).toEqual([]);
    expect(fake.repository(APP).packages.get('team/app')!.images.size).toBe(2);
  });

  it('leaves an image that gets a tag at the last moment, and its tags as they were', async () => {
    const fake = await fakeGar();
    const one = app('one');
    fake.push(APP, one, ['v1']);
    const proxy = await startFaultProxy(fake);
    try {
      // Between the tags and the version, somebody sets another one.
      proxy.fault(
        ({ method, path }) => method === 'DELETE' && path.includes('/tags/'),
        (answer) => {
          fake.repository(APP).packages.get('team/app')!.tags.set('fresh', one.digest);
          return answer;
        },
      );
      const registry = connect(fake, { url: proxy.url, env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: proxy.url } });
      expect(await registry.deleteManifest(APP, one.digest)).toMatchObject({
        outcome: 'drifted',
        message: expect.stringContaining('fresh') as string,
      });
      expect(tagsOf(fake)).toEqual({ fresh: one.digest, v1: one.digest });
    } finally {
      await proxy.stop();
    }
  });

  it('leaves a tag that is moved while another one of the image is taken off', async () => {
    const fake = await fakeGar();
    const [one, two] = [app('one'), app('two')];
    fake.push(APP, one, ['v1', 'v2']);
    const proxy = await startFaultProxy(fake);
    try {
      proxy.fault(
        ({ method, path }) => method === 'DELETE' && path.endsWith('/tags/v1'),
        (answer) => {
          fake.push(APP, two, ['v2']);
          return answer;
        },
      );
      const registry = connect(fake, { url: proxy.url, env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: proxy.url } });
      expect(await registry.deleteManifest(APP, one.digest)).toEqual({ outcome: 'deleted' });
      expect(tagsOf(fake)).toEqual({ v2: two.digest });
    } finally {
      await proxy.stop();
    }
  });

  it('says which tags are off where they could not be put back', async () => {
    const fake = await fakeGar();
    const one = app('one');
    fake.push(APP, one, ['v1']);
    const proxy = await startFaultProxy(fake);
    try {
      proxy.fault(({ method, path }) => (method === 'DELETE' && path.includes('/versions/')) || method === 'POST', { status: 500 });
      const registry = connect(fake, { url: proxy.url, env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: proxy.url } });
      const { message, hint } = await failure(registry.deleteManifest(APP, one.digest));
      expect(message).toMatch(/Its tag v1 was taken off before, and could not be put back/);
      expect(hint).toContain('regctl undo');
    } finally {
      await proxy.stop();
    }
  });

  it('leaves a tag where somebody has set it meanwhile', async () => {
    const fake = await fakeGar();
    const [one, two] = [app('one'), app('two')];
    fake.push(APP, one, ['v1']);
    fake.push(APP, two);
    const proxy = await startFaultProxy(fake);
    try {
      proxy.fault(
        ({ method, path }) => method === 'DELETE' && path.includes('/versions/'),
        () => {
          fake.push(APP, two, ['v1']);
          return { status: 403, body: JSON.stringify({ error: { code: 403, status: 'PERMISSION_DENIED', message: 'no' } }) };
        },
      );
      const registry = connect(fake, { url: proxy.url, env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: proxy.url } });
      await failure(registry.deleteManifest(APP, one.digest));
      expect(tagsOf(fake)).toEqual({ v1: two.digest });
    } finally {
      await proxy.stop();
    }
  });
});

describe('permissions', () => {
  const needed = {
    list: 'artifactregistry.dockerimages.list',
    versions: 'artifactregistry.versions.delete',
    tags: 'artifactregistry.tags.delete',
  };
  const without = (...missing: string[]): FakeAccount => ({ token: OWNER.token, may: (permission) => !missing.includes(permission) });

  it.each([[[needed.versions]], [[needed.tags]], [[needed.versions, needed.tags]]])(
    'to delete are asked for before, and the missing ones named: %s',
    async (missing) => {
      const fake = await fakeGar({ accounts: [without(...missing)] });
      fake.push(APP, app('one'), ['v1']);
      const error = await failure(connect(fake).checkDelete(APP, { tags: false }));
      expect(error).toMatchObject({ code: 'AUTH', exitCode: 4 });
      for (const permission of missing) expect(error.message).toContain(permission);
      expect(error.hint).toContain('roles/artifactregistry.repoAdmin');
    },
  );

  it('that are missing are named where they are needed', async () => {
    const fake = await fakeGar({ accounts: [without(needed.list, needed.tags)] });
    fake.push(APP, app('one'), ['v1']);
    const registry = connect(fake);
    expect(await failure(registry.inventory(APP))).toMatchObject({ code: 'AUTH', hint: expect.stringContaining(needed.list) as string });
    expect(await failure(registry.deleteTag(APP, 'v1', app('one').digest))).toMatchObject({
      code: 'AUTH',
      hint: expect.stringContaining(needed.tags) as string,
    });
  });

  it('that suffice change nothing when asked for', async () => {
    const fake = await fakeGar();
    fake.push(APP, app('one'), ['v1']);
    await connect(fake).checkDelete(APP, { tags: true });
    expect(tagsOf(fake)).toEqual({ v1: app('one').digest });
    expect(fake.violations).toEqual([]);
  });
});

function expectVersion(digest: string): string {
  return `…${digest.slice(-6)}`;
}
