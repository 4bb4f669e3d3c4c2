import { describe, expect, test } from 'vitest';
import { errorReply, jsonReply } from '../../../src/demo/reply.ts';
import { push } from '../../../src/demo/push.ts';
import { image, layer } from '../../../src/demo/image.ts';
import type { ServerResponse } from 'node:http';
import { json, type Seen, startServer } from '../../unit/http/loopback-server.ts';
import { startProxy } from '../../unit/http/proxy-server.ts';
import { HAS_OPENSSL, makeCertificates } from '../../unit/http/test-certificates.ts';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

describe('a tag whose manifest is not there', () => {
  test('keeps everything in its repository, and is told with the command that takes it off', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const { tags, manifests } = registry.storage.repository('team/app');
    manifests.delete(tags.get('build-2')!);
    const session = await newSession();

    const { code, stdout, stderr } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');

    expect(code).toBe(6);
    expect(stdout + stderr).toContain(`curl -X DELETE ${registry.url}/v2/team/app/manifests/build-2`);
    expect(tagsIn(registry, 'team/app')).toHaveLength(4);
  });

  test('is passed over where the policy says so', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const { tags, manifests } = registry.storage.repository('team/app');
    manifests.delete(tags.get('build-2')!);
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1, '    danglingTags: ignore\n'));

    const { code, stdout, stderr } = await session.run('prune', `${registry.host}/team/app`, '-p', policy, '--apply');

    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    expect(stdout).toContain('build-1');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-2', 'build-4']);
  });
});

test('an old build that got a tag since the last run is within grace, in this run and in the next one', async () => {
  const registry = await registryWith({});
  for (const [tag, month] of [
    ['build-1', '01'],
    ['build-2', '02'],
    ['build-3', '03'],
  ] as const)
    await push(registry, 'team/app', image({ layers: [layer(tag, 10)], created: `2026-${month}-01T00:00:00Z` }), [tag]);
  const session = await newSession({ now: Date.now });
  const plan = () => session.plan([`${registry.host}/team/app`, '--keep-last', '1']);
  const reasons = async (tag: string) =>
    (await plan()).repositories[0]!.images.find(({ tags }) => tags.includes(tag))!.reasons.map(({ code }) => code);

  expect(await reasons('build-1')).toEqual(['expired']);
  const { tags } = registry.storage.repository('team/app');
  tags.set('promoted', tags.get('build-1')!);

  const first = await plan();
  expect(await reasons('build-1')).toContain('grace');
  expect(await reasons('build-2')).toEqual(['expired']);
  expect((await plan()).repositories).toEqual(first.repositories);
});

describe('a whole registry', () => {
  test('that lists nothing says so', async () => {
    const registry = await registryWith({});
    const session = await newSession();
    const { code, stderr } = await session.run('prune', registry.host, '--keep-last', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: `warning: the registry ${registry.host} lists no repositories\n` });
  });

  test('in which nothing matches says so', async () => {
    const registry = await registryWith({ 'team/app': 1, 'team/web': 1 });
    const session = await newSession();
    const { stderr } = await session.run('prune', `${registry.host}/shop/**`, '--keep-last', '1');
    expect(stderr).toContain(`warning: none of the 2 repositories that the registry ${registry.host} lists matches shop/**\n`);
  });

  test('that shows an empty catalogue to whoever is not logged in is a failure, and no success with nothing to do', async () => {
    const registry = await registryWith({});
    registry.onRequest(({ path }) => {
      if (path === '/v2/') return errorReply('UNAUTHORIZED', [undefined], { 'www-authenticate': 'Basic realm="registry"' });
      return path.startsWith('/v2/_catalog') ? jsonReply(200, { repositories: [] }) : undefined;
    });
    const anonymous = await newSession();
    const { code, stderr } = await anonymous.run('prune', registry.host, '--keep-last', '1');
    expect(code).toBe(4);
    expect(stderr).toMatch(/lists no repositories, and it demands a login, asked without credentials\.\nhint: .*REGISTRY_USER/);

    const loggedIn = await newSession({ env: { REGISTRY_USER: 'ann', REGISTRY_PASSWORD: 'canary-s3cret' } });
    expect((await loggedIn.run('prune', registry.host, '--keep-last', '1')).code).toBe(0);
  });
});

