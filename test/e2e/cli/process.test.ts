import { readFile, symlink } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { newUser } from '../program.ts';
import { newSession, succeedHere, withoutHeartbeat } from './in-process.ts';
import { runProcess } from '../servers/run-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';
import { asDigest } from '../../digest.ts';
import { everyday } from '../../sweep.ts';

const SCRIPT = fileURLToPath(new URL('../../../bin/regctl.js', import.meta.url));

describe('the built program', () => {
  test('writes the answer to stdout and everything else to stderr', async () => {
    const registry = await registryWith({ 'team/app': 3, 'team/broken': 1 });
    registry.onRequest(({ path }) =>
      path.startsWith('/v2/team/broken') ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined,
    );
    const user = await newUser();

    const { code, stdout, stderr } = await user.run('prune', registry.host, '--tags', 'build-*', '--keep-last', '1', '-o', 'json', '-v');

    expect(code).toBe(4);
    expect((JSON.parse(stdout) as { kind: string }).kind).toBe('Plan');
    expect(stderr).toMatch(/^error: /m);
    expect(stderr).toContain(`${registry.host}/team/app: 3 manifests\n`);
  });

  test('writes no colour and no animation into a pipe', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const { stdout, stderr } = await (await newUser()).run('prune', `${registry.host}/team/app`, '--keep-last', '1');

    expect(stdout).toContain('delete');
    expect(stdout + stderr).not.toContain('\u001B');
    expect(withoutHeartbeat(stderr)).toBe('');
  });

  test('tells what was meant when a word is misspelt, and exits with 3', async () => {
    const saying = (text: string): object => ({ code: 3, stdout: '', stderr: expect.stringContaining(text) as string });
    expect(await (await newUser()).run('prun')).toMatchObject(saying('Did you mean prune?'));

    const session = await newSession();
    expect(await session.run('prune', '--aply')).toMatchObject(saying('Did you mean --apply?'));
    expect(await session.run()).toMatchObject(saying('Usage: regctl'));
  });

  test('never deletes by default: without a policy there is no plan', async () => {
    const registry = await registryWith({ 'team/app': 1 });

    const { code, stdout, stderr } = await (await newSession()).run('prune', registry.host, '--apply');

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^error: There is no policy, so nothing says what to keep\.\nhint: /);
    expect(registry.requests).toEqual([]);
  });

  test('shows help and version on stdout, under the name it was called by', async () => {
    const user = await newUser();
    const link = join(user.home, 'regprune');
    await symlink(SCRIPT, link);

    expect(await user.succeed('--help')).toMatch(/^Usage: regctl [\s\S]*Examples:[\s\S]*Exit codes:[\s\S]*Environment:/);
    expect((await runProcess(process.execPath, [link, 'prune', '--help'])).stdout).toMatch(/^Usage: regprune prune /);
    const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    // Alone it is answered without the program.
    for (const words of [['--version'], ['-V'], ['-V', '-q']]) expect(await user.succeed(...words)).toBe(`${version}\n`);
  });

  test('shows every problem of a policy at its place, and exits with 3', async () => {
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1).replace('keep:', 'kep:').replace('tags:', 'tagz:'));

    const { code, stdout, stderr } = await session.run('policy', 'check', policy);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/policy\.yaml:6:9: /);
    expect(stderr).toMatch(/policy\.yaml:7:9: /);
    const demo = fileURLToPath(new URL('../../../policies/demo.yaml', import.meta.url));
    expect(await session.run('policy', 'check', demo)).toMatchObject({ code: 0 });
  });

  test('prints the schema of policy files', async () => {
    expect(JSON.parse((await (await newSession()).run('policy', 'schema')).stdout)).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
    });
  });

  test('goes on quietly when nobody reads its output any more', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const user = await newUser();
    const child = spawn(process.execPath, [SCRIPT, 'prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '-q'], {
      env: { HOME: user.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));

    const [code] = (await once(child, 'close')) as [number];

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test('shows the password of a registry nowhere', async () => {
    const registry = await registryWith({}, { auth: { scheme: 'basic', user: 'robot', password: 'right' } });
    const secret = 's3cret-pa55word';
    const session = await newSession({ env: { REGISTRY_USER: 'robot', REGISTRY_PASSWORD: secret } });

    const { code, stdout, stderr } = await session.run('prune', registry.host, '--keep-last', '1', '-v');

    expect(code).toBe(4);
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toContain(Buffer.from(`robot:${secret}`).toString('base64'));
  });
});

