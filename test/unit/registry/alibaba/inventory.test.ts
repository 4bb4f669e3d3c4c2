import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { OWNER } from '../../../fakes/alibaba/fake-alibaba.ts';
import type { FakeAccount } from '../../../fakes/alibaba/signature.ts';
import { APP, build, connect, failure, fakeAlibaba, operations } from './alibaba-fixture.ts';

const DAY = 86_400_000;
/** What every plan says. */
const TAGS_ALONE = expect.stringContaining('lists the tags of prod alone') as string;

async function listed(registry: Registry, below?: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of registry.repositories(below === undefined ? {} : { below })) names.push(name);
  return names.toSorted();
}

describe.each(['enterprise', 'personal'] as const)('the %s edition, which the answer to /v2/ tells with its region', (edition) => {
  it('is read: tags with the time of their last push, digests that come without "sha256:", and what indexes list', async () => {
    const alibaba = await fakeAlibaba({ edition });
    const now = Date.now();
    alibaba.store.now = () => now - 400 * DAY;
    alibaba.store.push(APP, build('old'), ['latest']);
    alibaba.store.now = () => now - DAY;
    const multi = index([build('amd'), build('arm')]);
    alibaba.store.push(APP, multi, ['latest', 'v2']);
    const { complete, capabilities, manifests } = await connect(alibaba).inventory(APP);
    const yesterday = new Date(now - DAY).toISOString();
    expect(complete).toBe(true);
    expect(capabilities).toMatchObject({ pushedAt: true, pulledAt: false, listUntagged: false, undo: false });
    expect(manifests).toHaveLength(3);
    expect(manifests).toContainEqual(
      expect.objectContaining({
        digest: multi.digest,
        tags: ['latest', 'v2'],
        pushedAt: yesterday,
        tagTimes: { latest: yesterday, v2: yesterday },
      }),
    );
  });

  it('is listed over several pages, a namespace alone where one is named', async () => {
    const alibaba = await fakeAlibaba({ edition });
    for (let number = 0; number < 101; number++) alibaba.store.push(`team/app-${number}`, build('one'), ['v1']);
    alibaba.store.push('other/app', build('one'), ['v1']);
    const registry = connect(alibaba);
    expect(await listed(registry)).toHaveLength(102);
    expect(await listed(registry, 'other')).toEqual(['other/app']);
  });

  it('deletes a tag that is on the digest of the plan, and no other', async () => {
    const alibaba = await fakeAlibaba({ edition });
    const one = build('one');
    alibaba.store.push(APP, one, ['a', 'b', 'moved']);
    const registry = connect(alibaba);
    await registry.checkDelete(APP, { tags: true });
    alibaba.store.push(APP, build('two'), ['moved']);
    expect(await registry.deleteTag(APP, 'moved', one.digest)).toMatchObject({ outcome: 'drifted' });
    expect(await registry.deleteManifest(APP, one.digest, ['a', 'b'])).toEqual({ outcome: 'deleted' });
    expect(await registry.deleteTag(APP, 'a', one.digest)).toEqual({ outcome: 'gone' });
    expect([...alibaba.store.repository(APP).tags.keys()]).toEqual(['moved']);
  });

  it('may be missing rights, which are named', async () => {
    const reader: FakeAccount = { ...OWNER, accessKeyId: 'LTAI5tReader', may: (operation) => !operation.startsWith('Delete') };
    const alibaba = await fakeAlibaba({ edition, accounts: [reader] });
    alibaba.store.push(APP, build('one'), ['v1']);
    const error = await failure(connect(alibaba, {}, reader).checkDelete(APP, { tags: true }));
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4, hint: expect.stringContaining('cr:DeleteRepositoryTag') as string });
    expect(error.message).toContain('asked with the access key LTAI5tReader');
    const nobody: FakeAccount = { ...OWNER, accessKeySecret: 'not-the-right-secret-4711' };
    const unknown = await failure(connect(alibaba, {}, { ...nobody, accessKeyId: reader.accessKeyId }).inventory(APP));
    expect(unknown).toMatchObject({ code: 'AUTH', hint: 'Check the access key secret, and the clock of this machine.' });
    expect(JSON.stringify([unknown.message, unknown.hint])).not.toContain(nobody.accessKeySecret);
  });
});

