import { readFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';
import { newSession, type Session } from './in-process.ts';

const DENIED = '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}';

/** Three builds, of which two are copied to a registry before they go that answers what is written with this status. */
async function refusing(
  status: number,
  body = '',
): Promise<{ readonly session: Session; readonly registry: EmbeddedRegistry; readonly policy: string }> {
  const [registry, cold, session] = await Promise.all([registryWith({ 'team/app': 3 }), startEmbeddedRegistry(), newSession()]);
  onTestFinished(() => cold.close());
  cold.onRequest(({ method }) => (method === 'GET' || method === 'HEAD' ? undefined : { status, body }));
  await session.file('.regctlrc.yaml', `registries: {prod: {url: ${registry.url}}, cold: {url: ${cold.url}}}\n`);
  const policy = await session.file(
    'archive.yaml',
    keepBuilds(1).replace('keep: {last: 1}', 'keep: {last: 1}\n        action: {copyTo: cold/archive}'),
  );
  return { session, registry, policy };
}

describe('an image that cannot be copied stays, and the end of stderr says what to do', () => {
  test.for([
    ['no right to push', 403, DENIED, 4, 'hint: Use an account that has these rights: repository:archive/team/app:pull,push.'],
    ['a registry that takes no changes', 405, '', 1, 'hint: The registry does not allow that: it may be read-only'],
  ] as const)('before it goes: %s', async ([, status, body, exitCode, hint]) => {
    const { session, registry, policy } = await refusing(status, body);
    const { code, stdout, stderr } = await session.run('prune', 'prod/team/app', '-p', policy, '--apply');
    expect(stdout).toContain('copy to cold/archive/team/app failed: ');
    expect([code, stderr.split(hint)]).toEqual([exitCode, [expect.stringContaining(`status ${status}`), expect.any(String)]]);
    expect(tagsIn(registry, 'team/app')).toEqual(['build-1', 'build-2', 'build-3']);
  });

  test('by copy', async () => {
    const { session, policy } = await refusing(405);
    const { code, stderr } = await session.run('copy', 'prod/team/app', '--to', 'cold', '-p', policy, '--apply');
    expect([code, stderr]).toEqual([1, expect.stringContaining('hint: The registry does not allow that: it may be read-only')]);
  });
});

describe('a place that nothing can be copied to is an error at its line, which says what to do', () => {
  test.for([
    ['prod/archive', 'as prod/archive/team/app would be: add "!archive/**" to its repositories'],
    ['prod/team', 'as prod/team/team/app would be: copy to another prefix'],
    ['prod', 'as prod/team/app would be: copy to another registry or prefix'],
    ['cool/archive', '"cool" is not a host and not a registry of the config. Write REGISTRY/REPO'],
    ['cool/archive', '; the config has prod, cold.'],
  ] as const)('%s: %s', async ([place, message]) => {
    const { session, policy } = await refusing(405);
    const text = await readFile(policy, 'utf8');
    const { code, stderr } = await session.run(
      'prune',
      'prod/team/app',
      '-p',
      await session.file('b.yaml', text.replace('cold/archive', place)),
    );
    expect([code, stderr]).toEqual([3, expect.stringContaining(message)]);
  });
});
