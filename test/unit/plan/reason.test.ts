import { expect, test } from 'vitest';
import { DELETE_REASONS, isDeleteReason, KEEP_REASONS, type ReasonCode } from '../../../src/plan/reason.ts';

test('the codes are permanent', () => {
  const keeping =
    'newest within_days pulled_within live no_lifetime keep_all no_rule ungoverned protected_tag protected_digest protected_label ' +
    'protected_signed locked in_use grace ' +
    'unknown_time unparsable_version shares_digest child_of_kept attached_to_kept subject_of_kept keep_newest ' +
    'repository_floor archived next_run incomplete';
  expect(Object.keys(KEEP_REASONS)).toEqual(keeping.split(' '));
  expect(Object.keys(DELETE_REASONS)).toEqual(['expired', 'deleted_with_parent', 'deleted_with_subject']);
});

test.each<[ReasonCode, boolean]>([
  ['expired', true],
  ['deleted_with_parent', true],
  ['deleted_with_subject', true],
  ['newest', false],
  ['incomplete', false],
])('%s deletes: %s', (code, deletes) => {
  expect(isDeleteReason(code)).toBe(deletes);
});
