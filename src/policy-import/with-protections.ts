import { areGlobsDisjoint, areGlobsWithin } from '../policy/unreachable.ts';
import type { ImportedPolicy } from './imported-policy.ts';

/**
 * What policies that only protect have for the repositories of the others stands in these too: of several policies for one repository the
 * first decides alone. Those that are for nothing else then go.
 */
export function withProtections(policies: readonly ImportedPolicy[]): ImportedPolicy[] {
  const protecting = policies.filter(({ onlyProtects }) => onlyProtects);
  const deciding = policies.filter(({ onlyProtects }) => !onlyProtects);
  const besides = protecting.filter((one) => !deciding.some((other) => areGlobsWithin(globsOf(one), globsOf(other))));
  return [
    ...deciding.map((policy) => {
      const own = protecting.filter((one) => !areGlobsDisjoint(globsOf(one), globsOf(policy)));
      const protect = [...(policy.protect ?? []), ...own.flatMap((one) => one.protect ?? [])];
      return own.length > 0 ? { ...policy, protect } : policy;
    }),
    ...besides,
  ];
}

function globsOf({ repositories = ['**'] }: ImportedPolicy): readonly string[] {
  return repositories;
}
