import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../../src/auth/challenge.ts';
import { demandOf } from '../../../src/auth/scheme.ts';

describe('a WWW-Authenticate header', () => {
  const bearer = { scheme: 'bearer', parameters: { realm: 'https://t.example.com/token', service: 's' } };
  const basic = { scheme: 'basic', parameters: { realm: 'r' } };

  test.for([
    ['Bearer realm="https://t.example.com/token",service="s"', [bearer]],
    ['bearer Realm=https://t.example.com/token , SERVICE = s', [bearer]],
    ['BEARER realm="https://t.example.com/token", service="s", Basic realm="r"', [bearer, basic]],
    ['Basic realm="r", Bearer realm="https://t.example.com/token",service="s"', [basic, bearer]],
    [
      'Bearer realm="a",scope="repository:x:pull,push repository:y:pull"',
      [{ scheme: 'bearer', parameters: { realm: 'a', scope: 'repository:x:pull,push repository:y:pull' } }],
    ],
    ['Basic realm="say \\"hi\\", please"', [{ scheme: 'basic', parameters: { realm: 'say "hi", please' } }]],
    ['Negotiate, NTLM, Basic realm="r"', [{ scheme: 'negotiate', parameters: {} }, { scheme: 'ntlm', parameters: {} }, basic]],
    ['Bearer realm="a",realm="b"', [{ scheme: 'bearer', parameters: { realm: 'a' } }]],
    ['Bearer', [{ scheme: 'bearer', parameters: {} }]],
    [', ,', []],
    ['', []],
    ['realm="r"', []],
  ] as const)('%s', ([header, challenges]) => {
    expect(parseChallenges(header)).toEqual(challenges);
  });
});

describe('what a registry demands', () => {
  const demand = (challenge: string, registry = 'https://registry.example.com/') =>
    demandOf({ status: 401, headers: { 'www-authenticate': challenge }, body: new Uint8Array(), url: registry }, new URL(registry));

  test('a token rather than a password, where it takes both', () => {
    expect(demand('Basic realm="r", Bearer realm="https://t.example.com/",service="s",scope="a:b:c d:e:f",error="invalid_token"')).toEqual({
      scheme: { kind: 'bearer', realm: new URL('https://t.example.com/'), service: 's' },
      scopes: ['a:b:c', 'd:e:f'],
      error: 'invalid_token',
    });
  });

  test('a password, where its token server is no address', () => {
    expect(demand('Bearer realm="r", Basic realm="r"')).toEqual({ scheme: { kind: 'basic' }, scopes: [], error: '' });
  });

  test('nothing that is known here', () => {
    expect(demand('Negotiate')).toBeUndefined();
  });

  test.for([
    ['https://registry.example.com/', 'https://auth.example.com/token'],
    ['https://registry.example.com/', 'https://10.0.0.9/token'],
    ['http://127.0.0.1:5000/', 'http://127.0.0.1:5001/token'],
    ['http://registry.internal:5000/', 'http://auth.internal/token'],
    ['https://127.0.0.1/', 'https://127.0.0.1:5001/token'],
  ] as const)('of %s may be a token from %s', ([registry, realm]) => {
    expect(demand(`Bearer realm="${realm}"`, registry)?.scheme).toMatchObject({ realm: new URL(realm) });
  });

  test.for([
    ['https://registry.example.com/', 'http://auth.example.com/token'],
    ['https://registry.example.com/', 'http://registry.example.com/token'],
    ['https://registry.example.com/', 'https://127.0.0.1/token'],
    ['https://registry.example.com/', 'https://169.254.169.254/token'],
    ['http://127.0.0.1:5000/', 'http://169.254.169.254/token'],
    ['https://registry.example.com/', 'ftp://auth.example.com/token'],
  ] as const)('of %s may not be a token from %s', ([registry, realm]) => {
    expect(() => demand(`Bearer realm="${realm}"`, registry)).toThrow(expect.objectContaining({ code: 'AUTH' }));
  });
});
