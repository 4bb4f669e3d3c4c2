import { describe, expect, onTestFinished, test } from 'vitest';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Diagnosis } from '../../../src/report/diagnosis.ts';
import { CLEANER } from '../../fakes/harbor/accounts.ts';
import { ADMIN, startFakeHarbor } from '../../fakes/harbor/fake-harbor.ts';
import { newSession, type Session } from './in-process.ts';
import { registryWith } from './registry-with-builds.ts';

/** The findings of `doctor … -o json`, by subject and check. */
async function findings(
  session: Session,
  ...words: readonly string[]
): Promise<{ code: number; of: (check: string) => string | undefined }> {
  const { code, stdout } = await session.run('doctor', ...words, '-o', 'json');
  const { findings: all } = JSON.parse(stdout) as Diagnosis;
  return { code, of: (check) => all.find((finding) => finding.check === check)?.state };
}

describe('doctor', () => {
  test('finds everything that a run needs, and sends nothing that changes anything', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession({ now: Date.now });
    const running = await session.file('running.txt', `${registry.host}/team/app:build-1\n`);

    const { code, stdout } = await session.run('doctor', registry.host, '--in-use', running);

    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^ {2}ok {6}reach/m);
    expect(stdout).toMatch(/^ {2}ok {6}delete/m);
    expect(stdout).toMatch(/^ {2}ok {6}file running\.txt +it names 1 image$/m);
    expect(stdout).toMatch(/^nothing failed, /m);
    expect(new Set(registry.requests.map(({ method }) => method))).not.toContain('PUT');
    expect(registry.requests.filter(({ method, status }) => method === 'DELETE' && status === 202)).toEqual([]);
    expect(registry.storage.repository('team/app').tags.size).toBe(3);
  });

  test('looks at a repository of a namespace that is named, and not at one that stands before it in the list', async () => {
    const registry = await registryWith({ 'team/app': 1, 'shop/app': 2 });
    const session = await newSession({ now: Date.now });
    for (const named of ['team', 'team/*']) {
      const { code, stdout } = await session.run('doctor', `${registry.host}/${named}`);
      expect(code, stdout).toBe(0);
      expect(stdout).toMatch(/^ {2}ok +list +it lists team\/app$/m);
      expect(stdout).toMatch(/^ {2}ok +read +team\/app has 1 tag$/m);
    }
    expect((await findings(session, `${registry.host}/shops`)).of('read')).toBe('failed');
  });

  test('says what is switched off or refused, with a next step, and ends with the code of a run', async () => {
    const session = await newSession({ now: Date.now });
    const registry = await registryWith({ 'team/app': 1 });
    registry.onRequest(({ method }) => (method === 'DELETE' ? { status: 405 } : undefined));

    const off = await findings(session, `${registry.host}/team/app`);
    expect([off.of('read'), off.of('delete')]).toEqual(['ok', 'failed']);
    expect(off.code).toBe(5);
    expect((await session.run('doctor', registry.host)).stdout).toContain('next: ');

    registry.onRequest(() => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }));
    expect((await findings(session, registry.host)).code).toBe(4);
  });

  test('tells what the registry deletes by itself, and what could not be asked, each with a next step', async () => {
    const robot = { name: 'robot$team+cleaner', secret: 'robot-secret', kind: 'robot' as const };
    const accounts = [{ ...robot, projects: { team: [...CLEANER, 'tag-retention:read'] } }];
    const harbor = await startFakeHarbor({ accounts });
    onTestFinished(() => harbor.close());
    harbor.store.addProject('team');
    const auth = { user: ADMIN.name, password: ADMIN.secret };
    await push(harbor, 'team/app', image({ layers: [layer('one', 100)] }), ['v1'], { auth });
    harbor.store.setRetention('team', { cron: '0 0 4 * * *', rules: [{ template: 'latestPushedK', amount: 10, pattern: '**' }] });
    harbor.requests.length = 0;
    const session = await newSession({ now: Date.now, env: { REGISTRY_USER: robot.name, REGISTRY_PASSWORD: robot.secret } });

    const { code, stdout } = await session.run('doctor', `${harbor.host}/team/app`);

    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(
      /^ {2}look {4}retention +Harbor itself deletes in the project team, by the schedule 0 0 4 .*\n +next: Let one of the two/m,
    );
    expect(stdout).toMatch(/^ {2}ok {6}immutable +no tag of the project team is immutable$/m);
    expect(stdout).toMatch(/^ {2}\? {7}garbage +the garbage .* could not be asked for, since: .*\n +next: .*garbage-collection:read/m);
    expect(stdout).not.toContain('this program cannot tell when space comes back');
    expect(harbor.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);

    const { findings: all } = JSON.parse((await session.run('doctor', harbor.host, '-o', 'json')).stdout) as Diagnosis;
    expect(all.filter(({ check }) => check === 'retention')).toMatchObject([{ state: 'warning', subject: harbor.host }]);
  });

  test('tells clocks that differ, a source that names nothing, a wrong policy and a folder that cannot be written', async () => {
    const registry = await registryWith({ 'team/app': 1 });
    const session = await newSession({ now: () => Date.now() - 3_600_000 });
    const empty = await session.file('running.txt', '');
    const wrong = await session.file('policy.yaml', 'version: 1\npolicies: [{name: x, ruels: []}]\n');
    const blocked = await newSession({ now: () => Date.now() - 3_600_000, env: { REGCTL_JOURNAL_DIR: `${empty}/journals` } });

    const { code, of } = await findings(blocked, registry.host, '--in-use', empty, '-p', wrong);

    expect([of('clock'), of('file running.txt'), of('files'), of('journal')]).toEqual(['warning', 'failed', 'failed', 'failed']);
    expect(code).not.toBe(0);
  });
});
