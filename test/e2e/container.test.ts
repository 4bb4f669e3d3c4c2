import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { withRegistry } from '../unit/demo/with-registry.ts';
import { registryWith } from './cli/registry-with-builds.ts';
import { newUser } from './program.ts';
import { newContainer, skipWithoutMounts } from './servers/container.ts';

const STATE = { REGCTL_JOURNAL_DIR: '/var/lib/regctl/journal', REGCTL_CACHE_DIR: '/var/cache/regctl' };
const MOUNTS = [{ path: '/var/lib/regctl/journal' }, { path: '/var/cache/regctl' }];
/** A user whom no list of users has. */
const ANYBODY = 1_000_660_000;

test('the Containerfile copies what npm pack makes, runs the program of the package, and is of this version', async () => {
  const user = await newUser();
  const text = await user.succeed('generate', 'containerfile');
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };

  expect(text).toContain(`COPY regprune-${version}.tgz /tmp/\n`);
  expect(text).toContain(`tar -xzf /tmp/regprune-${version}.tgz --strip-components=1 --no-same-owner -C /opt/regprune\n`);
  expect(text).toContain('COPY --from=package /opt/regprune /opt/regprune\n');
  expect(text).toContain('USER 65532:65532\n');
  expect(text).toContain('ENTRYPOINT ["/nodejs/bin/node", "/opt/regprune/bin/regctl.js"]\n');
  expect(text).not.toContain('@VERSION');
});

describe.skipIf(skipWithoutMounts())('the program in a container (needs unshare, chroot and setpriv, as root or with sudo)', () => {
  test('starts for any user, without a home, on a root that nobody can write to, and has all that it prints', async () => {
    const container = await newContainer([]);

    const help = await container.start([], { user: ANYBODY }).ended;
    const cronjob = await container.start(['generate', 'cronjob'], { user: ANYBODY }).ended;

    expect(help.stdout + help.stderr).toContain('Usage: regctl');
    expect([cronjob.code, cronjob.stderr]).toEqual([0, expect.stringContaining('warning: regprune:')]);
  });

  test('prunes there, with its journal in the one volume and its cache in the other', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const container = await newContainer(MOUNTS);

    const { code, stderr } = await container.start(['prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply'], { env: STATE })
      .ended;

    expect(code, stderr).toBe(0);
    expect([...registry.storage.repositories.get('team/app')!.tags.keys()]).toEqual(['build-3']);
  });

  test('ends in order as process 1 when it is told to', async () => {
    const registry = await withRegistry();
    const asked = new Promise<void>((resolve) => void registry.onRequest(() => (resolve(), 'hang')));
    const container = await newContainer(MOUNTS);
    const running = container.start(['prune', registry.host, '--keep-last', '1'], { env: STATE });
    await asked;

    await container.terminate(running);

    expect(await running.ended).toMatchObject({ code: 143, stderr: expect.stringContaining('stopped by SIGTERM') });
  });
});
