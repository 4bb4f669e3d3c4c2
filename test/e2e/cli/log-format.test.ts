import { expect, test } from 'vitest';
import { newUser } from '../program.ts';
import { registryWith } from './registry-with-builds.ts';

test('--log-format json: every line of stderr is a message, with each request, and what could not be read with its place', async () => {
  const registry = await registryWith({ 'team/app': 2, 'team/broken': 2 });
  registry.onRequest(({ path }) => (path.startsWith('/v2/team/broken') ? { status: 403 } : undefined));
  const user = await newUser();

  const { code, stderr } = await user.run('prune', registry.host, '--keep-last', '1', '-v', '--log-format', 'json', '--apply');

  expect(code).toBe(4);
  const messages = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
  for (const { time, level, message } of messages) {
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(['debug', 'info', 'warning', 'error']).toContain(level);
    expect(message).not.toBe('');
  }
  const place = { registry: registry.host, repository: 'team/broken' };
  expect(messages.at(-1)).toMatchObject({ level: 'error', code: 'AUTH', ...place });
  expect(messages).toContainEqual(
    expect.objectContaining({ level: 'warning', message: expect.stringContaining('images that run are not protected') }),
  );
  const requests = messages.filter(({ level }) => level === 'debug').map(({ message }) => message);
  expect(requests).toContainEqual(expect.stringMatching(/^DELETE http:\/\/.*\/v2\/team\/app\/manifests\/sha256:\w+ 202 \d+ ms$/));
});

test('--log-format json: a wrong command line is a message too', async () => {
  const user = await newUser();

  const { code, stderr } = await user.run('prune', '--log-format=json', '--no-such-thing');

  expect(code).toBe(3);
  expect(JSON.parse(stderr.split('\n')[0] as string)).toMatchObject({
    level: 'error',
    message: expect.stringContaining('--no-such-thing'),
  });
});
