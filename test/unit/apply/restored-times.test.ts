import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RestoredTimes } from '../../../src/documents/restored-times.ts';
import type { RepositoryInventory } from '../../../src/domain/inventory.ts';
import { asDigest } from '../../digest.ts';
import { temporaryFolder } from './apply-fixture.ts';

const digest = (digit: string) => asDigest(`sha256:${digit.repeat(64)}`);
const at = (repository: string) => ({ url: 'https://registry.example.com', repository });

it('the times of what was put back are kept for each repository, and forgotten with what is not there any more', async () => {
  const folder = await temporaryFolder();
  const [app, web] = [at('team/app'), at('team/web')];
  const had = { pushedAt: '2025-01-01T00:00:00Z' };
  const given = { pushedAt: '2026-01-01T00:00:00Z' };
  const times = new RestoredTimes(folder);
  const id = await times.begin(app, digest('1'), had);
  await times.begin(app, digest('2'), had);
  await times.begin(web, digest('3'), had);
  await times.settle(app, new Map([[id, given]]));

  await times.forgetAbsent(app, new Set([digest('1')]));

  const read = await times.read();
  expect(read.unsettled(app, digest('2'))).toBeUndefined();
  expect(read.unsettled(web, digest('3'))).toMatchObject({ had });
  const manifests = [{ digest: digest('1'), tags: [], children: [], ...given }];
  const inventory = { registry: 'prod', repository: 'team/app', manifests } as unknown as RepositoryInventory;
  expect(read.withOldTimes(inventory, app.url).manifests[0]?.pushedAt).toBe(had.pushedAt);
  expect(await readdir(join(folder, 'restored'))).toHaveLength(2);
});
