import { describe, expect, it } from 'vitest';
import { holderOf } from '../../../../src/registry/alibaba/holder-of.ts';
import { testClock } from '../../http/test-client.ts';
import { APP, build, connect, failure, fakeAlibaba, operations } from './alibaba-fixture.ts';

const one = build('one');

describe('a call', () => {
  it('that is throttled with the status 400 is waited for and signed anew, but for a deletion, which holds no longer then', async () => {
    const alibaba = await fakeAlibaba();
    alibaba.store.push(APP, one, ['v1']);
    const clock = testClock();
    const registry = connect(alibaba, { clock });
    let throttled = 0;
    alibaba.onRequest(({ headers }) => {
      if (!['ListRepoTag', 'DeleteRepoTag'].includes(String(headers['x-acs-action'])) || ++throttled % 3 === 0) return undefined;
      return { status: 400, body: JSON.stringify({ Code: 'Throttling.User', Message: 'Request was denied due to user flow control.' }) };
    });
    expect(await registry.listTags(APP)).toEqual(['v1']);
    expect(clock.slept.length).toBeGreaterThanOrEqual(2);
    alibaba.requests.length = 0;
    for (let tries = 0; tries < 2; tries++)
      expect(await failure(registry.deleteTag(APP, 'v1', one.digest))).toMatchObject({ code: 'REGISTRY_ERROR', transient: true });
    expect(await registry.deleteTag(APP, 'v1', one.digest)).toEqual({ outcome: 'deleted' });
    const once = ['GetRepoTag', 'DeleteRepoTag'];
    expect(operations(alibaba).filter((operation) => once.includes(operation))).toEqual([...once, ...once, ...once]);
    const nonces = alibaba.requests.map(({ headers }) => headers['x-acs-signature-nonce']).filter((nonce) => nonce !== undefined);
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it('that finds out whether tags can be deleted is waited for', async () => {
    const alibaba = await fakeAlibaba();
    alibaba.store.push(APP, one, ['v1']);
    let tries = 0;
    alibaba.onRequest(({ headers }) => {
      if (headers['x-acs-action'] !== 'DeleteRepoTag' || ++tries > 2) return undefined;
      return { status: 400, body: JSON.stringify({ Code: 'Throttling.User', Message: 'Request was denied due to user flow control.' }) };
    });
    await connect(alibaba).checkDelete(APP, { tags: true });
    expect(tries).toBe(3);
  });

  it('that is answered with 200 and "IsSuccess": false was not carried out', async () => {
    const alibaba = await fakeAlibaba();
    alibaba.store.push(APP, one, ['v1']);
    const stop = alibaba.onRequest(({ headers }) => {
      if (headers['x-acs-action'] !== 'DeleteRepoTag') return undefined;
      return { status: 200, body: JSON.stringify({ IsSuccess: false, Code: 'NoPrivilege', RequestId: '1' }) };
    });
    const registry = connect(alibaba);
    expect(await failure(registry.deleteTag(APP, 'v1', one.digest))).toMatchObject({ code: 'AUTH' });
    stop();
    alibaba.onRequest(({ headers }) => (headers['x-acs-action'] === 'DeleteRepoTag' ? { status: 200, body: '{}' } : undefined));
    expect(await failure(registry.deleteTag(APP, 'v1', one.digest))).toMatchObject({ code: 'BAD_RESPONSE' });
    expect([...alibaba.store.repository(APP).tags.keys()]).toEqual(['v1']);
  });

  it('goes out with the token of temporary keys', async () => {
    const account = {
      accessKeyId: 'STS.role',
      accessKeySecret: 'sts-secret-4711-of-an-hour',
      securityToken: 'sts-token-of-an-hour',
      may: () => true,
    };
    const alibaba = await fakeAlibaba({ accounts: [account] });
    alibaba.store.push(APP, one, ['v1']);
    expect(await connect(alibaba, {}, account).listTags(APP)).toEqual(['v1']);
  });
});

it('tells which lifecycle rules of the instance delete beside it', async () => {
  const alibaba = await fakeAlibaba();
  alibaba.store.push(APP, one, ['v1']);
  alibaba.store.rules.push(
    { RuleId: '1', Scope: 'INSTANCE', RetentionTagCount: 30, ScheduleTime: 'WEEK', Auto: true, EnableDeleteTag: true },
    { RuleId: '2', Scope: 'NAMESPACE', NamespaceName: 'other', RetentionTagCount: 1, EnableDeleteTag: true },
  );
  const [retention] = await connect(alibaba).beside!(APP);
  expect(retention).toMatchObject({ state: 'warning', message: expect.stringContaining('the newest 30 tags stay, every week') as string });
  expect(retention!.message).not.toContain('newest 1 ');
});

it.each([
  ['as Node.js gives it', { default: { default: { sign: 1 } } }],
  ['as a bundler gives it', { default: { sign: 1 } }],
  ['as a test runner gives it', { sign: 1, default: {} }],
])('finds what a module of the old kind exports: %s', (_how, module) => {
  expect(holderOf(module, 'sign')).toMatchObject({ sign: 1 });
  expect(() => holderOf(module, 'nothing')).toThrow(TypeError);
});
