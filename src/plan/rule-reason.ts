import type { FindingGroup } from '../domain/inventory.ts';
import type { Rule } from '../policy/policy.ts';
import type { Reason, ReasonCode } from './reason.ts';

/** What is told of an image beside the rule that decides about it. */
export interface RuleFacts {
  readonly group: string;
  readonly rank?: number | undefined;
  readonly time?: string | undefined;
  readonly ageDays?: number | undefined;
  readonly isPull?: boolean | undefined;
  /** By which the rule selects it. */
  readonly finding?: FindingGroup | undefined;
}

/** Fields that are not known are left out, in one order and without a copy: there is one of these for each tag. */
export function reasonByRule(code: ReasonCode, rule: Rule, tag: string | undefined, facts: RuleFacts): Reason {
  const reason: Partial<{ -readonly [Key in keyof Reason]: Reason[Key] }> = {};
  reason.code = code;
  if (tag !== undefined) reason.tag = tag;
  reason.rule = rule.name;
  if (facts.group !== '') reason.group = facts.group;
  if (facts.rank !== undefined) reason.rank = facts.rank;
  if (facts.time !== undefined) reason.time = facts.time;
  if (facts.ageDays !== undefined) reason.ageDays = facts.ageDays;
  if (facts.isPull) reason.pulled = true;
  if (facts.finding) reason.finding = facts.finding;
  return reason as Reason;
}
