import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { newSession } from './in-process.ts';

const RULE = { method: 'number_of_tags', value: 20 };

test('policy import writes what policy check takes, from files and standard input', async () => {
  const session = await newSession({ stdin: Readable.from([JSON.stringify({ policies: [RULE] })]) as NodeJS.ReadStream });
  await session.file('purge.sh', "acr purge --filter 'app:.*' --ago 7d --untagged\n");

  const { code, stdout, stderr } = await session.run(
    'policy',
    'import',
    '-',
    join(session.folder, 'purge.sh'),
    '--of',
    'team',
    '--out',
    'p.yaml',
  );

  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('2 policies with 3 rules, and a comment above each');
  expect(await readFile(join(session.folder, 'p.yaml'), 'utf8')).toContain('repositories: [team/**]');
  expect(await session.run('policy', 'check', join(session.folder, 'p.yaml'))).toMatchObject({ code: 0 });
});

test('what is wrong is told at its place, and nothing is written', async () => {
  const session = await newSession();
  const file = await session.file('prune.json', JSON.stringify({ policies: [{ ...RULE, immutable: true }] }));

  const { code, stdout, stderr } = await session.run('policy', 'import', file);

  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(/prune\.json:1:\d+: .*"immutable"/);
  expect(await session.run('policy', 'import', file, '--from', 'nexus')).toMatchObject({ code: 3, stdout: '' });
});
