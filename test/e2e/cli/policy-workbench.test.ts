import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { newSession, type Session } from './in-process.ts';

const POLICIES = fileURLToPath(new URL('../../../policies/', import.meta.url));

/** A user with a case of the ready-made policies, and its policy beside it. */
async function withCase(change: (policy: string) => string = (policy) => policy): Promise<Session> {
  const session = await newSession();
  await cp(join(POLICIES, 'tests/releases'), join(session.folder, 'case'), { recursive: true });
  const policy = await readFile(join(POLICIES, 'releases.yaml'), 'utf8');
  await session.file('old.yaml', policy);
  await session.file('new.yaml', change(policy));
  const expected = join(session.folder, 'case/expected.json');
  await writeFile(expected, (await readFile(expected, 'utf8')).replace('../../releases.yaml', '../new.yaml'));
  return session;
}

const keepOne = (policy: string): string => policy.replace('last: 3, days: 90', 'last: 1, days: 90');

describe('policy test', () => {
  test('the cases of the ready-made policies hold', async () => {
    const { code, stdout } = await (await newSession()).run('policy', 'test', join(POLICIES, 'tests'));
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^ok {6}.*releases\n/);
  });

  test('says what is decided otherwise, with the reason', async () => {
    const session = await withCase(keepOne);

    const { code, stdout } = await session.run('policy', 'test', 'case', '-o', 'text', '-o', 'junit=report.xml');

    expect(code).toBe(1);
    expect(stdout).toContain('FAILED  case\n');
    expect(stdout).toContain('prod/team/app: v1.0.0-rc.4 is expected to be "keep" and is "delete", expired\n');
    expect(stdout).toContain('1 case, 1 case failed\n');
    expect(await readFile(join(session.folder, 'report.xml'), 'utf8')).toContain('failures="1"');
  });

  test.for([
    ['"v1.0.0-rc.1": ["delete", "expired"],', '', 'v1.0.0-rc.1 is "delete", and no expectation names it', 1],
    ['["keep", "no_rule"]', '["keep", "newest"]', 'nightly is "keep" as expected, but for no_rule and not for newest', 1],
    ['"nightly"', '"nigthly"', '"nigthly" names 0 manifests', 1],
    ['"given"', '"givn"', 'givn is not known', 3],
  ] as const)('with %j in place of %j: %s', async ([from, to, problem, expected]) => {
    const session = await withCase();
    const file = join(session.folder, 'case/expected.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));

    const { code, stdout, stderr } = await session.run('policy', 'test', 'case');

    expect(code).toBe(expected);
    expect(stdout + stderr).toContain(problem);
  });

  test('a folder without a case is no success', async () => {
    const session = await newSession();
    expect(await session.run('policy', 'test', '.')).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('policy diff', () => {
  const words = ['policy', 'diff', 'old.yaml', 'new.yaml', '--inventory', 'case/inventory.json', '--now', '2026-12-01T00:00:00Z'];
  const within = (session: Session): string[] => words.map((word) => (/\.(?:yaml|json)$/.test(word) ? join(session.folder, word) : word));

  test('shows what goes after a change and stayed before it, with both reasons', async () => {
    const session = await withCase(keepOne);

    const { code, stdout } = await session.run(...within(session), '--detailed-exitcode', '-o', 'table', '-o', 'markdown=diff.md');

    expect(code).toBe(2);
    expect(stdout).toMatch(/^2 images more go, 0 that went stay; 2\.0 kB more to delete\n/);
    expect(stdout).toMatch(/- v1\.0\.0-rc\.4 .*\n +now +delete: .*rank 2 in 1\.0.*\n +before +keep: among the newest/);
    expect(await readFile(join(session.folder, 'diff.md'), 'utf8')).toContain('| `prod/team/app:v1.0.0-rc.4` | `keep: ');
  });

  test('says that a limit blocks what was carried out before', async () => {
    const session = await withCase((policy) => policy.replace(/^( +)limits:$/m, '$&\n$1  maxDeletions: 0'));

    const { code, stdout } = await session.run(...within(session), '--detailed-exitcode');

    expect(code).toBe(2);
    expect(stdout).toMatch(/^nothing is decided differently\nblocked from now on: .*0/);
  });

  test('says so where nothing changes', async () => {
    const session = await withCase((policy) => policy.replace('name: release candidates', 'name: candidates'));
    expect(await session.run(...within(session), '--detailed-exitcode')).toMatchObject({
      code: 0,
      stdout: 'nothing is decided differently\n',
    });
  });
});
