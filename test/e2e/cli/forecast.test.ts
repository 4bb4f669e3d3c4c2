import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Forecast } from '../../../src/forecast/forecast.ts';
import type { Inventory } from '../../../src/domain/inventory.ts';
import { capabilities, manifest, repository } from '../../unit/plan/fixture.ts';
import { newSession, NOW, type Session } from './in-process.ts';

const DAY = 86_400_000;
const ALIASES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** A user with an inventory, taken ten days ago, of a build a day: the newest is twelve hours old then. */
async function withInventory(): Promise<Session> {
  const takenAt = NOW - 10 * DAY;
  const manifests = ALIASES.map((alias, index) =>
    manifest(alias, { tags: [`build-${20 - index}`], pushedAt: new Date(takenAt - (index + 0.5) * DAY).toISOString() }),
  );
  const inventory: Inventory = {
    kind: 'Inventory',
    formatVersion: '1.0',
    takenAt: new Date(takenAt).toISOString(),
    repositories: [repository(manifests, { capabilities: capabilities() })],
  };
  const session = await newSession();
  await session.file('inventory.json', JSON.stringify(inventory));
  return session;
}

test('an inventory is forecast from when it was taken, in every form', async () => {
  const session = await withInventory();
  const words = ['forecast', '--inventory', join(session.folder, 'inventory.json'), '--keep-last', '4', '--days', '6'];

  const { code, stdout, stderr } = await session.run(
    ...words,
    '-o',
    'json',
    '-o',
    'table=all.txt',
    '-o',
    'html=all.html',
    '-o',
    'markdown=all.md',
  );

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const forecast = JSON.parse(stdout) as Forecast;
  expect(forecast).toMatchObject({
    kind: 'Forecast',
    now: '2026-11-14T03:10:00.000Z',
    days: 6,
    start: { images: 6 },
    summary: { pushed: 6, deleted: 8 },
  });
  expect(forecast.daily.map(({ deleted, images }) => [deleted, images])).toEqual([[3, 4], ...Array.from({ length: 5 }, () => [1, 4])]);
  expect(await readFile(join(session.folder, 'all.txt'), 'utf8')).toContain('6 images now, 4 in 6 days: 6 come, 8 go\n');
  expect(await readFile(join(session.folder, 'all.html'), 'utf8')).toContain('6 images now, 4 in 6 days: 6 come, 8 go');
  expect(await readFile(join(session.folder, 'all.md'), 'utf8')).toContain('6 images now, 4 in 6 days: 6 come, 8 go');
});

test('as of another time, and with a bound on each run', async () => {
  const session = await withInventory();
  const words = ['forecast', '--inventory', join(session.folder, 'inventory.json'), '--keep-last', '2', '--days', '3', '-o', 'json'];

  const later = JSON.parse((await session.run(...words, '--now', '+1d')).stdout) as Forecast;
  expect(later).toMatchObject({ now: '2026-11-25T03:10:00.000Z', summary: { pushed: 0, deleted: 4 } });
  const bounded = JSON.parse((await session.run(...words, '--now', '+1d', '--at-most', '3')).stdout) as Forecast;
  expect(bounded.daily.map(({ deleted, leftForNextRun = 0 }) => [deleted, leftForNextRun])).toEqual([
    [3, 1],
    [1, 0],
    [0, 0],
  ]);
  const blocked = await session.run(...words, '--max-deletions', '0');
  expect(blocked.code).toBe(0);
  expect((JSON.parse(blocked.stdout) as Forecast).daily.every(({ blockedBy }) => blockedBy?.length === 1)).toBe(true);
});

test('where nothing can be read there is no forecast', async () => {
  const session = await newSession();
  const { code, stdout, stderr } = await session.run('forecast', 'localhost:1/team/app', '--keep-last', '4');
  expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
  expect(stderr).toContain('localhost:1');
});
