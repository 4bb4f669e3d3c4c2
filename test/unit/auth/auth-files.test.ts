import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { authFilePaths } from '../../../src/auth/auth-files.ts';
import { redact } from '../../../src/diagnostics/redact.ts';
import { auth, makeHome } from './credentials-fixture.ts';

const HOST = 'registry.example.com';

describe('the auth files', () => {
  const home = '/home/u';
  const RUN = `/run/containers/${process.getuid?.()}/auth.json`;
  test.for([
    [{}, ['/home/u/.docker/config.json', RUN, '/home/u/.config/containers/auth.json', '/home/u/.dockercfg']],
    [
      { XDG_RUNTIME_DIR: '/run/u' },
      ['/home/u/.docker/config.json', '/run/u/containers/auth.json', '/home/u/.config/containers/auth.json', '/home/u/.dockercfg'],
    ],
    [{ XDG_CONFIG_HOME: '/etc/u' }, ['/home/u/.docker/config.json', RUN, '/etc/u/containers/auth.json', '/home/u/.dockercfg']],
    [{ DOCKER_CONFIG: '/d' }, ['/d/config.json', RUN, '/home/u/.config/containers/auth.json', '/home/u/.dockercfg']],
    [{ REGISTRY_AUTH_FILE: '/r.json', XDG_RUNTIME_DIR: '/run/u' }, ['/r.json', '/home/u/.docker/config.json']],
    [{ REGISTRY_AUTH_FILE: '/r.json', DOCKER_CONFIG: '/d' }, ['/d/config.json', '/r.json']],
    [
      { REGISTRY_AUTH_FILE: '', DOCKER_CONFIG: '' },
      ['/home/u/.docker/config.json', RUN, '/home/u/.config/containers/auth.json', '/home/u/.dockercfg'],
    ],
  ] as const)('with %j are, in this order, %j', ([env, paths]) => {
    expect(authFilePaths({ env, home })).toEqual(paths);
  });

  test('that are not there hold nothing', async () => {
    expect(await makeHome().resolver().resolve(HOST)).toBeUndefined();
  });

  test('are asked one after the other', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { 'a.example.com': auth('docker', 'd-word') } });
    home.write('run/containers/auth.json', {
      auths: { 'a.example.com': auth('podman', 'p-word'), 'b.example.com': auth('podman', 'p-word') },
    });
    const resolver = home.resolver({ XDG_RUNTIME_DIR: join(home.path, 'run') });
    expect(await resolver.resolve('a.example.com')).toMatchObject({ username: 'docker', source: join(home.path, '.docker/config.json') });
    expect(await resolver.resolve('b.example.com')).toMatchObject({ username: 'podman' });
  });
});

describe('the variable DOCKER_AUTH_CONFIG', () => {
  test('holds a whole auth file, which is asked first', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { 'a.example.com': auth('docker', 'd-word'), 'b.example.com': auth('docker', 'd-word') } });
    home.helper('one', 'echo \'{"Username": "helped", "Secret": "h-word"}\'');
    const DOCKER_AUTH_CONFIG = JSON.stringify({
      auths: { 'a.example.com': auth('ci', 'c-word') },
      credHelpers: { 'c.example.com': 'one' },
    });
    const resolver = home.resolver({ DOCKER_AUTH_CONFIG });
    expect(await resolver.resolve('a.example.com')).toMatchObject({ username: 'ci', source: 'DOCKER_AUTH_CONFIG' });
    expect(await resolver.resolve('b.example.com')).toMatchObject({ username: 'docker' });
    expect(await resolver.resolve('c.example.com')).toMatchObject({ username: 'helped' });
    expect(redact('with c-word and h-word')).toBe('with *** and ***');
  });

  test('that is broken is an error without its text, and is not passed over', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { [HOST]: auth('docker', 'd-word') } });
    await expect(home.resolver({ DOCKER_AUTH_CONFIG: '{"auths": secret-word' }).resolve(HOST)).rejects.toMatchObject({
      code: 'AUTH',
      message: 'The auth file DOCKER_AUTH_CONFIG cannot be used: it is not JSON.',
    });
  });

  test('that is empty holds nothing', async () => {
    expect(await makeHome().resolver({ DOCKER_AUTH_CONFIG: '' }).resolve(HOST)).toBeUndefined();
  });
});

test('an empty name of a helper means the plain file, whatever credsStore says', async () => {
  const home = makeHome();
  const log = home.helper('store', 'exit 1');
  home.write('.docker/config.json', { auths: { [HOST]: auth('user', 'plain-word') }, credHelpers: { [HOST]: '' }, credsStore: 'store' });
  expect(await home.resolver().resolve(HOST)).toMatchObject({ username: 'user', password: 'plain-word' });
  expect(existsSync(log)).toBe(false);
});

