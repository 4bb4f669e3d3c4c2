import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OldTimes } from '../../../src/apply/old-times-memory.ts';
import { RestoredTimes } from '../../../src/documents/restored-times.ts';
import type { RepositoryInventory } from '../../../src/domain/inventory.ts';
import type { Registry } from '../../../src/registry/registry.ts';
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

it('the times of what is put back are remembered where the registry tells only when images were pushed, or only when tags were set', async () => {
  const app = at('team/app');
  const memory = new RestoredTimes(await temporaryFolder());
  const times = new OldTimes(memory, await memory.read(), { url: app.url } as Registry, app.repository, new Map());
  const pushed = { pushedAt: '2025-01-01T00:00:00.000Z' };
  const tagged = { tagTimes: { v1: '2025-01-02T00:00:00.000Z' } };
  await times.begin(digest('1'), pushed);
  await times.begin(digest('2'), tagged);
  await times.begin(digest('3'), {});
  const read = await memory.read();
  expect([1, 2, 3].map((number) => read.unsettled(app, digest(`${number}`))?.had)).toEqual([pushed, tagged, undefined]);
});
