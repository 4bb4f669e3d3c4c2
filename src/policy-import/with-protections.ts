import { compileGlobs } from '../policy/glob.ts';
import type { ProtectSpec } from '../policy/schema.ts';
import { areGlobsDisjoint, areGlobsWithin } from '../policy/unreachable.ts';
import type { Commented, ImportedPolicy } from './imported-policy.ts';
import type { Original } from './original/original.ts';

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
      return own.length > 0 ? { ...policy, protect, original: without(policy.original, protect) } : policy;
    }),
    ...besides,
  ];
}

/** The original, which leaves alone what has a protected tag. */
function without(original: Original, protect: readonly Commented<ProtectSpec>[]): Original {
  const isProtected = protect.flatMap(({ part: { tags } }) => (tags ? [compileGlobs(tags)] : []));
  return (repository, samples) => {
    const { images } = original(repository, samples);
    const gone = images.filter(({ tags }) => !tags.some((tag) => isProtected.some((matches) => matches(tag))));
    return { images: gone, tags: gone.flatMap(({ tags }) => tags) };
  };
}

function globsOf({ repositories = ['**'] }: ImportedPolicy): readonly string[] {
  return repositories;
}
