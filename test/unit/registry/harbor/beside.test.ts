import { expect, it } from 'vitest';
import type { Registry } from '../../../../src/registry/registry.ts';
import { CLEANER } from '../../../fakes/harbor/accounts.ts';
import { HAS_SWAGGER, SwaggerCheck } from '../../../fakes/harbor/swagger-check.ts';
import { adapter, withHarbor } from './harbor-fixture.ts';

/** State and message by check. */
async function told(registry: Registry): Promise<Record<string, string>> {
  return Object.fromEntries((await registry.beside!('team/app')).map(({ check, state, message }) => [check, `${state}: ${message}`]));
}

it('tells what Harbor itself deletes, holds and collects in a project', async () => {
  const { harbor, registry } = await withHarbor();
  expect(await told(registry)).toEqual({
    retention: 'ok: the project team has no retention policy of its own',
    immutable: 'ok: no tag of the project team is immutable',
    garbage: 'warning: no garbage collection is scheduled, so that space comes back only after somebody starts one',
    collected: 'warning: its garbage has never been collected',
  });

  const { store } = harbor;
  const rules = [
    { template: 'latestPushedK', amount: 10, pattern: 'v*' },
    { template: 'always', amount: 1, pattern: '**', disabled: true },
  ];
  store.setRetention('team', { cron: '0 0 4 * * *', rules });
  store.addImmutableRule('team', 'prod-*');
  store.gcSchedule = { type: 'Daily', cron: '0 0 0 * * *', parameters: { delete_untagged: false, dry_run: false } };
  store.gcJobs.push({ id: 7, statuses: ['Success'], freed: 1 }, { id: 8, statuses: ['Error'], freed: 0 });
  // Another adapter, because what it knows of a project it asks for once.
  const later = adapter(harbor.url);
  expect(await told(later)).toEqual({
    retention:
      'warning: Harbor itself deletes in the project team, by the schedule 0 0 4 * * * (UTC), what no rule of its retention policy ' +
      'retains: latestPushedK 10, tags matching v*, repositories matching **',
    immutable: 'warning: tags that are immutable in the project team are never deleted: tags matching prod-*, repositories matching **',
    garbage: 'ok: garbage is collected by the schedule 0 0 0 * * * (UTC)',
    collected: 'warning: the last garbage collection, begun 1970-01-01T00:00:00.001Z, ended with Error',
  });

  store.gcSchedule = { ...store.gcSchedule, parameters: { delete_untagged: true, dry_run: false } };
  expect((await told(later))['garbage']).toMatch(/^warning: .* deletes untagged artifacts too/);
  if (HAS_SWAGGER) expect(new SwaggerCheck().problemsOf(harbor.requests)).toEqual([]);
});

it('never says that there is nothing where the account may not ask, and names the permission', async () => {
  const account = { name: 'bot+cleaner', secret: 'robot-secret', kind: 'robot' as const, projects: { team: ['project:read'] } };
  const { harbor, registry } = await withHarbor({ accounts: [account] }, account);
  harbor.store.setRetention('team', { cron: '', rules: [] });
  const found = await registry.beside!('team/app');

  expect(found.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  for (const { message } of found) expect(message).toMatch(/could not be asked for, since: Harbor answered status 403/);
  const permissions = ['tag-retention:read', 'immutable-tag:list', 'garbage-collection:read', 'garbage-collection:list'];
  found.forEach(({ next }, at) => expect(next).toContain(permissions[at]));

  const hidden = { ...account, projects: { team: CLEANER.filter((permission) => permission !== 'project:read') } };
  const other = await withHarbor({ accounts: [hidden] }, hidden);
  expect((await other.registry.beside!('team/app'))[0]).toMatchObject({
    state: 'unknown',
    next: expect.stringContaining('project:read') as string,
  });
});
