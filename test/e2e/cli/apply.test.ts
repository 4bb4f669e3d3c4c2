import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import { newSession } from './in-process.ts';
import { registryWith, tagsIn } from './registry-with-builds.ts';

test('a saved plan is carried out with its answer and its metrics in files; refused, it says so, and in the metrics too', async () => {
  const registry = await registryWith({ 'team/app': 3 });
  const session = await newSession();
  const text = (name: string): Promise<string> => readFile(join(session.folder, name), 'utf8');
  await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--plan-out', 'plan.json');
  const words = ['apply', 'plan.json', '-o', 'json', '--out', 'answer.json', '--metrics-file', 'run.prom'];

  expect(await session.run(...words, '--in-use', 'nowhere.txt')).toMatchObject({
    code: 5,
    stdout: '',
    stderr: expect.stringMatching(/^Nothing was changed\.$/m) as string,
  });
  expect(await text('run.prom')).toMatch(/^regprune_deleted_manifests\{.*\} 0$/m);
  expect(tagsIn(registry, 'team/app')).toHaveLength(3);

  expect(await session.run(...words)).toMatchObject({ code: 0, stdout: '' });
  expect((JSON.parse(await text('answer.json')) as ApplyReport).counts.deleted).toBe(2);
  expect(await text('run.prom')).toMatch(/^regprune_deleted_manifests\{.*\} 2$/m);
  expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
});