describe('an inventory', () => {
  it('leaves out a tag that is being deleted, and locks all in a repository that is', async () => {
    const alibaba = await fakeAlibaba();
    alibaba.store.push(APP, build('one'), ['v1', 'going']);
    alibaba.store.repository(APP).tags.get('going')!.status = 'DELETING';
    expect((await connect(alibaba).inventory(APP)).manifests.flatMap(({ tags }) => tags)).toEqual(['v1']);
    alibaba.store.repository(APP).status = 'DELETING';
    const registry = connect(alibaba);
    const { manifests, notes } = await registry.inventory(APP);
    expect(manifests.map(({ locked }) => locked)).toEqual([true]);
    expect(notes).toEqual([expect.stringContaining('it is in the state DELETING'), TAGS_ALONE]);
    expect(await failure(registry.checkDelete(APP, { tags: true }))).toMatchObject({ code: 'DELETE_DISABLED' });
  });

  it('is made again where the list of tags changes while it is read, and refused where it never agrees with its length', async () => {
    const alibaba = await fakeAlibaba();
    for (let number = 0; number < 120; number++) alibaba.store.push(APP, build('one'), [`v${number}`]);
    let lists = 0;
    const stop = alibaba.onRequest(({ headers, path }) => {
      if (headers['x-acs-action'] !== 'ListRepoTag' || !path.includes('PageNo=2') || ++lists > 1) return undefined;
      alibaba.store.repository(APP).tags.delete('v0');
      return undefined;
    });
    expect((await connect(alibaba).inventory(APP)).manifests[0]!.tags).toHaveLength(119);
    stop();
    alibaba.onRequest(({ headers }) => {
      if (headers['x-acs-action'] !== 'ListRepoTag') return undefined;
      return { status: 200, body: JSON.stringify({ IsSuccess: true, Code: 'success', RequestId: '1', Images: [], TotalCount: '3' }) };
    });
    const { complete, problems } = await connect(alibaba).inventory(APP);
    expect(complete).toBe(false);
    expect(problems).toEqual([expect.stringContaining('the list is not as long as it says')]);
  });

  it('takes what the config says where the answer to /v2/ does not tell it', async () => {
    const alibaba = await fakeAlibaba();
    alibaba.store.push(APP, build('one'), ['v1']);
    const silent = async (): Promise<never> => Promise.reject(new Error('it was asked'));
    const registry = connect(alibaba, { region: 'cn-hangzhou', instance: 'cri-0a1b2c3d4e5f', ping: silent });
    expect(await registry.listTags(APP)).toEqual(['v1']);
    const bare = connect(alibaba, { ping: async () => ({ status: 200, headers: {}, body: new Uint8Array(), url: alibaba.url }) });
    expect(await failure(bare.listTags(APP))).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('"alibaba.region"') as string,
    });
  });
});

it('tells the domains under which runtimes pull from an instance, or that they are not known', async () => {
  const blind: FakeAccount = { ...OWNER, accessKeyId: 'LTAI5tBlind', may: (operation) => operation !== 'ListInstanceEndpoint' };
  const alibaba = await fakeAlibaba({ accounts: [OWNER, blind] });
  alibaba.store.domains.push('Registry.Example.com', 'team-registry-vpc.cn-hangzhou.cr.aliyuncs.com');
  alibaba.store.push(APP, build('one'), ['v1']);
  const { names } = await connect(alibaba).inventory(APP);
  expect(names).toEqual(['registry.example.com/team/app', 'team-registry-vpc.cn-hangzhou.cr.aliyuncs.com/team/app']);
  const { notes, complete } = await connect(alibaba, {}, blind).inventory(APP);
  expect(complete).toBe(true);
  expect(notes).toEqual([TAGS_ALONE, expect.stringContaining('cr:ListInstanceEndpoint')]);
});

it('does not take an empty list for an empty registry', async () => {
  const alibaba = await fakeAlibaba();
  expect(await failure(listed(connect(alibaba)))).toMatchObject({
    code: 'NOT_FOUND',
    hint: expect.stringContaining('cr:ListRepository') as string,
  });
});

it('reads no index twice, and asks what a tag is on once more before it is deleted', async () => {
  const alibaba = await fakeAlibaba();
  const one = build('one');
  alibaba.store.push(APP, one, ['v1']);
  const registry = connect(alibaba);
  await registry.inventory(APP);
  alibaba.requests.length = 0;
  await registry.takenAlong!(APP, one.digest);
  await registry.deleteTag(APP, 'v1', one.digest);
  expect(operations(alibaba)).toEqual(['ListRepoTag', 'GetRepoTag', 'DeleteRepoTag']);
  expect(alibaba.requests.filter(({ path }) => path.includes('/manifests/'))).toEqual([]);
});