describe('an entry', () => {
  const resolve = (auths: unknown, host = HOST, repository?: string) => {
    const home = makeHome();
    home.write('.docker/config.json', { auths });
    return home.resolver().resolve(host, repository);
  };

  test.for([
    ['registry.example.com', 'registry.example.com:5000'],
    ['registry.example.com:5000', 'registry.example.com'],
    ['example.com', 'registry.example.com'],
    ['registry.example.com.evil.org', 'registry.example.com'],
    ['registry.example.com/team', 'registry.example.com'],
    ['https://evil.org/registry.example.com', 'registry.example.com'],
  ] as const)('under %s is not for %s', async ([key, host]) => {
    expect(await resolve({ [key]: auth('user', 'word') }, host)).toBeUndefined();
  });

  test('for a namespace is used there and nowhere else, the most specific first', async () => {
    const home = makeHome();
    const names = [HOST, `${HOST}/team`, `${HOST}/team/app`];
    home.write('.docker/config.json', { auths: Object.fromEntries(names.map((name) => [name, auth(`of ${name}`, 'word')])) });
    const resolver = home.resolver();
    const users = await Promise.all(
      [undefined, 'other', 'team/x', 'teamwork/app', 'team/app', 'team/app/sub'].map((repository) => resolver.resolve(HOST, repository)),
    );
    expect(users.map((each) => (each !== undefined && 'username' in each ? each.username : ''))).toEqual([
      `of ${HOST}`,
      `of ${HOST}`,
      `of ${HOST}/team`,
      `of ${HOST}`,
      `of ${HOST}/team/app`,
      `of ${HOST}/team/app`,
    ]);
  });

  test('is masked in every message from then on, also as it stands in the file', async () => {
    const entry = auth('someone', 'auth-file-word');
    await resolve({ [HOST]: entry });
    expect(redact(`auth-file-word ${entry.auth}`)).toBe('*** ***');
  });

  test('with the very name comes before other ways of writing it', async () => {
    expect(await resolve({ [`https://${HOST}/v1/`]: auth('old', 'word'), [HOST]: auth('exact', 'word') })).toMatchObject({
      username: 'exact',
    });
  });
});

describe('a broken auth file is an error that names it and shows nothing of it', () => {
  test.for([
    ['no JSON', '{"auths": {"registry.example.com": {"auth": "c2VjcmV0LXdvcmQ6"'],
    ['JSON with a secret where the parser stumbles', '{"password": "secret-word" secret-word}'],
    ['a list', '["secret-word"]'],
    ['auths that are a list', { auths: ['secret-word'] }],
    ['an entry that is text', { auths: { [HOST]: 'secret-word' } }],
    ['auth that is no text', { auths: { [HOST]: { auth: 5 } } }],
    ['auth without a colon', { auths: { [HOST]: { auth: Buffer.from('secret-word').toString('base64') } } }],
    ['auth without a user', { auths: { [HOST]: { auth: Buffer.from(':secret-word').toString('base64') } } }],
    ['a user alone', { auths: { [HOST]: { username: 'user' } } }],
    ['a password alone', { auths: { [HOST]: { password: 'secret-word' } } }],
    ['helpers that are no names', { credHelpers: { [HOST]: { a: 'secret-word' } } }],
    ['a store that is no name', { credsStore: ['secret-word'] }],
  ] as const)('%s', async ([, content]) => {
    const home = makeHome();
    const path = home.write('.docker/config.json', content);
    const error: unknown = await home
      .resolver()
      .resolve(HOST)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'AUTH', message: expect.stringContaining(path) });
    const { stack, cause } = error as Error;
    expect(`${String(error)} ${stack} ${String(cause)}`).not.toMatch(/secret-word|c2VjcmV0/);
  });

  test('but an entry for another host that is broken does not matter', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { [HOST]: auth('user', 'word'), 'other.example.com': { auth: '!' } } });
    expect(await home.resolver().resolve(HOST)).toMatchObject({ username: 'user' });
  });

  test('that is a folder', async () => {
    const home = makeHome();
    home.write('.docker/config.json/x', '');
    await expect(home.resolver().resolve(HOST)).rejects.toMatchObject({ code: 'AUTH', message: expect.stringContaining('EISDIR') });
  });

  test('an empty file holds nothing', async () => {
    const home = makeHome();
    home.write('.docker/config.json', '\n');
    expect(await home.resolver().resolve(HOST)).toBeUndefined();
  });
});
