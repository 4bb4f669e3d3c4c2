import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { askHelper } from '../../../src/auth/credential-helper.ts';
import { redact } from '../../../src/diagnostics/redact.ts';
import { auth, makeHome } from './credentials-fixture.ts';

const HOST = 'registry.example.com';
const SAYS = `echo '{"ServerURL":"x","Username":"helped","Secret":"helper-word"}'`;

describe('a credential helper', () => {
  test('for one host is asked once, with the host on its input', async () => {
    const home = makeHome();
    const log = home.helper('one', SAYS);
    home.write('.docker/config.json', { credHelpers: { [HOST]: 'one' } });
    const resolver = home.resolver();
    await Promise.all([resolver.resolve(HOST, 'a'), resolver.resolve(HOST, 'b')]);
    expect(await resolver.resolve(HOST)).toEqual({ username: 'helped', password: 'helper-word', source: 'docker-credential-one' });
    expect(readFileSync(log, 'utf8')).toBe(`get ${HOST}\n`);
    expect(redact('helper-word')).toBe('***');
    expect(await resolver.resolve('other.example.com')).toBeUndefined();
  });

  test('that is the store is asked for every host, before what the file holds', async () => {
    const home = makeHome();
    home.helper('store', SAYS);
    home.write('.docker/config.json', { credsStore: 'store', auths: { [HOST]: auth('file', 'word') } });
    expect(await home.resolver().resolve(HOST)).toMatchObject({ username: 'helped' });
  });

  test('for one host comes before the store', async () => {
    const home = makeHome();
    home.helper('one', SAYS);
    home.helper('store', 'exit 1');
    home.write('.docker/config.json', { credsStore: 'store', credHelpers: { [`https://${HOST}`]: 'one' } });
    expect(await home.resolver().resolve(HOST)).toMatchObject({ username: 'helped' });
  });

  test.for([
    ['docker.io', {}, 'https://index.docker.io/v1/'],
    ['registry-1.docker.io', { 'docker.io': {} }, 'https://index.docker.io/v1/'],
    [HOST, { [`https://${HOST}`]: {} }, `https://${HOST}`],
    [HOST, { [`https://${HOST}`]: {}, [HOST]: {} }, HOST],
    [HOST, {}, HOST],
  ] as const)('is asked for %s, with the entries %j, as %s', async ([host, auths, server]) => {
    const home = makeHome();
    const log = home.helper('store', SAYS);
    home.write('.docker/config.json', { credsStore: 'store', auths });
    await home.resolver().resolve(host);
    expect(readFileSync(log, 'utf8')).toBe(`get ${server}\n`);
  });

  test('whose user is <token> gives an identity token', async () => {
    const home = makeHome();
    home.helper('store', `echo '{"Username":"<token>","Secret":"identity-word"}'`);
    home.write('.docker/config.json', { credsStore: 'store' });
    expect(await home.resolver().resolve(HOST)).toMatchObject({ identityToken: 'identity-word' });
  });

  test.for([
    'echo "credentials not found in native keychain"; exit 1',
    'echo "Credentials not found" >&2; exit 1',
    `echo '{"Username":"","Secret":""}'`,
  ])('that has none (%s) leaves it to what the file holds', async (script) => {
    const home = makeHome();
    home.helper('store', script);
    home.write('.docker/config.json', { credsStore: 'store', auths: { [HOST]: auth('file', 'word') } });
    const resolver = home.resolver();
    expect(await resolver.resolve(HOST)).toMatchObject({ username: 'file' });
    expect(await resolver.resolve('other.example.com')).toBeUndefined();
  });

  test.for([
    ['echo "keychain is \u001b[31mlocked"; exit 1', 'exit code 1: keychain is locked'],
    ['echo "no session" >&2; exit 2', 'exit code 2: no session'],
    ['echo "unfinished secret-word"', 'its answer is not JSON'],
    [`echo '{"Username":"bob","Secret":"secret-word"}'; exit 1`, 'exit code 1: {"Username":"bob","Secret":***}'],
    ['echo "token=secret-word" >&2; exit 1', 'exit code 1: token=***'],
    ['echo \'{"Username":5,"Secret":"secret-word"}\'', 'its answer has no Username and Secret'],
    ['echo \'{"Secret":"secret-word"}\'', 'its answer has a Secret but no Username'],
  ] as const)('that fails (%s) is an error that names it, not "none"', async ([script, why]) => {
    const home = makeHome();
    home.helper('store', script);
    home.write('.docker/config.json', { credsStore: 'store', auths: { [HOST]: auth('file', 'word') } });
    const error: unknown = await home
      .resolver()
      .resolve(HOST)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'AUTH', message: `The credential helper docker-credential-store failed for ${HOST}: ${why}.` });
    expect((error as Error).stack).not.toContain('secret-word');
  });

  test('that is not there is an error', async () => {
    const home = makeHome();
    home.write('.docker/config.json', { credHelpers: { [HOST]: 'missing' } });
    await expect(home.resolver().resolve(HOST)).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('docker-credential-missing failed for registry.example.com: there is no such program'),
    });
  });

  test.for(['../evil', 'a b', 'a;b', '$(x)', ''])('whose name is %j is not started', async (name) => {
    await expect(askHelper(name, HOST, {})).rejects.toMatchObject({ code: 'AUTH', message: expect.stringContaining('its name may hold') });
  });

  test('that takes too long is ended, with what it started', async () => {
    const home = makeHome();
    home.helper('slow', 'sleep 60');
    const env = { PATH: `${home.path}/bin:${process.env['PATH'] ?? ''}` };
    await expect(askHelper('slow', HOST, env, 100)).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('no answer within 0.1 seconds'),
    });
  });
});