describe('the demo', () => {
  test('plans, applies and undoes on a registry of its own, and leaves nothing behind', async () => {
    const user = await newUser();

    const stdout = await user.succeed('demo');

    expect(stdout).toMatch(/\$ regctl prune 127\.0\.0\.1:\d+ -p policies\/demo\.yaml --in-use running\.txt --plan-out plan\.json\n/);
    expect(stdout).toMatch(
      /\$ regctl apply plan\.json --in-use running\.txt --yes\n\nAbout to delete 180 images [\s\S]*\ndeleted {2}180 images .* in 5 repositories: done\n/,
    );
    expect(stdout).toMatch(/\$ regctl undo .+ --yes\n\nundone {2}done\n/);
    expect(stdout).toContain('every digest as it was');
    expect(await user.journals()).toEqual([]);
  });

  test('--serve leaves it running until it is told to stop', async () => {
    const user = await newUser();
    const running = user.start('demo', '--serve');
    const host = await new Promise<string>((resolve) => {
      let text = '';
      running.child.stdout?.on('data', (chunk: string) => {
        text += chunk;
        const found = /http:\/\/(127\.0\.0\.1:\d+) until you stop it/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    });

    const plan = await (await newSession()).plan([`${host}/team/worker`, '--tags', 'nightly-*', '--keep-last', '7']);
    expect(plan.summary.images.delete).toBeGreaterThan(10);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });
});

describe('a signal', () => {
  // That a terminal sends SIGHUP when it is closed stands in outputs.test.ts.
  test.for(
    everyday(2, [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const),
  )(
    '%s while deleting: what is under way ends, nothing more is begun, the report and the journal are written',
    async ([signal, expected]) => {
      const registry = await registryWith({ 'team/app': 20 });
      const user = await newUser();
      const running = user.start('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '-q', '--concurrency', '1');
      let deletions = 0;
      registry.onRequest(async ({ method, path }) => {
        const digest = asDigest(path.split('/').at(-1) ?? '');
        if (method !== 'DELETE' || !registry.storage.repository('team/app').manifests.has(digest)) return undefined;
        deletions += 1;
        if (deletions === 1) {
          running.child.kill(signal);
          // The answer comes after the program has been told, so that this deletion is under way then.
          await new Promise((resolve) => running.child.stderr?.once('data', resolve));
        }
        return undefined;
      });

      const { code, stdout, stderr } = await running.ended;

      expect(code).toBe(expected);
      expect(stderr).toContain(`${signal}: finishing what is under way; once more stops at once\n`);
      expect(stdout).toMatch(/deleted {2}\d+ images? in 1 repository: stopped by a signal/);
      expect(stdout).toContain('not begun');
      expect(deletions).toBeLessThan(10);
      const left = tagsIn(registry, 'team/app').length;
      expect(left).toBe(20 - deletions);
      const lines = (await readFile((await user.journals())[0] ?? '', 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { kind: string; outcome?: string });
      expect(lines.filter(({ kind, outcome }) => kind === 'outcome' && outcome === 'deleted')).toHaveLength(deletions);
      expect(lines.at(-1)?.kind).toBe('end');

      await succeedHere(user, 'prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');
      expect(tagsIn(registry, 'team/app')).toEqual(['build-20']);
    },
  );

  test('while reading: nothing is planned', async () => {
    const registry = await registryWith({ 'team/app': 5 });
    const user = await newUser();
    const running = user.start('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');
    let told = false;
    registry.onRequest(({ path }) => {
      if (!path.includes('/manifests/')) return undefined;
      if (!told) running.child.kill('SIGTERM');
      told = true;
      return 'hang';
    });

    expect(await running.ended).toMatchObject({ code: 143, stdout: '', stderr: expect.stringContaining('stopped by SIGTERM\n') as string });
    expect(tagsIn(registry, 'team/app')).toHaveLength(5);
  });

  test('a second one stops at once', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const user = await newUser();
    const running = user.start('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '-q');
    running.child.stderr?.once('data', () => running.child.kill('SIGINT'));
    registry.onRequest(({ method }) => {
      if (method !== 'DELETE') return undefined;
      running.child.kill('SIGINT');
      return 'hang';
    });

    expect((await running.ended).code).toBe(130);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });
});
