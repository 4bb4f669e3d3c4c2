import { describe, expect, test } from 'vitest';
import { isHost, isRepositoryName, parseReference } from '../../../src/domain/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('a reference', () => {
  test.each([
    ['app', { repository: 'app' }],
    ['app:v1', { repository: 'app', tag: 'v1' }],
    ['team/app', { repository: 'team/app' }],
    ['team/app:v1.2_3-x', { repository: 'team/app', tag: 'v1.2_3-x' }],
    [`team/app@${DIGEST}`, { repository: 'team/app', digest: DIGEST }],
    [`team/app:v1@${DIGEST}`, { repository: 'team/app', tag: 'v1', digest: DIGEST }],
    ['registry.example.com/app', { host: 'registry.example.com', repository: 'app' }],
    ['Registry.Example.COM/app', { host: 'registry.example.com', repository: 'app' }],
    ['registry.example.com:5000/team/app:v1', { host: 'registry.example.com:5000', repository: 'team/app', tag: 'v1' }],
    ['localhost/app', { host: 'localhost', repository: 'app' }],
    ['localhost:5000/app', { host: 'localhost:5000', repository: 'app' }],
    ['127.0.0.1:5000/app', { host: '127.0.0.1:5000', repository: 'app' }],
    ['[::1]:5000/app:v1', { host: '[::1]:5000', repository: 'app', tag: 'v1' }],
    ['host:5000/app', { host: 'host:5000', repository: 'app' }],
    ['host/app', { repository: 'host/app' }],
    ['a__b/c-d/e.f', { repository: 'a__b/c-d/e.f' }],
    ['a---b', { repository: 'a---b' }],
  ])('%s', (text, parts) => {
    expect(parseReference(text)).toEqual({ ...parts, text });
  });

  test.each([
    '',
    ':v1',
    '@',
    'app:',
    'app@',
    'app@sha256:abc',
    `app@sha256:${'A'.repeat(64)}`,
    `app@${DIGEST}@${DIGEST}`,
    'App',
    'team/App:v1',
    'team//app',
    '/app',
    'app/',
    'team/app/',
    'a___b',
    'a..b',
    '-a',
    'a-',
    'app:-v1',
    'app:.v1',
    `app:${'v'.repeat(129)}`,
    'app v1',
    ' app',
    'https://registry.example.com/app',
    'registry.example.com:port/app',
    'registry.example.com:123456/app',
    '-host.example.com/app',
    'host..example.com/app',
    `${'a'.repeat(256)}`,
  ])('%j is none', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });
});

test('a first part with a capital letter is a host, as it is for Docker', () => {
  expect(parseReference('MyTeam/web:1.0')).toEqual({ host: 'myteam', repository: 'web', tag: '1.0', text: 'MyTeam/web:1.0' });
  expect(parseReference('MyTeam/Web:1.0')).toBeUndefined();
});

test.each([
  ['a', true],
  ['a/b/c', true],
  ['a'.repeat(255), true],
  ['a'.repeat(256), false],
  ['A', false],
  ['a/', false],
  ['', false],
])('%s is a repository name: %s', (name, is) => {
  expect(isRepositoryName(name)).toBe(is);
});

test.each([
  ['registry', true],
  ['registry:443', true],
  ['10.0.0.1', true],
  ['[2001:db8::1]', true],
  ['https://registry', false],
  ['registry/', false],
  ['user@registry', false],
  ['registry.', false],
  ['', false],
])('%s is a host: %s', (host, is) => {
  expect(isHost(host)).toBe(is);
});
