import type { Policy, Rule } from '../policy/policy.ts';

/** A policy as it decides about an image that has more newer ones before it than anything counts. */
export function behindNewer(policy: Policy): Policy {
  const { tagged, untagged, orphaned } = policy.rules;
  const rules = { tagged: tagged.map(uncounted), untagged: untagged.map(uncounted), orphaned: orphaned.map(uncounted) };
  return { ...policy, keepAtLeast: 0, keepNewest: 0, rules };
}

function uncounted(rule: Rule): Rule {
  const { keep } = rule;
  if (typeof keep === 'string') return rule;
  const { last, max, older } = keep;
  const none = { ...(last !== undefined && { last: 0 }), ...(max !== undefined && { max: 0 }), ...(older !== undefined && { older: 0 }) };
  return { ...rule, keep: { ...keep, ...none } };
}
