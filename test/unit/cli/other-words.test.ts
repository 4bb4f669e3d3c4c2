import { expect, test } from 'vitest';
import { newSession } from '../../e2e/cli/in-process.ts';

test.for([
  [['prune', 'localhost/a', '--keep', '10'], 'Write --keep-last N'],
  [['prune', 'localhost/a', '--older-than=30d'], 'Write --keep-days D'],
  [['prune', 'localhost/a', '--dry-run=false'], 'Nothing is changed without --apply'],
  [['plan', 'localhost/a'], 'Write regctl prune: it plans, and deletes only with --apply.'],
  [['generate', '--image', 'x'], '--image belongs behind regctl generate cronjob or regctl generate indexed-job.'],
  [['validate', 'a.yaml'], 'Write regctl policy check.'],
  [['prune', 'localhost:1/a', '--tags', 'v1', 'v2', '--keep-last', '1'], "write --tags 'v2'"],
] as const)('%j, which other tools understand, leads to what says the same here, and to the help', async ([words, advice]) => {
  const { code, stdout, stderr } = await (await newSession()).run(...words);

  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain(advice);
  expect(stderr).toMatch(/"regctl(?: prune| generate)? --help" shows/);
  expect(stderr).not.toContain('Did you mean');
});

test.for([
  ['policy', 'import', '--force', 'a.json'],
  ['policy', 'import', '--repo=team/app', 'a.json'],
  ['apply', '--keep', '3', 'plan.json'],
])('%j: what another command takes is no advice here', async (words) => {
  const { code, stderr } = await (await newSession()).run(...words);

  expect(code).toBe(3);
  expect(stderr).toContain('error: unknown option');
  expect(stderr).not.toContain('hint:');
});
