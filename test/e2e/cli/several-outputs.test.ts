import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/plan/plan.ts';
import { newSession, type Session } from './in-process.ts';
import { registryWith } from './registry-with-builds.ts';

const POLICY = `version: 1
policies:
  - name: builds
    grace: 1s
    rules:
      - { name: old builds, tags: ['build-*'], keep: { last: 1 } }
`;

const read = (session: Session, file: string): Promise<string> => readFile(join(session.folder, file), 'utf8');

describe('a form without room for more than names or numbers', () => {
  const BLOCKED = POLICY.replace('    grace: 1s\n', '    grace: 1s\n    protect: [{ tags: [prd-1] }]\n    limits: { maxDeletions: 0 }\n');

  test.for(['name', 'gitlab'])('%s leaves it to stderr to say what matched nothing, and why nothing may be carried out', async (form) => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const words = ['prune', registry.host, '-p', await session.file('policy.yaml', BLOCKED), '-o', form];
    const why = 'This plan may not be carried out:\n  policy "builds" would delete 1 images; its maxDeletions is 0\n';

    const { code, stderr } = await session.run(...words);
    expect({ code, stderr: stderr.replace(/^note: "protect" .* the tags prd-1.*\n/, 'note\n') }).toEqual({
      code: 5,
      stderr: `note\n${why}`,
    });
    expect((await session.run(...words, '-q')).stderr).toBe(why);
    expect((await session.run(...words, '-o', 'json=plan.json')).stderr).toBe('');
  });
});

describe('several forms of one run', () => {
  test('of a plan: one to stdout, each other to its file, and the summary of the step where GitHub asks for it', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession({ env: { GITHUB_STEP_SUMMARY: 'summary.md', CI: 'true' } });
    const policy = await session.file('policy.yaml', POLICY);
    await session.file('summary.md', 'before\n');
    const forms = ['-o', 'name', '-o', 'markdown=plan.md', '-o', 'junit=report.xml', '-o', 'gitlab=plan.json', '-o', 'github=github.txt'];

    const { code, stdout, stderr } = await session.run('prune', registry.host, '-p', policy, ...forms);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').toSorted()).toEqual(['', `${registry.host}/team/app:build-1`, `${registry.host}/team/app:build-2`]);
    expect(await read(session, 'plan.md')).toMatch(/^### Prune plan: 2 images to delete/);
    expect(await read(session, 'report.xml')).toContain(`name="${registry.host}/team/app"`);
    expect(JSON.parse(await read(session, 'plan.json'))).toEqual({ create: 0, update: 0, delete: 2 });
    expect(await read(session, 'github.txt')).toContain(`line=6,title=old builds::2 images to delete in 1 repository`);
    expect(await read(session, 'summary.md')).toMatch(/^before\n### Prune plan/);
  });

  test('of what was carried out, with what came of it in each', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const stubborn = registry.storage.repository('team/app').tags.get('build-1') ?? '';
    registry.onRequest(({ method, path }) => (method === 'DELETE' && path.endsWith(stubborn) ? { status: 500 } : undefined));
    const words = [
      'prune',
      `${registry.host}/team/app`,
      '--keep-last',
      '1',
      '--apply',
      '-o',
      'name',
      '-o',
      'junit=report.xml',
      '-o',
      'json=run.json',
    ];

    const { code, stdout, stderr } = await session.run(...words);

    expect(code).toBe(6);
    expect(stdout).toBe(`${registry.host}/team/app:build-2\n`);
    expect(stderr).toMatch(/^deleted {2}1 image in 1 repository: done in part$/m);
    expect(stderr).toMatch(/^ {2}build-1 {2}failed: /m);
    expect(await read(session, 'report.xml')).toContain('failures="1"');
    const shown = await session.run('show', 'run.json', '-o', 'markdown');
    expect(shown.stdout).toMatch(/^### Prune: 1 image deleted \(in part\)/);
  });

  test('of what was refused: nothing was changed, in each of them', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '--max-deletions', '1'];

    const { code, stdout, stderr } = await session.run(
      ...words,
      '-o',
      'table',
      '-o',
      'markdown=plan.md',
      '-o',
      'junit=report.xml',
      '-o',
      'name=names',
    );

    expect(code).toBe(5);
    expect(stdout).toMatch(/^Nothing was changed\. This plan may not be carried out:\n {2}the run would delete 2 images/);
    expect(stderr).toMatch(/^Nothing was changed\.\nerror: /m);
    expect(await read(session, 'plan.md')).toMatch(/^### Prune: nothing was changed\n/);
    expect(await read(session, 'report.xml')).toContain('<failure type="refused"');
    expect(await read(session, 'names')).toBe('');
  });

  test.for([
    [['-o', 'json', '-o', 'name'], 'both go to stdout'],
    [['-o', 'json=a', '-o', 'name=a'], 'both go to a, which takes one answer'],
    [['-o', 'json=a', '--out', 'b'], 'every -o names its own already'],
    [['-o', 'jsn'], 'Did you mean "json"?'],
    [['-o', 'json='], 'Write the file behind it'],
  ] as const)('%j is refused before anything is read', async ([words, problem]) => {
    const session = await newSession();

    const { code, stdout, stderr } = await session.run('prune', 'registry.invalid/app', '--keep-last', '1', ...words);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(problem);
    expect(stderr).toContain('--help');
  });
});

