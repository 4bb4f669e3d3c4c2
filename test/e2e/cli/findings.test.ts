import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { CLEANER } from '../../fakes/harbor/accounts.ts';
import { ADMIN, type FakeHarbor, startFakeHarbor } from '../../fakes/harbor/fake-harbor.ts';
import { newSession, NOW, type Session } from './in-process.ts';
import { registryWith, tagsIn } from './registry-with-builds.ts';

const POLICY = `version: 1
policies:
  - name: nightly
    keepAtLeast: 0
    grace: 0s
    rules:
      - name: mendable
        tags: ["**"]
        vulnerabilities: {atLeast: high, fixable: true, olderThan: 30d}
        keep: none
      - name: rest
        tags: ["**"]
        keep: all
`;
function report(digest: string, vulnerabilities: readonly object[]): string {
  return JSON.stringify({
    SchemaVersion: 2,
    ArtifactType: 'container_image',
    Metadata: { RepoDigests: [`registry.example.com/team/app@${digest}`] },
    Results: [{ Class: 'os-pkgs', Vulnerabilities: vulnerabilities }],
  });
}

const MENDABLE = { VulnerabilityID: 'CVE-2024-3094', Severity: 'CRITICAL', FixedVersion: '5.6.2', PublishedDate: '2024-03-29T17:15:21Z' };

async function scene(config?: string): Promise<{ registry: EmbeddedRegistry; session: Session; words: string[] }> {
  const registry = await registryWith({ 'team/app': 3 });
  const session = await newSession();
  await session.file('.regctlrc.yaml', config ?? `findings: [{trivy: "${session.folder}/reports/*.json"}]\n`);
  const digestOf = async (tag: string): Promise<string> => {
    const plan = await session.plan([`${registry.host}/team/app`, '--keep-last', '9']);
    return plan.repositories[0]!.images.find(({ tags }) => tags.includes(tag))!.digest;
  };
  const reports = {
    'one.json': report(await digestOf('build-1'), [MENDABLE]),
    'two.json': report(await digestOf('build-2'), [{ ...MENDABLE, FixedVersion: '' }]),
  };
  for (const [name, text] of Object.entries(reports)) {
    await mkdir(dirname(join(session.folder, 'reports', name)), { recursive: true });
    await writeFile(join(session.folder, 'reports', name), text);
  }
  return { registry, session, words: [`${registry.host}/team/app`, '-p', await session.file('policy.yaml', POLICY)] };
}

