import { describe, expect, it } from 'vitest';
import type { Registry, RepositoriesOptions } from '../../../../src/registry/registry.ts';
import { OWNER } from '../../../fakes/quay/fake-quay.ts';
import { build, connect, connectAs, failure, fakeQuay } from './quay-fixture.ts';

describe('the repositories of Quay', () => {
  it('are listed by namespace, and those that hold no images are passed over with a message', async () => {
    const quay = await fakeQuay({ repositoriesPage: 2 });
    for (const name of ['team/a', 'team/b/c', 'team/d', 'other/a']) quay.store.push(name, build('one'), ['v1']);
    quay.store.repository('team/d').kind = 'application';
    const skipped: string[] = [];
    expect(await list(quay, { below: 'team', onSkipped: (message) => skipped.push(message) })).toEqual(['team/a', 'team/b/c']);
    expect(skipped).toEqual(['prod/team/d holds applications and no images, and was passed over.']);
    expect(await list(quay, { below: 'team/b' })).toEqual(['team/b/c']);
    expect(await list(quay, {}, ['other', 'team'])).toEqual(['other/a', 'team/a', 'team/b/c']);
  });

  it('cannot be listed where nothing names a namespace', async () => {
    const quay = await fakeQuay();
    const error = await failure(list(quay, {}));
    expect(error).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('quay.namespaces') as string });
  });

  it('are never taken for none because Quay shows nothing: to a token that is not valid, or without rights, and to nobody', async () => {
    const quay = await fakeQuay({ accounts: [OWNER, { token: 'foreign', scopes: ['repo:write'], sees: ['other'] }] });
    quay.store.push('team/a', build('one'), ['v1']);
    quay.store.organization('empty');
    const anonymous = connect(quay, { namespaces: ['team'], credentials: async () => undefined });
    for (const registry of [anonymous, connectAs(quay, '$oauthtoken', 'expired'), connectAs(quay, '$oauthtoken', 'foreign')]) {
      expect((await failure(listOf(registry, { below: 'team' }))).code).toBe('AUTH');
      // A name without a slash can only mean the namespace.
      expect((await failure(registry.inventory('team'))).code).toBe('AUTH');
    }
    expect((await failure(list(quay, { below: 'typo' }))).message).toContain('prod/typo');
    expect(await list(quay, { below: 'empty' })).toEqual([]);
  });

  it('are an error where the pages go round in a circle', async () => {
    const quay = await fakeQuay();
    quay.store.push('team/a', build('one'), ['v1']);
    let mark = 0;
    quay.onRequest(({ path }) => {
      if (!path.startsWith('/api/v1/repository?')) return undefined;
      const body = { repositories: [{ namespace: 'team', name: 'a', kind: 'image' }], next_page: `garbage-${(mark += 1)}` };
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    });
    expect((await failure(list(quay, { below: 'team' }))).code).toBe('BAD_RESPONSE');
    expect(mark).toBeLessThan(10);
  });

  it('are named NAMESPACE/NAME', async () => {
    const quay = await fakeQuay();
    quay.store.push('team/a', build('one'), ['v1']);
    expect(await failure(connect(quay).inventory('team'))).toMatchObject({
      code: 'NOT_FOUND',
      message: 'prod/team is a namespace, not a repository.',
      hint: expect.stringContaining('NAMESPACE/NAME') as string,
    });
  });
});

async function list(
  quay: Awaited<ReturnType<typeof fakeQuay>>,
  options: RepositoriesOptions,
  namespaces: readonly string[] = [],
): Promise<string[]> {
  return listOf(connect(quay, { namespaces }), options);
}

async function listOf(registry: Registry, options: RepositoriesOptions): Promise<string[]> {
  const names: string[] = [];
  for await (const name of registry.repositories(options)) names.push(name);
  return names;
}
