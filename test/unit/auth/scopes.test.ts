import { describe, expect, test } from 'vitest';
import { asksMore, mergeScopes, repositoryOf, scopeKey } from '../../../src/auth/scopes.ts';

describe('token scopes', () => {
  test.for([
    [['repository:team/app:pull'], 'team/app'],
    [['registry:catalog:*', 'repository:a:pull,delete'], 'a'],
    [['repository(plugin):team/app:pull'], 'team/app'],
    [['repository:host:5000/team/app:pull'], 'host:5000/team/app'],
    [['registry:catalog:*'], undefined],
    [[], undefined],
  ] as const)('%j are about %s', ([scopes, repository]) => {
    expect(repositoryOf(scopes)).toBe(repository);
  });

  test('are merged by resource, the first ones in front', () => {
    expect(
      mergeScopes(['registry:catalog:*', 'repository:h:5000/a:delete'], ['repository:h:5000/a:pull,delete', 'repository:b:pull']),
    ).toEqual(['registry:catalog:*', 'repository:h:5000/a:delete,pull', 'repository:b:pull']);
  });

  test('are the same in any order', () => {
    expect(scopeKey(['repository:b:pull', 'repository:a:push,pull'])).toBe(
      scopeKey(['repository:a:pull', 'repository:b:pull', 'repository:a:push']),
    );
    expect(scopeKey(['repository:a:pull'])).not.toBe(scopeKey(['repository:a:push']));
  });

  test.for([
    [['repository:a:pull'], ['repository:a:delete,pull'], false],
    [['repository:a:delete'], ['repository:a:pull'], true],
    [['repository:b:pull'], ['repository:a:pull'], true],
    [[], ['repository:a:pull'], false],
    [['x:y:z'], [], true],
  ] as const)('%j ask more than %j: %j', ([demanded, had, more]) => {
    expect(asksMore(demanded, had)).toBe(more);
  });
});