describe('reports of a scanner', () => {
  test('say which image a rule selects, and the plan says why', async () => {
    const { registry, session, words } = await scene();
    const { repositories } = await session.plan(words);
    const gone = repositories[0]!.images.filter(({ action }) => action === 'delete');
    expect(gone.map(({ tags, reasons }) => [tags, reasons[0]?.finding])).toEqual([
      [['build-1'], { severity: 'critical', fixable: true, count: 1, since: '2024-03-29T17:15:21.000Z', id: 'CVE-2024-3094' }],
    ]);
    expect((await session.run('prune', ...words)).stdout).toContain('rank 1, critical CVE-2024-3094');
    const { stdout } = await session.run('explain', `${registry.host}/team/app:build-1`, ...words.slice(1));
    expect(stdout).toContain('mendable, rank 1');
    expect(stdout).toContain('critical finding CVE-2024-3094 with a fix, known since 2024-03-29');
    expect((await session.run('prune', ...words, '--apply')).code).toBe(0);
    expect(tagsIn(registry, 'team/app')).toEqual(['build-2', 'build-3']);
  });

  test('one that cannot be read: nothing may be deleted, since the rule below may delete what this one keeps', async () => {
    const { registry, session, words } = await scene();
    await session.file('reports/cut.json', report('sha256:0', []).slice(0, -5));
    expect(await session.plan(words, 5)).toMatchObject({
      applyable: false,
      blockedBy: [
        { code: 'findingsIncomplete', message: expect.stringContaining('cut.json: the report of a scanner cannot be used') as string },
      ],
    });
    expect((await session.run('prune', ...words, '--apply')).code).toBe(5);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('of other images alone: a warning, since all that is here then counts as not scanned', async () => {
    const { session, words } = await scene();
    const warning = 'none of the reports of scanners is about an image that was read here';
    expect((await session.run('prune', ...words)).stderr).not.toContain(warning);
    for (const name of ['one', 'two']) await session.file(`reports/${name}.json`, report(`sha256:${'0'.repeat(64)}`, []));
    expect((await session.run('prune', ...words)).stderr).toContain(warning);
  });

  test('are looked at by doctor, each source by itself', async () => {
    const { session } = await scene();
    expect((await session.run('doctor')).stdout).toContain('reports of 2 images');
    await session.file('reports/cut.json', '{"SchemaVersion": 2,');
    const { code, stdout } = await session.run('doctor');
    expect([code, stdout]).toEqual([5, expect.stringContaining('cut.json: the report of a scanner cannot be used')]);
  });

  test('are not read where no rule asks for them', async () => {
    const { registry, session } = await scene();
    await rm(join(session.folder, 'reports'), { recursive: true });
    expect(await session.plan([`${registry.host}/team/app`, '--keep-last', '1'])).toMatchObject({ applyable: true });
  });

  test('without any, a registry that has no scans is told at the line of the rule', async () => {
    const { session, words } = await scene('cache: false\n');
    const { code, stderr } = await session.run('prune', ...words);
    expect(code).toBe(3);
    expect(stderr).toContain('policy.yaml:9:');
    expect(stderr).toContain('does not tell scan results, and there are no reports of scanners under "findings" in the config');
  });

  test('stand in an inventory, so that a plan can be made of it elsewhere', async () => {
    const { registry, session, words } = await scene();
    const { stdout } = await session.run('inventory', `${registry.host}/team/app`);
    await session.file('.regctlrc.yaml', 'cache: false\n');
    const plan = await session.plan(['--inventory', await session.file('inventory.json', stdout), ...words.slice(1)]);
    expect(plan.summary.images).toEqual({ keep: 2, untag: 0, delete: 1 });
  });
});

describe('scans of a registry that tells of each image alone which findings have a fix', () => {
  /** Three images of which Harbor says that some findings have a fix. */
  async function harborScene(permissions: readonly string[]): Promise<{ harbor: FakeHarbor; session: Session; words: string[] }> {
    const robot = { name: 'robot$team+cleaner', secret: 'robot-secret', kind: 'robot' as const, projects: { team: permissions } };
    const harbor = await startFakeHarbor({ accounts: [robot] });
    onTestFinished(() => harbor.close());
    harbor.store.addProject('team');
    harbor.store.now = () => NOW - 86_400_000;
    for (const tag of ['build-1', 'build-2', 'other-1']) {
      const auth = { user: ADMIN.name, password: ADMIN.secret };
      await push(harbor, 'team/app', image({ layers: [layer(tag, 100)] }), [tag], { auth });
      Object.assign(harbor.store.artifact('team/app', tag), { scan: { Critical: 2, Low: 1 }, fixed: { Critical: 1 } });
    }
    Object.assign(harbor.store.artifact('team/app', 'build-2'), { fixed: { Low: 1 } });
    harbor.store.now = () => NOW;
    harbor.requests.length = 0;
    const session = await newSession({ env: { REGISTRY_USER: robot.name, REGISTRY_PASSWORD: robot.secret } });
    const rule = 'vulnerabilities: {atLeast: critical, fixable: true}';
    const rules = `rules: [{name: mendable, tags: ["build-*"], ${rule}, keep: none}, {name: rest, tags: ["**"], keep: none}]`;
    const policy = `version: 1\npolicies: [{name: nightly, keepAtLeast: 0, ${rules}}]\n`;
    return { harbor, session, words: [`${harbor.host}/team/app`, '-p', await session.file('policy.yaml', policy)] };
  }

  test('are read of the images that the rule selects otherwise, and of no others', async () => {
    const { harbor, session, words } = await harborScene([...CLEANER, 'artifact-addition:read']);
    const { repositories } = await session.plan(words);
    const rules = repositories[0]!.images.map(({ tags, reasons }) => [tags.join(), reasons[0]?.rule]);
    expect(Object.fromEntries(rules)).toEqual({ 'build-1': 'mendable', 'build-2': 'rest', 'other-1': 'rest' });
    expect(harbor.requests.filter(({ path }) => path.includes('/additions/'))).toHaveLength(2);
  });

  test('that may not be read: nothing in the repository is deleted, and the right is named', async () => {
    const { session, words } = await harborScene(CLEANER);
    const { code, stdout, stderr } = await session.run('prune', ...words, '--apply', '-o', 'json');
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ summary: { images: { keep: 3, delete: 0 } } });
    expect(stderr).toContain('artifact-addition:read');
  });
});
