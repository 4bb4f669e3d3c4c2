import { expect, it, onTestFinished } from 'vitest';
import { filesOf, newUser, type User } from '../program.ts';
import { POLICY } from '../registry-history.ts';
import { HTPASSWD_USER } from '../servers/distribution.ts';
import { readStorage } from '../servers/distribution-storage.ts';
import type { Ended } from '../servers/run-process.ts';
import { startTokenServer } from '../servers/token-server.ts';
import type { FilledRegistry } from './filled-registry.ts';

interface Login {
  readonly user: string;
  readonly password: string;
}

/** Where credentials come from, and that they go nowhere else. */
export function testAccess(filled: FilledRegistry): void {
  it('reads and deletes behind htpasswd, whoever brings the credentials; without or with wrong ones nothing is changed: 4', async () => {
    const registry = await filled.start({ auth: 'htpasswd' });
    const before = await readStorage(registry.root);
    const dryRun = ['prune', '-v', '--registry', registry.url, '-p', 'policy.yaml'];

    for (const user of [await fromEnvironment(HTPASSWD_USER), await fromHelper(registry.host, HTPASSWD_USER)]) {
      const ended = await user.run(...dryRun);
      expect(ended.code, ended.stderr).toBe(0);
      await expectNoSecret(user, ended, [HTPASSWD_USER]);
    }

    const wrong = { ...HTPASSWD_USER, password: 'wrong-horse-battery' };
    for (const user of [await nobody(), await fromEnvironment(wrong), await fromHelper(registry.host, wrong)]) {
      const ended = await user.run(...dryRun, '--apply');
      expect(ended.code, ended.stderr).toBe(4);
      expect(ended.stderr).toContain(registry.host);
      await expectNoSecret(user, ended, [wrong]);
    }
    expect(await readStorage(registry.root)).toEqual(before);

    const user = await fromAuthFile(registry.host, HTPASSWD_USER);
    const applied = await user.run(...dryRun, '--apply');
    expect(applied.code, applied.stderr).toBe(0);
    expect(await readStorage(registry.root)).not.toEqual(before);
    await expectNoSecret(user, applied, [HTPASSWD_USER]);
  });

  it('gets tokens that are good enough and no better; where the user may not delete it changes nothing and exits with 4', async () => {
    const keeper = { user: 'keeper', password: 'keep-it-clean-0815', actions: ['pull', 'push', 'delete'] };
    const reader = { user: 'reader', password: 'read-it-all-4711', actions: ['pull', 'push'] };
    const tokenServer = await startTokenServer([keeper, reader]);
    onTestFinished(() => tokenServer.stop());
    const registry = await filled.start({ auth: tokenServer });
    const before = await readStorage(registry.root);
    const dryRun = ['prune', '-v', '--registry', registry.url, '-p', 'policy.yaml'];
    const secrets = (login: Login): (Login | string)[] => [
      login,
      ...tokenServer.tokens,
      ...tokenServer.tokens.map((token) => token.split('.')[2]!),
    ];

    for (const user of [await nobody(), await fromEnvironment({ ...keeper, password: 'forgotten-0815' })]) {
      const ended = await user.run(...dryRun, '--apply');
      expect(ended.code, ended.stderr).toBe(4);
      await expectNoSecret(user, ended, secrets({ ...keeper, password: 'forgotten-0815' }));
    }

    tokenServer.asked.length = 0;
    const readOnly = await fromEnvironment(reader);
    const planned = await readOnly.run(...dryRun);
    expect(planned.code, planned.stderr).toBe(0);
    expect(tokenServer.asked.flat().filter((scope) => /delete|push/.test(scope))).toEqual([]);
    // One token for each repository, and one for the catalogue.
    expect(tokenServer.asked.length).toBeLessThanOrEqual(Object.keys(before).length + 2);
    await expectNoSecret(readOnly, planned, secrets(reader));

    const refused = await readOnly.run(...dryRun, '--apply');
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toMatch(/delet/);
    await expectNoSecret(readOnly, refused, secrets(reader));
    expect(await readStorage(registry.root)).toEqual(before);

    const user = await fromHelper(registry.host, keeper);
    const applied = await user.run(...dryRun, '--apply');
    expect(applied.code, applied.stderr).toBe(0);
    expect(await readStorage(registry.root)).not.toEqual(before);
    await expectNoSecret(user, applied, secrets(keeper));
  });
}

const files = { 'policy.yaml': POLICY };

function nobody(): Promise<User> {
  return newUser({ files });
}

function fromEnvironment({ user, password }: Login): Promise<User> {
  return newUser({ files, env: { REGISTRY_USER: user, REGISTRY_PASSWORD: password } });
}

function fromAuthFile(host: string, login: Login): Promise<User> {
  const config = JSON.stringify({ auths: { [host]: { auth: basic(login) } } });
  return newUser({ files: { ...files, '.docker/config.json': config } });
}

function fromHelper(host: string, { user: Username, password: Secret }: Login): Promise<User> {
  const config = JSON.stringify({ credHelpers: { [host]: 'regprune-test' } });
  const helper = `#!/bin/sh\ncat >/dev/null\ncat <<'END'\n${JSON.stringify({ ServerURL: host, Username, Secret })}\nEND\n`;
  return newUser({ files: { ...files, '.docker/config.json': config, 'bin/docker-credential-regprune-test': helper } });
}

/** Neither what the program said nor what it wrote holds a secret. The files in which the tests themselves bring one are left out. */
async function expectNoSecret(user: User, { stdout, stderr }: Ended, secrets: readonly (Login | string)[]): Promise<void> {
  const written = [...(await filesOf(user))].filter(([path]) => !/docker-credential-|\.docker/.test(path));
  const all = [stdout, stderr, ...written.flat()].join('\n');
  for (const secret of secrets.flatMap((one) => (typeof one === 'string' ? [one] : [one.password, basic(one)])))
    expect(all).not.toContain(secret);
}

function basic({ user, password }: Login): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}
