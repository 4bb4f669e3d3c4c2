import { describe, expect, test } from 'vitest';
import { redact } from '../../../src/diagnostics/redact.ts';
import { auth, makeHome } from './credentials-fixture.ts';

const HOST = 'registry.example.com:5000';

describe('credentials that the config names', () => {
  test('come from environment variables', async () => {
    const resolver = makeHome().resolver(
      { PROD_USER: 'robot', PROD_PASSWORD: 'pw-from-env' },
      { [HOST]: { usernameEnv: 'PROD_USER', passwordEnv: 'PROD_PASSWORD' } },
    );
    expect(await resolver.resolve(HOST)).toMatchObject({ username: 'robot', password: 'pw-from-env' });
    expect(redact('pw-from-env')).toBe('***');
  });

  test('come from files, without the line break at the end', async () => {
    const home = makeHome();
    const config = { usernameFile: home.write('user', 'robot\n'), passwordFile: home.write('password', ' pw from file \r\n') };
    expect(await home.resolver({}, { [HOST]: config }).resolve(HOST)).toMatchObject({ username: 'robot', password: ' pw from file ' });
  });

  test('come from the config itself for the user, which is no secret', async () => {
    const home = makeHome();
    const config = { username: 'robot', passwordFile: home.write('password', 'pw-from-file') };
    expect(await home.resolver({}, { [HOST]: config }).resolve(HOST)).toMatchObject({ username: 'robot', password: 'pw-from-file' });
  });

  test('are used before REGISTRY_USER and before auth files', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { [HOST]: auth('docker', 'd-word') } });
    const env = { U: 'robot', P: 'pw-from-env', REGISTRY_USER: 'other', REGISTRY_PASSWORD: 'other-word' };
    expect(await home.resolver(env, { [HOST]: { usernameEnv: 'U', passwordEnv: 'P' } }).resolve(HOST)).toMatchObject({ username: 'robot' });
  });

  test.for([
    ['a variable that is not set', { usernameEnv: 'NOT_SET', passwordEnv: 'P' }, 'NOT_SET'],
    ['a variable that is empty', { usernameEnv: 'EMPTY', passwordEnv: 'P' }, 'EMPTY'],
    ['a file that is not there', { username: 'robot', passwordFile: '/nowhere/password' }, '/nowhere/password'],
    ['a file that is empty', { username: 'robot', passwordFile: '/dev/null' }, '/dev/null'],
    ['a user alone', { username: 'robot' }, 'no password'],
    ['a password alone', { passwordEnv: 'P' }, 'no user'],
  ] as const)('that are %s are an error, not "none"', async ([, config, named]) => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { [HOST]: auth('docker', 'd-word') } });
    const resolver = home.resolver({ P: 'pw-from-env', EMPTY: '' }, { [HOST]: config });
    await expect(resolver.resolve(HOST)).rejects.toMatchObject({ code: 'AUTH', message: expect.stringContaining(named) });
  });
});

describe('REGISTRY_USER and REGISTRY_PASSWORD', () => {
  const env = { REGISTRY_USER: 'ci', REGISTRY_PASSWORD: 'ci-word' };

  test('are used for every registry that the user named, before the auth files', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { [HOST]: auth('docker', 'd-word') } });
    const resolver = home.resolver(env, { [HOST]: {}, 'Other.example.com': {} });
    expect(await resolver.resolve(HOST)).toMatchObject({
      username: 'ci',
      password: 'ci-word',
      source: 'REGISTRY_USER and REGISTRY_PASSWORD',
    });
    expect(await resolver.resolve('other.example.com')).toMatchObject({ username: 'ci' });
  });

  test('are not given for a host that the user did not name', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { auths: { 'foreign.example.com': auth('docker', 'd-word') } });
    const resolver = home.resolver(env, { [HOST]: {} });
    expect(await resolver.resolve('evil.example.com')).toBeUndefined();
    expect(await resolver.resolve('registry.example.com')).toBeUndefined();
    expect(await resolver.resolve('foreign.example.com')).toMatchObject({ username: 'docker' });
  });

  test.for([
    [{ REGISTRY_USER: 'ci' }, 'REGISTRY_USER is set but REGISTRY_PASSWORD is not'],
    [{ REGISTRY_PASSWORD: 'lonely-word' }, 'REGISTRY_PASSWORD is set but REGISTRY_USER is not'],
    [{ REGISTRY_USER: 'ci', REGISTRY_PASSWORD: '' }, 'REGISTRY_USER is set but REGISTRY_PASSWORD is not'],
  ] as const)('of which one is missing are an error: %j', async ([half, message]) => {
    await expect(
      makeHome()
        .resolver(half, { [HOST]: {} })
        .resolve(HOST),
    ).rejects.toMatchObject({ code: 'AUTH', message: expect.stringContaining(message) });
  });

  test('that are both empty are not set', async () => {
    expect(
      await makeHome()
        .resolver({ REGISTRY_USER: '', REGISTRY_PASSWORD: '' }, { [HOST]: {} })
        .resolve(HOST),
    ).toBeUndefined();
  });
});

test('the same credentials are the same object, so that it is known whether they ever worked', async () => {
  const home = makeHome();
  home.write('.docker/config.json', { auths: { [HOST]: auth('docker', 'd-word') } });
  for (const resolver of [home.resolver(), home.resolver({ REGISTRY_USER: 'ci', REGISTRY_PASSWORD: 'ci-word' }, { [HOST]: {} })]) {
    expect(await resolver.resolve(HOST, 'a')).toBe(await resolver.resolve(HOST, 'b/c'));
  }
});
