import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { HttpClient } from '../../../../src/http/http-client.ts';
import { RequestPoints } from '../../../../src/registry/ghcr/request-points.ts';
import { testClient, testClock } from '../../http/test-client.ts';
import { OWNER } from '../../../fakes/ghcr/fake-ghcr.ts';
import { account, APP, build, connect, failure, fakeGhcr, tagsIn } from './ghcr-fixture.ts';

const [one, two] = [build('one'), build('two')];

describe('deleting a version on GitHub', () => {
  it('of which a tag is the last of the package is refused, and is told as locked', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, one, ['v1']);
    expect(await connect(fake).deleteManifest(APP, one.digest, ['v1'])).toEqual({
      outcome: 'locked',
      message: expect.stringMatching(
        /prod\/team\/app@sha256:.*it is the last version of the package with a tag.*Delete the package/,
      ) as string,
    });
  });

  it('that was downloaded more than 5,000 times is refused in public packages, and is told as locked', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, one, ['v1']);
    fake.store.push(APP, two, ['v2']);
    fake.store.package(APP).versions[0]!.downloads = 5001;
    fake.store.package(APP).visibility = 'public';
    const registry = connect(fake);
    expect(await registry.deleteManifest(APP, one.digest)).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('downloaded more than 5,000 times') as string,
    });
    fake.store.package(APP).visibility = 'private';
    expect(await registry.deleteManifest(APP, one.digest)).toEqual({ outcome: 'deleted' });
  });

  it('is not asked for where it has a tag that the plan does not know', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, one, ['v1', 'fresh']);
    fake.store.push(APP, two, ['v2']);
    expect(await connect(fake).deleteManifest(APP, one.digest, ['v1'])).toMatchObject({
      outcome: 'drifted',
      message: expect.stringContaining('fresh') as string,
    });
    expect(fake.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  it('takes the role Admin: without it GitHub says that it is not there, which is never gone', async () => {
    const plain = account({ scopes: ['read:packages', 'delete:packages'] });
    const fake = await fakeGhcr({ accounts: [OWNER, plain] });
    fake.store.push(APP, one, ['v1']);
    fake.store.push(APP, two, ['v2']);
    const error = await failure(connect(fake, {}, plain).deleteManifest(APP, one.digest));
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4, hint: expect.stringContaining('the role Admin on the package') as string });
    expect(tagsIn(fake)).toHaveLength(2);
  });

  it('is done where an answer of 502 was followed by "not found"', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, one, ['v1']);
    fake.store.push(APP, two, ['v2']);
    let deletions = 0;
    fake.onRequest(({ method }) => {
      if (method !== 'DELETE') return undefined;
      deletions += 1;
      fake.store.delete(fake.store.package(APP).versions[0]!);
      return { status: 502 };
    });
    expect(await connect(fake).deleteManifest(APP, one.digest)).toEqual({ outcome: 'deleted' });
    expect(deletions).toBe(1);
  });
});

describe('whether versions can be deleted', () => {
  it('is known by the scopes of a classic token, and the missing one is named', async () => {
    const reader = account({});
    const fake = await fakeGhcr({ accounts: [OWNER, reader] });
    fake.store.push(APP, one, ['v1']);
    const error = await failure(connect(fake, {}, reader).checkDelete(APP, { tags: false }));
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4 });
    expect(error.message).toMatch(/delete versions of prod\/team\/app: the token lacks the scope delete:packages, asked as user "rita"/);
    expect(error.hint).toMatch(/^The token has read:packages, and lacks delete:packages/);
  });

  it('is not known of the token of a workflow before the first deletion, which is no reason to refuse it', async () => {
    const { scopes: _none, ...workflow } = account({ token: 'ghs_workflow4711', isAdmin: true });
    const fake = await fakeGhcr({ accounts: [workflow] });
    fake.store.push(APP, one, ['v1']);
    await connect(fake, {}, workflow).checkDelete(APP, { tags: false });
  });
});

describe('the limits of GitHub', () => {
  it('for a minute, which no answer tells, are kept by counting', async () => {
    const clock = testClock();
    const begun = clock.now();
    const told: string[] = [];
    const points = new RequestPoints(clock, undefined, (until) => {
      told.push(`until ${until - begun}`);
      return () => void told.push('on');
    });
    for (let n = 0; n < 160; n++) {
      await points.room(5, 'delete');
      points.spend(5);
    }
    expect(clock.slept).toEqual([]);
    await points.room(1, 'read');
    expect(clock.slept).toEqual([60_000]);
    expect(told).toEqual(['until 60000', 'on']);
  });

  it('for a minute are not waited for once the run is stopped: a look goes out, and no deletion', async () => {
    const points = new RequestPoints(testClock(), AbortSignal.abort());
    points.spend(800);
    await points.room(1, 'list the versions');
    expect(await failure(points.room(6, 'delete the version'))).toMatchObject({ code: 'REGISTRY_ERROR', hint: 'Run again.' });
  });

  it.each([1, 2, 3, 4, 5, 6, 7])(
    'for an hour, of which %i are left, are waited for as soon as none is, and no request is refused',
    async (remaining) => {
      const clock = testClock();
      const fake = await fakeGhcr();
      for (let n = 0; n < 9; n++) fake.store.push(APP, build(`${n}`), [`v${n}`]);
      Object.assign(fake.budget, { remaining, reset: Math.floor(Date.now() / 1000) + 280 });
      fake.onRequest(({ path }) => {
        // The hour is over when the pause is.
        if (path.startsWith('/api') && fake.budget.remaining <= 0 && clock.slept.some((ms) => ms > 90_000)) fake.budget.remaining = 100;
      });
      const client = testClient({ clock, concurrency: 4 });
      let sent = 0;
      const request: HttpClient['request'] = async (asked) => {
        const late = (sent++ % 3) * 5;
        const response = await client.request(asked);
        // Answers come out of turn.
        await setTimeout(late);
        return response;
      };
      const registry = connect(fake, { http: { ...client, request }, clock });
      const digests = fake.store.package(APP).versions.map(({ digest }) => digest);
      await Promise.all(digests.slice(1).map((digest) => registry.deleteManifest(APP, digest)));
      expect(tagsIn(fake)).toHaveLength(1);
      expect(fake.requests.filter(({ status }) => status >= 400)).toEqual([]);
    },
  );
});
