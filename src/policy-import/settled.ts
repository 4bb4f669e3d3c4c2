import { unreachablePolicies, unreachableRules } from '../policy/unreachable.ts';
import { type ImportedPolicy, isNote } from './imported-policy.ts';
import { withProtections } from './with-protections.ts';

/**
 * The policies of one file, of all that was imported: with the protections of each other, with names of their own, and without what nothing
 * is left to, which a policy file may not have.
 */
export function settled(imported: readonly ImportedPolicy[]): ImportedPolicy[] {
  return reachable(withProtections(imported).map((policy) => ({ ...policy, rules: withUniqueRules(policy) })));
}

/** Without the policies and rules that one above leaves nothing to, which a policy file may not have; the ones above say that they went. */
function reachable(policies: readonly ImportedPolicy[]): ImportedPolicy[] {
  const named = withUniqueNames(policies);
  const gone = unreachablePolicies(named);
  return named
    .map((policy) => {
      const left = gone.filter(({ by }) => by === policy.name).map(({ index }) => named[index] as ImportedPolicy);
      const notes = left.map(
        ({ name, comments }) => `LEFT OUT: the policy "${name}" (${comments[0]}), because this one governs all its repositories.`,
      );
      return { ...policy, comments: [...policy.comments, ...notes] };
    })
    .filter((_policy, index) => !gone.some((one) => one.index === index))
    .map((policy) => {
      const without = unreachableRules(policy.rules.map(({ part }) => part));
      const left = without.map(({ index, by }) => {
        const { part, comments } = policy.rules[index] as ImportedPolicy['rules'][number];
        // What is said of how it is imported is of no use where it is not.
        const origin = comments.filter((sentence) => !isNote(sentence)).join(' ');
        return `LEFT OUT: "${part.name}" (${origin}), because "${by}" takes all that it selects.`;
      });
      return {
        ...policy,
        comments: [...policy.comments, ...left],
        rules: policy.rules.filter((_rule, index) => !without.some((one) => one.index === index)),
      };
    });
}

function withUniqueRules({ rules }: ImportedPolicy): ImportedPolicy['rules'] {
  return rules.map((rule, index) => {
    const before = rules.slice(0, index).filter(({ part }) => part.name === rule.part.name).length;
    return before === 0 ? rule : { ...rule, part: { ...rule.part, name: `${rule.part.name} (${before + 1})` } };
  });
}

function withUniqueNames(policies: readonly ImportedPolicy[]): ImportedPolicy[] {
  return policies.map((policy, index) => {
    const before = policies.slice(0, index).filter(({ name }) => name === policy.name).length;
    return before === 0 ? policy : { ...policy, name: `${policy.name} (${before + 1})` };
  });
}
