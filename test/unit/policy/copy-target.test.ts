import { describe, expect, test } from 'vitest';
import { copyRepository, parseCopyTarget } from '../../../src/policy/copy-target.ts';
import { PolicyFile } from '../../../src/policy/schema.ts';

describe('where a rule copies to', () => {
  test.for([
    ['cold/archive', { registry: 'cold', prefix: 'archive' }, 'archive/team/app'],
    ['cold.example.com:5000/a/b', { registry: 'cold.example.com:5000', prefix: 'a/b' }, 'a/b/team/app'],
    ['cold', { registry: 'cold', prefix: '' }, 'team/app'],
  ] as const)('%s', ([text, target, repository]) => {
    expect(parseCopyTarget(text)).toEqual(target);
    expect(copyRepository(target, 'team/app')).toBe(repository);
  });

  test.for(['', '/archive', 'cold/', 'cold/Archive', 'cold/a b', 'user@cold/archive', 'cold/archive:v1'])('"%s" is none', (text) => {
    expect(parseCopyTarget(text)).toBeUndefined();
    expect(messages({ tags: ['v*'], action: { copyTo: text } })).toEqual([expect.stringContaining('not a place to copy to')]);
  });

  test('orphaned attachments are not copied: what they belong to is gone', () => {
    expect(messages({ orphaned: true, action: { copyTo: 'cold/archive' } })).toEqual([expect.stringContaining('cannot be {copyTo} here')]);
  });
});

function messages(rule: object): string[] {
  const file = { version: 1, policies: [{ name: 'p', rules: [{ name: 'r', keep: 'none', ...rule }] }] };
  return PolicyFile.safeParse(file).error?.issues.map(({ message }) => message) ?? [];
}
