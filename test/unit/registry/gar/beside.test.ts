import { expect, it } from 'vitest';
import { image, layer } from '../../../../src/demo/image.ts';
import { OWNER } from '../../../fakes/gar/fake-gar.ts';
import { APP, connect, fakeGar } from './gar-fixture.ts';

const ONE = image({ layers: [layer('one', 100)], created: '2025-01-01T00:00:00Z' });

it('tells the cleanup policies that delete, unless they are a dry run, and immutable tags', async () => {
  const fake = await fakeGar();
  fake.push(APP, ONE, ['v1']);
  const registry = connect(fake);
  expect(await registry.beside!(APP)).toEqual([
    { check: 'retention', state: 'ok', message: 'images has no cleanup policy that deletes' },
    { check: 'immutable', state: 'ok', message: 'tags of images can be moved and deleted' },
  ]);

  Object.assign(fake.repository(APP), {
    immutableTags: true,
    cleanupPolicies: {
      'old-untagged': { id: 'old-untagged', action: 'DELETE', condition: { tagState: 'UNTAGGED', olderThan: '86400s' } },
      'keep-ten': { id: 'keep-ten', action: 'KEEP', mostRecentVersions: { keepCount: 10 } },
    },
  });
  expect(await registry.beside!(APP)).toMatchObject([
    {
      state: 'warning',
      message: 'Artifact Registry itself deletes in images by cleanup policies: old-untagged (UNTAGGED, olderThan 86400s)',
      next: expect.stringContaining('Cleanup policies') as string,
    },
    { state: 'warning', next: expect.stringContaining('--no-immutable-tags') as string },
  ]);
  fake.repository(APP).cleanupPolicyDryRun = true;
  expect((await registry.beside!(APP))[0]).toMatchObject({ state: 'ok', message: expect.stringContaining('a dry run') as string });
  expect(fake.violations).toEqual([]);
});

it('never says that there is none where it may not ask', async () => {
  const fake = await fakeGar({ accounts: [{ ...OWNER, may: (permission) => !permission.endsWith('repositories.get') }] });
  fake.push(APP, ONE, ['v1']);
  const found = await connect(fake).beside!(APP);
  expect(found.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  expect(found[0]?.next).toContain('artifactregistry.repositories.get');
});