describe('show', () => {
  test('shows a saved plan in any form without reading a registry, and the plans of several shards as one', async () => {
    const registry = await registryWith({ 'team/app': 3, 'team/web': 2, 'tools/cli': 2, 'tools/x': 2 });
    const session = await newSession();
    const words = ['prune', registry.host, '--keep-last', '1'];
    for (const shard of ['1/2', '2/2']) await session.run(...words, '--shard', shard, '--plan-out', `${shard[0]}.json`);
    await session.run(...words, '--plan-out', 'whole.json');
    const asked = registry.requests.length;

    const merged = await session.run('show', '1.json', '2.json', '-o', 'table', '-o', 'json=merged.json');
    const whole = await session.run('show', 'whole.json', '-o', 'table', '-o', 'json=again.json');

    expect([merged.code, whole.code]).toEqual([0, 0]);
    const [one, other] = [JSON.parse(await read(session, 'merged.json')) as Plan, JSON.parse(await read(session, 'whole.json')) as Plan];
    expect(one).toMatchObject({ repositories: other.repositories, summary: other.summary, applyable: true });
    expect(merged.stdout).toContain('total  4 repositories');
    expect(JSON.parse(await read(session, 'again.json'))).toEqual(JSON.parse(await read(session, 'whole.json')));
    expect(registry.requests).toHaveLength(asked);
    expect(await session.run('show', 'whole.json', 'merged.json')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('both plan') as string,
    });
  });

  test('shows a journal: what went, by tag', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');
    const [journal = ''] = await session.journals();

    const { stdout } = await session.run('show', journal);
    expect(stdout).toMatch(/^The run of .+ UTC deleted 2 manifests and 2 tags in 1 repository\n\n/);
    expect(stdout).toContain(`\n${registry.host}/team/app  2 deletions\n  build-1, build-2\n`);
    expect((await session.run('show', journal, '-o', 'name')).stdout.split('\n')).toContain(`${registry.host}/team/app:build-1`);
    expect(JSON.parse((await session.run('show', journal, '-o', 'json')).stdout)).toMatchObject({ kind: 'JournalView' });
    expect(await session.run('show', journal, '-o', 'junit')).toMatchObject({ code: 3 });
  });
});

describe('policy check', () => {
  const wrong = POLICY.replace('keep:', 'kep:');

  test('finds everything in several files and standard input, a missing one among them', async () => {
    const session = await newSession({ stdin: Readable.from([Buffer.from(wrong)]) });
    await session.file('good.yaml', POLICY);
    const bad = await session.file('bad.yaml', wrong);
    const missing = join(session.folder, 'none.yaml');

    const { code, stderr } = await session.run('policy', 'check', join(session.folder, 'good.yaml'), missing, bad, '-');

    expect(code).toBe(3);
    expect(stderr).toContain(`${missing}:1:1: the policy cannot be read: there is no such file.`);
    expect(stderr).toMatch(/bad\.yaml:6:\d+: .*kep/);
    expect(stderr).toMatch(/stdin:6:\d+: .*kep/);
  });

  test('writes what it finds for pipelines, by paths from the root of the checkout', async () => {
    const session = await newSession();
    const bad = await session.file('bad.yaml', wrong);
    const forms = ['github', 'gitlab=quality.json', 'junit=report.xml', 'sarif=found.sarif', 'json=check.json'].flatMap((form) => [
      '-o',
      form,
    ]);

    const { code, stdout } = await session.run('policy', 'check', bad, ...forms);

    expect(code).toBe(3);
    expect(stdout).toMatch(/^::error file=bad\.yaml,line=6,col=\d+,title=Policy::.*kep/m);
    const quality = JSON.parse(await read(session, 'quality.json')) as { readonly fingerprint: string; readonly location: unknown }[];
    expect(new Set(quality.map(({ fingerprint }) => fingerprint)).size).toBe(quality.length);
    expect(quality[0]).toMatchObject({ severity: 'major', location: { path: 'bad.yaml', lines: { begin: 6 } } });
    expect(await read(session, 'report.xml')).toContain('<testcase classname="policy" name="bad.yaml">');
    expect(JSON.parse(await read(session, 'found.sarif'))).toMatchObject({
      version: '2.1.0',
      runs: [{ results: expect.arrayContaining([expect.objectContaining({ level: 'error' })]) as unknown[] }],
    });
    expect(JSON.parse(await read(session, 'check.json'))).toMatchObject({ kind: 'PolicyCheck', files: ['bad.yaml'] });
  });
});
