import { expect, test } from 'vitest';
import { groupOf } from '../../../src/policy/ordering/group.ts';

test.each([
  ['repository', 'v1.2.3', {}, ''],
  ['repository', 'anything', {}, ''],
  ['major', 'v1.2.3', {}, '1'],
  ['major', '10.2.3-rc.1', {}, '10'],
  ['minor', 'v1.2.3', {}, '1.2'],
  ['minor', '1.10.0-rc.1', {}, '1.10'],
  ['major', 'v1', {}, undefined],
  ['minor', '1.2', {}, undefined],
  ['minor', 'latest', {}, undefined],
  ['branch', 'main-1', { branch: 'main' }, 'main'],
  ['branch', 'x', { branch: '' }, ''],
  ['branch', 'x', {}, ''],
])('per %s, %s with %j is in group %j', (per, tag, captures, group) => {
  expect(groupOf(per, tag, captures)).toBe(group);
});
