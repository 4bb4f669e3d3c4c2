import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

/** A registry in which one of two repositories answers with this status. */
async function withBroken(status: number): Promise<EmbeddedRegistry> {
  const registry = await registryWith({ 'team/app': 3, 'team/broken': 3 });
  registry.onRequest(({ path }) => (path.startsWith('/v2/team/broken') ? { status } : undefined));
  return registry;
}

describe('a repository that cannot be read', () => {
  test('stands in the plan, and everything else is planned: 6', async () => {
    const registry = await withBroken(400);
    const session = await newSession();

    const plan = await session.plan([registry.host, '--keep-last', '1'], 6);

    expect(plan).toMatchObject({
      applyable: true,
      blockedBy: [],
      unread: [{ registry: registry.host, repository: 'team/broken', code: 'REGISTRY_ERROR' }],
      summary: { images: { delete: 2 } },
    });
    expect(plan.unread).toHaveLength(1);
  });

  test('comes first in the table and after the title in Markdown, and its error last on stderr', async () => {
    const registry = await withBroken(400);
    const session = await newSession();
    const words = ['prune', registry.host, '--keep-last', '1'];
    const line = `${registry.host}/team/broken: REGISTRY_ERROR: `;

    const table = await session.run(...words);
    const markdown = await session.run(...words, '-o', 'markdown');

    expect(table.stdout.split('\n').slice(0, 2)).toEqual([
      'Not everything could be read. Nothing is deleted where something is missing:',
      expect.stringContaining(line),
    ]);
    expect(markdown.stdout).toMatch(/^### Prune plan.*\n\n\*\*Not everything could be read.*\n\n- `.*team\/broken: REGISTRY_ERROR/);
    expect(table.stderr).toMatch(/error: .*team\/broken/);
  });

  test('does not keep the others from being carried out: 6, and the metrics count it', async () => {
    const registry = await withBroken(400);
    const session = await newSession();

    const { code, stdout } = await session.run('prune', registry.host, '--keep-last', '1', '--apply', '--metrics-file', 'prune.prom');

    expect(code).toBe(6);
    expect(stdout).toContain('done in part, and not everything could be read');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
    expect(tagsIn(registry, 'team/broken')).toHaveLength(3);
    const metrics = await readFile(join(session.folder, 'prune.prom'), 'utf8');
    expect(metrics).toContain(`regprune_unread{registry="${registry.host}"} 1\n`);
    expect(metrics).not.toContain('regprune_last_success_timestamp_seconds');
  });

  test('for a missing right ends with 4, and the others are carried out all the same', async () => {
    const registry = await withBroken(403);
    const session = await newSession();

    expect((await session.run('prune', registry.host, '--keep-last', '1', '--apply')).code).toBe(4);
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test('stands in the saved plan, which apply carries out', async () => {
    const registry = await withBroken(400);
    const session = await newSession();
    expect((await session.run('prune', registry.host, '--keep-last', '1', '--plan-out', 'plan.json')).code).toBe(6);

    expect((await session.run('apply', 'plan.json')).code).toBe(0);

    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test('is told beside a limit that blocks the plan: 5', async () => {
    const registry = await withBroken(400);
    const session = await newSession();

    const { code, stderr } = await session.run('prune', registry.host, '--keep-last', '1', '--apply', '--max-deletions', '0');

    expect(code).toBe(5);
    expect(stderr).toMatch(/error: .*team\/broken/);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('makes an inventory incomplete: 6', async () => {
    const registry = await withBroken(400);
    const session = await newSession();

    expect((await session.run('inventory', registry.host)).code).toBe(6);
    expect((await session.run('inventory', `${registry.host}/team/broken`)).code).toBe(1);
  });
});

describe('where nothing can be read', () => {
  test.for([
    [400, 5],
    [403, 4],
  ] as const)('(status %i) the plan may not be carried out: %i', async ([status, code]) => {
    const registry = await withBroken(status);
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/broken`, '--keep-last', '1'];

    for (const more of [[], ['--apply']]) {
      const result = await session.run(...words, ...more, '-o', 'json');
      expect(result.code).toBe(code);
      expect(JSON.parse(result.stdout) as Plan).toMatchObject({
        applyable: false,
        blockedBy: [{ code: 'nothingRead' }],
        unread: [{ repository: 'team/broken' }],
      });
    }
    expect(await session.journals()).toEqual([]);
  });

  test('for one of two registries, the other is planned and the first stands in the plan', async () => {
    const [good, bad] = [await registryWith({ 'team/app': 3 }), await registryWith({ 'team/web': 3 })];
    bad.onRequest(({ path }) => (path.startsWith('/v2/_catalog') ? { status: 400 } : undefined));
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1));

    const plan = await session.plan([good.host, bad.host, '-p', policy], 6);

    expect(plan).toMatchObject({ applyable: true, unread: [{ registry: bad.host }], summary: { images: { delete: 2 } } });
    expect(plan.unread?.[0]).not.toHaveProperty('repository');
  });
});
