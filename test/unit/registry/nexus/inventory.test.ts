import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { ADMIN, type FakeAccount } from '../../../fakes/nexus/accounts.ts';
import { APP, build, connect, failure, fakeNexus, HOSTED, push } from './nexus-fixture.ts';

const DAY = 86_400_000;
/** What every plan says. */
const BY_TAG = expect.stringContaining('records pulls from prod by tag alone') as string;

describe('an inventory', () => {
  it('counts nothing as a download, and asks for no manifest by its tag', async () => {
    const nexus = await fakeNexus();
    push(nexus, index([build('amd'), build('arm')]), 'v1', 'latest');
    const { complete } = await connect(nexus).inventory(APP);
    expect(complete).toBe(true);
    expect(nexus.requests.filter(({ path }) => /\/manifests\/(?!sha256:)/.test(path))).toEqual([]);
    expect([...nexus.store.repository(HOSTED).tags.values()].map(({ lastDownloaded }) => lastDownloaded)).toEqual([undefined, undefined]);
  });

  it('takes a tag that was moved for as young as its last push, although its component is old', async () => {
    const nexus = await fakeNexus();
    const now = Date.now();
    nexus.store.now = () => now - 400 * DAY;
    push(nexus, build('old'), 'latest');
    nexus.store.now = () => now - DAY;
    push(nexus, build('new'), 'latest');
    const { manifests } = await connect(nexus).inventory(APP);
    const yesterday = new Date(now - DAY).toISOString();
    expect(manifests).toEqual([
      expect.objectContaining({ digest: build('new').digest, pushedAt: yesterday, tagTimes: { latest: yesterday } }),
    ]);
  });

  it.each([
    ['the repository is read-only', (nexus) => (nexus.store.repository(HOSTED).writePolicy = 'DENY'), 'is read-only (its deployment'],
    ['the whole of Nexus is', (nexus) => (nexus.store.readOnly = true), 'Nexus is read-only (it answered status 503'],
  ] satisfies readonly (readonly [string, (nexus: Awaited<ReturnType<typeof fakeNexus>>) => unknown, string])[])(
    'has everything locked where %s, and nothing is deleted there',
    async (_what, freeze, note) => {
      const nexus = await fakeNexus();
      push(nexus, build('one'), 'v1');
      freeze(nexus);
      const registry = connect(nexus);
      const { manifests, notes } = await registry.inventory(APP);
      expect(manifests.map(({ locked }) => locked)).toEqual([true]);
      expect(notes).toEqual([expect.stringContaining(note), BY_TAG]);
      expect(await failure(registry.checkDelete(APP, { tags: true }))).toMatchObject({ code: 'DELETE_DISABLED', exitCode: 5 });
      expect(nexus.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    },
  );

  it('is refused where the account may not browse all tags, of which Nexus says nothing', async () => {
    const part: FakeAccount = { ...ADMIN, name: 'part', password: 'part-password-4711', images: /^other/ };
    const nexus = await fakeNexus({ accounts: [part, ADMIN] });
    push(nexus, build('one'), 'v1', 'v2');
    // It may read the image, and does not see its tags among the components.
    nexus.onRequest(({ path }) => {
      if (path.endsWith('/tags/list')) return { status: 200, body: '{"name":"team/app","tags":["v1","v2"]}' };
      return undefined;
    });
    const { complete, problems } = await connect(nexus, {}, part).inventory(APP);
    expect(complete).toBe(false);
    expect(problems).toEqual([expect.stringMatching(/prod\/docker-hosted\/team\/app:v1 \(and 1 more\) is there/)]);
  });

  it('names the privilege to read, by Nexus’s own word, where the account may only browse', async () => {
    const browser: FakeAccount = { name: 'browser', password: 'browser-password-4711', privileges: ['browse'] };
    const nexus = await fakeNexus({ accounts: [browser, ADMIN] });
    push(nexus, build('one'), 'v1');
    const { code, hint } = await failure(connect(nexus, {}, browser).inventory(APP));
    expect([code, hint]).toEqual(['AUTH', 'Use an account that has these rights: nx-repository-view-docker-*-read.']);
  });

  it('says what it may not see, and which policies of Nexus itself delete', async () => {
    const plain: FakeAccount = { name: 'plain', password: 'plain-password-4711', privileges: ['browse', 'read'] };
    const nexus = await fakeNexus({ accounts: [plain, ADMIN] });
    push(nexus, build('one'), 'v1');
    Object.assign(nexus.store.repository(HOSTED), { cleanup: ['older-than-30-days'], writePolicy: 'ALLOW_ONCE' });
    expect((await connect(nexus).inventory(APP)).notes).toEqual([
      expect.stringContaining('can be pushed once and not moved'),
      expect.stringContaining('by its cleanup policies: older-than-30-days'),
      BY_TAG,
    ]);
    const { complete, notes } = await connect(nexus, {}, plain).inventory(APP);
    expect(complete).toBe(true);
    expect(notes).toEqual([expect.stringContaining('nx-repository-admin-docker-docker-hosted-read'), BY_TAG]);
  });

  it.each([
    ['3.70.4-02', true],
    ['3.71.0-06', false],
  ])('of Nexus %s warns of the task that deletes OCI manifests in use: %s', async (version, warns) => {
    const nexus = await fakeNexus({ version });
    push(nexus, build('one'), 'v1');
    const { notes = [] } = await connect(nexus).inventory(APP);
    expect(notes.some((note) => note.includes('does not understand OCI manifests'))).toBe(warns);
  });

  it('ends where the pages of components never do', async () => {
    const nexus = await fakeNexus({ pageSize: 1 });
    push(nexus, build('one'), 'v1', 'v2');
    nexus.onRequest((request) => {
      if (!request.path.includes('/v1/components?')) return undefined;
      return { status: 200, body: JSON.stringify({ items: [], continuationToken: request.path.includes('Token=a') ? 'b' : 'a' }) };
    });
    const { complete, problems } = await connect(nexus).inventory(APP);
    expect(complete).toBe(false);
    expect(problems).toEqual([expect.stringContaining('do not lead to its end')]);
  });
});

it('lists the images of every hosted repository, page by page', async () => {
  const nexus = await fakeNexus({ pageSize: 2 });
  const other = nexus.store.repository('other');
  for (const name of ['a', 'b', 'c']) nexus.store.push(other, name, build(name), ['v1']);
  push(nexus, build('one'), 'v1', 'v2', 'v3');
  nexus.store.repository('all', { type: 'group', members: [HOSTED, 'other'] });
  const skipped: string[] = [];
  const names: string[] = [];
  for await (const name of connect(nexus).repositories({ onSkipped: (message) => skipped.push(message) })) names.push(name);
  expect(names.toSorted()).toEqual([APP, 'other/a', 'other/b', 'other/c']);
  expect(skipped).toEqual([expect.stringContaining('prod/all is a group repository')]);
  const below: string[] = [];
  for await (const name of connect(nexus).repositories({ below: 'other' })) below.push(name);
  expect(below.toSorted()).toEqual(['other/a', 'other/b', 'other/c']);
});

it('does not take an empty answer to somebody without rights for an empty registry', async () => {
  const nobody: FakeAccount = { name: 'nobody', password: 'nobody-password-4711', privileges: [] };
  const nexus = await fakeNexus({ accounts: [nobody, ADMIN] });
  push(nexus, build('one'), 'v1');
  const list = async (): Promise<void> => {
    for await (const _name of connect(nexus, {}, nobody).repositories()) continue;
  };
  expect(await failure(connect(nexus, {}, nobody).inventory(APP))).toMatchObject({ code: 'AUTH', exitCode: 4 });
  expect(await failure(list())).toMatchObject({ code: 'AUTH', hint: expect.stringContaining('nx-repository-view-docker') as string });
});