test.each([
  ['http://10.11.12.13/token', /names http:\/\/10\.11\.12\.13\/token as its token server, which has no TLS; nothing is sent there/],
  [
    'http://169.254.169.254/token',
    /names http:\/\/169\.254\.169\.254\/token as its token server, a local address; credentials are not sent/,
  ],
])('a registry that names %s as its token server is refused for missing authentication', async (realm, why) => {
  const registry = await registryWith({ 'team/app': 1 });
  registry.onRequest(() => errorReply('UNAUTHORIZED', [undefined], { 'www-authenticate': `Bearer realm="${realm}",service="x"` }));
  const session = await newSession({ env: { REGISTRY_USER: 'ann', REGISTRY_PASSWORD: 'canary-s3cret' } });
  const { code, stderr } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1');
  expect(code).toBe(4);
  expect(stderr).toMatch(why);
});

test('a repository without the right to delete holds up no other, and the exit code tells of it', async () => {
  const registry = await registryWith({ 'team/app': 3, 'team/web': 3 });
  registry.onRequest(({ method, path }) => (method === 'DELETE' && path.includes('team/app') ? { status: 403, body: '' } : undefined));
  const session = await newSession();
  const { code, stdout } = await session.run('prune', registry.host, '--keep-last', '1', '--apply');
  expect(code).toBe(4);
  expect(stdout).toMatch(/team\/app.*\n.*given up .*answered status 403/);
  expect([tagsIn(registry, 'team/app'), tagsIn(registry, 'team/web')]).toEqual([['build-1', 'build-2', 'build-3'], ['build-3']]);
});

describe('how a registry is reached', () => {
  const WORDS = ['--tags', '**', '--keep-last', '1'];
  /** A registry whose one repository is empty. */
  const empty = ({ path }: Seen, response: ServerResponse): void => {
    if (path === '/v2/') json(response, 200, {});
    else if (path.startsWith('/v2/team/app/tags/list')) json(response, 200, { name: 'team/app', tags: [] });
    else json(response, 404, {});
  };

  test('one with TLS that is spoken to without it says so', async () => {
    const server = await startServer(
      (_, response) => void response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
    );
    const session = await newSession();
    const { code, stderr } = await session.run('prune', `${server.host}/team/app`, ...WORDS);
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr:
        `error: The registry at http://${server.host} speaks TLS, and was spoken to without it.\n` +
        `hint: Give it as https://${server.host}, and leave out --plain-http and "plainHttp".\n`,
    });
  });

  test('one without TLS is spoken to with --plain-http alone, and the commands that follow have it', async () => {
    const server = await startServer(empty);
    const proxy = await startProxy(server.port);
    const session = await newSession({ env: { HTTP_PROXY: proxy.url } });
    const run = (...more: readonly string[]): ReturnType<typeof session.run> =>
      session.run('prune', 'registry.example.com/team/app', ...WORDS, '--plan-out', 'plan.json', ...more);
    expect((await session.run('prune', 'http://registry.example.com/team/app', ...WORDS)).stderr).toContain(
      '--plain-http, or "plainHttp: true"',
    );
    const { code, stdout } = await run('--plain-http');
    expect(code, stdout).toBe(0);
    expect(server.requests.length).toBeGreaterThan(0);
    expect((await session.run('apply', 'plan.json', '--plain-http')).code).toBe(0);
  });

  test.each(['doctor', 'init', 'inventory'])('%s takes --plain-http and --ca-file too', async (command) => {
    const registry = await registryWith({ 'team/app': 3 });
    const proxy = await startProxy(Number(registry.host.split(':')[1]));
    const session = await newSession({ env: { HTTP_PROXY: proxy.url }, now: Date.now });
    const words = [command, 'registry.example.com/team/app'];

    const { code, stdout, stderr } = await session.run(...words, '--plain-http');

    expect(code, stdout + stderr).toBe(0);
    if (command === 'init') expect(stderr).toContain('regctl prune registry.example.com/team/app --plain-http -p policy.yaml');
    const untrusted = await session.run(...words, '--ca-file', 'missing.pem', ...(command === 'init' ? ['--out', 'again.yaml'] : []));
    expect(untrusted.stdout + untrusted.stderr).toContain('missing.pem');
    expect(untrusted.code).toBe(3);
  });

  test.runIf(HAS_OPENSSL)('one with a CA of its own is trusted with --ca-file', async () => {
    const { caFile, server: tls } = makeCertificates('registry.example.com');
    const server = await startServer(empty, tls);
    const proxy = await startProxy(server.port);
    const session = await newSession({ env: { HTTPS_PROXY: proxy.url } });
    const words = ['prune', 'registry.example.com/team/app', ...WORDS];
    expect((await session.run(...words)).stderr).toContain('--ca-file, "tls: {ca: FILE}"');
    expect((await session.run(...words, '--ca-file', caFile)).code).toBe(0);
    expect((await session.run(...words, '--ca-file', 'missing.pem')).stderr).toContain('or --ca-file');
  });
});
