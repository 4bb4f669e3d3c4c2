import { expect, it } from 'vitest';
import type { Registry } from '../../../../src/registry/registry.ts';
import { APP, build, connect, connectAs, fakeQuay } from './quay-fixture.ts';

/** State and message of each answer, in the order in which they are told. */
async function told(registry: Registry, repository = APP): Promise<string[]> {
  return (await registry.beside!(repository)).map(({ check, state, message }) => `${check} ${state}: ${message}`);
}

it('tells by which policies Quay itself deletes and locks, and how long deleted tags are kept', async () => {
  const quay = await fakeQuay();
  const repository = quay.store.repository(APP);
  const none = 'has no auto-prune policy of its own; Quay does not tell whether there is one for all';
  expect(await told(connect(quay))).toEqual([
    `retention ok: the repository prod/team/app ${none}`,
    `retention ok: the organization prod/team ${none}`,
    'immutable ok: prod/team/app has no immutability policy of its own',
    'garbage ok: deleted tags stay in the time machine for 14 days, and then Quay collects them by itself',
  ]);

  repository.policies.push({ method: 'number_of_tags', value: 10, tagPattern: '^dev-', tagPatternMatches: false });
  quay.store.organization('team').policies.push({ method: 'creation_date', value: '90d' });
  quay.store.organization('team').tagExpirationS = 0;
  repository.immutability.push({ tagPattern: '^v[0-9]+$', tagPatternMatches: true });
  expect(await told(connect(quay))).toEqual([
    'retention warning: Quay itself deletes tags by auto-prune policies of the repository prod/team/app: ' +
      'it keeps the newest 10 tags, of those that do not match ^dev-',
    'retention warning: Quay itself deletes tags by auto-prune policies of the organization prod/team: it keeps tags for 90d',
    'immutable warning: tags that were pushed to prod/team/app under an immutability policy are never deleted: tags that match ^v[0-9]+$',
    'garbage warning: the namespace of prod/team/app keeps nothing in the time machine: what is deleted cannot be put back',
  ]);
});

it('never says that there is nothing where the token may not ask, and names the scope', async () => {
  const quay = await fakeQuay({ accounts: [{ token: 'writes', scopes: ['repo:write'] }] });
  quay.store.push(APP, build('one'), ['v1']);
  quay.store.repository(APP).policies.push({ method: 'number_of_tags', value: 10 });
  const found = await connectAs(quay, '$oauthtoken', 'writes').beside!(APP);
  expect(found.map(({ check, state }) => `${check} ${state}`)).toEqual([
    'retention unknown',
    'retention unknown',
    'immutable unknown',
    'garbage ok',
  ]);
  expect(found.slice(0, 3).map(({ next }) => /scope (\S+),/.exec(next ?? '')?.[1])).toEqual(['repo:admin', 'org:admin', 'repo:admin']);
});

it('says that the policies of a user cannot be seen, in plans too', async () => {
  const quay = await fakeQuay();
  quay.store.push('jane/app', build('one'), ['v1']);
  quay.store.organization('jane').isUser = true;
  const registry = connect(quay);
  expect((await told(registry, 'jane/app'))[1]).toBe(
    'retention unknown: Quay shows the auto-prune policies of the user prod/jane to that user alone',
  );
  expect((await registry.inventory('jane/app')).notes).toEqual([expect.stringContaining('of the user prod/jane is not known')]);
});

it('is told apart where Quay has these functions switched off', async () => {
  const quay = await fakeQuay({ autoPrune: false, immutability: false });
  quay.store.repository(APP);
  expect((await told(connect(quay))).slice(0, 3)).toEqual([
    'retention ok: Quay itself deletes no tags of the repository prod/team/app: auto-prune is switched off',
    'retention ok: Quay itself deletes no tags of the organization prod/team: auto-prune is switched off',
    'immutable ok: this Quay has no immutable tags',
  ]);
});
