import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { contents, fillRepository } from '../unit/apply/apply-fixture.ts';
import { withRegistry } from '../unit/demo/with-registry.ts';
import { newSession, runHere, succeedHere } from './cli/in-process.ts';
import { newUser, type User } from './program.ts';

const POLICY = `version: 1
policies:
  - name: old
    rules:
      - {name: old, tags: ["old-*"], keep: none}
`;
const FILES = { 'policy.yaml': POLICY };
/** So that two runs that start together are at work together. */
const DELETION_MS = 60;

/** A registry that deletes slowly, with the same images in each of these repositories. */
async function slowRegistry(...repositories: readonly string[]): Promise<EmbeddedRegistry> {
  const registry = await withRegistry();
  for (const repository of repositories) await fillRepository(registry, repository);
  registry.onRequest(async ({ method }) => {
    if (method === 'DELETE') await new Promise((resolve) => setTimeout(resolve, DELETION_MS));
    return undefined;
  });
  return registry;
}

function prune({ host }: EmbeddedRegistry, repository: string, policy = 'policy.yaml'): string[] {
  return ['prune', `${host}/${repository}`, '-p', policy, '--apply'];
}

/** The same in this process, whose working directory is another one. */
function pruneHere({ home }: User, registry: EmbeddedRegistry): string[] {
  return prune(registry, 'team/app', join(home, 'policy.yaml'));
}

/** What an undisturbed run leaves of a repository. */
async function prunedAlone(repository: string): Promise<ReturnType<typeof contents>> {
  const registry = await withRegistry();
  await fillRepository(registry, repository);
  const session = await newSession();
  await session.file('policy.yaml', POLICY);
  expect((await session.run(...prune(registry, repository, join(session.folder, 'policy.yaml')))).code).toBe(0);
  return contents(registry, repository);
}

async function undoAll(user: User): Promise<void> {
  for (const path of (await user.journals()).reverse())
    if ((await readFile(path, 'utf8')).includes('\n')) await succeedHere(user, 'undo', path);
}

describe('two runs at once', () => {
  test('with one journal folder on one repository: one does it, the other says who is at it and stops', async () => {
    const registry = await slowRegistry('team/app');
    const before = contents(registry);
    const user = await newUser({ files: FILES });

    const runs = [user.run(...prune(registry, 'team/app')), user.run(...prune(registry, 'team/app'))];
    // Until one of them has ended, the other is at work.
    registry.onRequest(async ({ method }) => {
      if (method === 'DELETE') await Promise.race(runs);
      return undefined;
    });
    const ended = await Promise.all(runs);

    expect(ended.map(({ code }) => code).toSorted(), ended.map(({ stderr }) => stderr).join()).toEqual([0, 5]);
    const refused = ended.find(({ code }) => code === 5);
    expect(refused?.stderr).toMatch(/^error: another run has locked team\/app of .* since .*Z \(process \d+ on /m);
    expect(refused?.stderr).toMatch(/^hint: wait for it to end; if there is no such run any more, delete /m);
    expect(contents(registry)).toEqual(await prunedAlone('team/app'));
    expect(await readdir(join(user.home, '.local/state/regprune/locks'))).toEqual([]);
    await undoAll(user);
    expect(contents(registry)).toEqual(before);
  });

  test('with one journal folder on two repositories: both do theirs', async () => {
    const registry = await slowRegistry('team/app', 'team/web');
    const user = await newUser({ files: FILES });

    await Promise.all([user.succeed(...prune(registry, 'team/app')), user.succeed(...prune(registry, 'team/web'))]);

    for (const repository of ['team/app', 'team/web']) expect(contents(registry, repository)).toEqual(await prunedAlone(repository));
  });

  test('with a journal folder each, neither knows of the other: both end, no more is gone, and the journals put it all back', async () => {
    const registry = await slowRegistry('team/app');
    const before = contents(registry);
    const users = [await newUser({ files: FILES }), await newUser({ files: FILES })];

    const ended = await Promise.all(users.map((user) => runHere(user, ...pruneHere(user, registry))));

    for (const { code, stdout, stderr } of ended) {
      expect([0, 6], stderr + stdout).toContain(code);
      expect(stdout).not.toContain('LOST');
    }
    await succeedHere(users[0]!, ...pruneHere(users[0]!, registry));
    expect(contents(registry)).toEqual(await prunedAlone('team/app'));
    // An index may stand in one journal and its child in the other, and it cannot be put back before that: an undo may be run again.
    for (const user of users) for (const path of await user.journals()) await runHere(user, 'undo', path);
    for (const user of users) await undoAll(user);
    expect(contents(registry)).toEqual(before);
  });

  test('an undo while a run is at work: it says so and stops', async () => {
    const registry = await slowRegistry('team/app');
    const user = await newUser({ files: FILES });
    await succeedHere(user, ...pruneHere(user, registry));
    const [journal] = await user.journals();
    await succeedHere(user, 'undo', journal!);
    let begun: () => void = () => {};
    const deleting = new Promise<void>((resolve) => (begun = resolve));
    let undone: () => void = () => {};
    const over = new Promise<void>((resolve) => (undone = resolve));
    registry.onRequest(async ({ method }) => {
      if (method !== 'DELETE') return undefined;
      begun();
      await over;
      return undefined;
    });

    const running = user.start(...prune(registry, 'team/app'));
    await deleting;
    const undo = await runHere(user, 'undo', journal!);
    undone();

    expect(undo).toMatchObject({ code: 5, stderr: expect.stringContaining('another run has locked team/app') as string });
    expect((await running.ended).code).toBe(0);
    expect(contents(registry)).toEqual(await prunedAlone('team/app'));
  });

  test('where the first was killed, the second takes its place', async () => {
    const registry = await slowRegistry('team/app');
    const user = await newUser({ files: FILES });
    const { child, ended } = user.start(...prune(registry, 'team/app'));
    registry.onRequest(({ method }) => void (method === 'DELETE' && child.kill('SIGKILL')));
    await ended;
    expect(await readdir(join(user.home, '.local/state/regprune/locks'))).toHaveLength(2);

    await succeedHere(user, ...pruneHere(user, registry));

    expect(contents(registry)).toEqual(await prunedAlone('team/app'));
    expect(await readdir(join(user.home, '.local/state/regprune/locks'))).toEqual([]);
  });
});
