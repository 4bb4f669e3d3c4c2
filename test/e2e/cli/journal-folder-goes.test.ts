import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

/* What was done is told, whatever becomes of the files beside the journal meanwhile. */

const JOURNALS = '.local/state/regprune';

async function filled() {
  const registry = await registryWith({ 'team/app': 4 });
  const session = await newSession();
  const policy = await session.file('policy.yaml', keepBuilds(2));
  const prune = ['prune', '--registry', registry.url, '-p', policy, '--apply', '--yes'];
  const onFirstDeletion = (work: () => void): void => {
    const off = registry.onRequest(({ method }) => {
      if (method !== 'DELETE') return;
      off();
      work();
    });
  };
  return { registry, session, prune, onFirstDeletion };
}

test('a run whose locks cannot be taken away says what it deleted', async () => {
  const { registry, session, prune, onFirstDeletion } = await filled();
  const locks = join(session.folder, JOURNALS, 'locks');
  onFirstDeletion(() => {
    renameSync(locks, `${locks}.moved`);
    writeFileSync(locks, 'no folder any more');
  });
  const { code, stdout, stderr } = await session.run(...prune);
  expect(stderr).not.toContain('Nothing was changed');
  expect(stdout).toMatch(/deleted {2}2 images/);
  expect(code).toBe(0);
  expect(tagsIn(registry, 'team/app')).toEqual(['build-3', 'build-4']);
});

test('a run that cannot note that nothing is left of an earlier one says what it deleted', async () => {
  const { registry, session, prune, onFirstDeletion } = await filled();
  expect((await session.run(...prune)).code).toBe(0);
  const [earlier = ''] = await session.journals();
  const lines = (await readFile(earlier, 'utf8')).trimEnd().split('\n');
  await writeFile(earlier, `${lines.slice(0, -1).join('\n')}\n`);

  const more = await session.file('more.yaml', keepBuilds(1));
  onFirstDeletion(() => mkdirSync(`${earlier}.finished`));
  const { code, stdout, stderr } = await session.run(...prune.map((word) => (word.endsWith('policy.yaml') ? more : word)));
  expect(stderr).not.toContain('Nothing was changed');
  expect(stdout).toMatch(/deleted {2}1 image/);
  expect(code).toBe(0);
  expect(tagsIn(registry, 'team/app')).toEqual(['build-4']);
});
