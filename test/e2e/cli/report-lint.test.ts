import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Checklist } from '../../../src/lint/checklist.ts';
import { newSession } from './in-process.ts';
import { registryWith } from './registry-with-builds.ts';

test('a registry is looked at with GET and HEAD alone, and told in every form', async () => {
  const registry = await registryWith({ 'team/app': 2 });
  const session = await newSession();
  registry.requests.length = 0;

  const words = ['report', 'lint', registry.host, '--production', 'team/*', '--detailed-exitcode'];
  const { code, stdout } = await session.run(...words, '-o', 'json', '-o', 'table=all.txt', '-o', 'markdown=all.md', '-o', 'junit=all.xml');

  expect(code).toBe(2);
  expect(registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  const [page] = (JSON.parse(stdout) as Checklist).registries;
  expect(page).toMatchObject({ registry: registry.host, images: 2, tags: 2 });
  const states = Object.fromEntries(page?.items.map(({ check, state }) => [check, state]) ?? []);
  expect(states).toMatchObject({ 'production-versions': 'finding', 'tag-names': 'pass', governed: 'unknown', garbage: 'unknown' });
  expect(await readFile(join(session.folder, 'all.txt'), 'utf8')).toMatch(
    / {2}look {2}production-versions .* 2 of 2 not so\n {20,}team\/app:/,
  );
  expect(await readFile(join(session.folder, 'all.md'), 'utf8')).toMatch(/\| \*\*look\*\* \| production-versions \| `.*` \| `team\/app:/);
  expect(await readFile(join(session.folder, 'all.xml'), 'utf8')).toContain('<failure type="production-versions"');
});

test('an inventory says the same as the registry, but for what the registry itself is asked', async () => {
  const registry = await registryWith({ 'team/app': 2 });
  const session = await newSession();
  await session.run('inventory', registry.host, '--out', 'all.json');
  const page = async (...words: readonly string[]): Promise<Checklist['registries'][number] | undefined> =>
    (JSON.parse((await session.run('report', 'lint', ...words, '-o', 'json')).stdout) as Checklist).registries[0];

  const live = await page(registry.host);
  const offline = await page('--inventory', join(session.folder, 'all.json'));
  expect(offline).toEqual({ ...live, items: live?.items.filter(({ check }) => check !== 'garbage') });
});

test('what could not be read is told, and decides the exit code', async () => {
  const registry = await registryWith({ 'team/app': 2 });
  registry.onRequest(({ path }) => (path.startsWith('/v2/team/app') ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined));
  const session = await newSession();
  const { code, stdout, stderr } = await session.run('report', 'lint', `${registry.host}/team/app`, '--detailed-exitcode');
  expect(code).toBe(4);
  expect(stdout).toContain(`not read: ${registry.host}/team/app: AUTH`);
  expect(stderr).toContain(registry.host);
});
