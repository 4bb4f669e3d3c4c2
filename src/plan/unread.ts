import { byCodeUnit } from '../domain/compare.ts';
import { byRepository } from './by-repository.ts';
import type { Plan, Unread } from './plan.ts';

/**
 * A plan with what could not be read while it was made, sorted. It may not be carried out if nothing could be read: an empty plan would
 * look like a success.
 */
export function withUnread(plan: Plan, unread: readonly Unread[]): Plan {
  if (unread.length === 0) return plan;
  const { kind, formatVersion, tool, createdAt, now, policies, applyable, blockedBy, ...rest } = plan;
  const something = plan.repositories.some(({ policy, complete, images }) => policy !== undefined && (complete || images.length > 0));
  const blocks = something ? blockedBy : [...blockedBy, { code: 'nothingRead' as const, message: 'nothing could be read' }];
  return {
    kind,
    formatVersion,
    tool,
    createdAt,
    now,
    policies,
    applyable: applyable && something,
    blockedBy: blocks,
    unread: unread.toSorted((a, b) => byRepository(a, b) || byCodeUnit(a.message, b.message)),
    ...rest,
  };
}

/** True of a plan for which nothing could be read: its totals would look like a success. */
export function nothingRead({ blockedBy }: Pick<Plan, 'blockedBy'>): boolean {
  return blockedBy.some(({ code }) => code === 'nothingRead');
}
