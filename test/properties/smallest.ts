import type { RepositoryInventory } from '../../src/domain/inventory.ts';
import { PolicyFile, type PolicySpec } from '../../src/policy/schema.ts';
import type { Case } from './arbitraries.ts';

/**
 * The smallest case that breaks still, made from one that breaks by leaving things out, one after the other, as long as something can be.
 */
export function smallest(made: Case, breaks: (made: Case) => boolean): Case {
  for (let small = made; ;) {
    const smaller = lesser(small).find(breaks);
    if (!smaller) return small;
    small = smaller;
  }
}

/** Everything that the case is with one thing less. */
function lesser(made: Case): Case[] {
  return [
    ...without(made.repositories, lesserRepository).map((repositories) => ({ ...made, repositories })),
    ...without(made.policies, lesserPolicy)
      .filter((policies) => PolicyFile.safeParse({ version: 1, policies }).success)
      .map((policies) => ({ ...made, policies })),
    ...without(made.inUse.images).map((images) => ({ ...made, inUse: { ...made.inUse, images } })),
    ...Object.entries(made.lists).flatMap(([list, names]) =>
      without(names).map((less) => ({ ...made, lists: { ...made.lists, [list]: less } })),
    ),
  ];
}

function lesserRepository(repository: RepositoryInventory): RepositoryInventory[] {
  return [
    ...withoutKey(repository, ['names', 'danglingTags']),
    ...without(repository.manifests, (manifest) => [
      ...without(manifest.tags).map((tags) => ({ ...manifest, tags })),
      ...without(manifest.children).map((children) => ({ ...manifest, children })),
      ...without(manifest.lockedTags ?? []).map((lockedTags) => ({ ...manifest, lockedTags })),
      ...withoutKey(
        manifest,
        Object.keys(manifest).filter((key) => !['digest', 'mediaType', 'size', 'tags', 'children'].includes(key)),
      ),
    ]).map((manifests) => ({ ...repository, manifests })),
  ];
}

function lesserPolicy(policy: PolicySpec): PolicySpec[] {
  return [
    ...withoutKey(
      policy,
      Object.keys(policy).filter((key) => !['name', 'rules'].includes(key)),
    ),
    ...without(policy.protect ?? []).map((protect) => ({ ...policy, protect })),
    ...without(policy.rules, (rule) => [
      ...withoutKey(
        rule,
        Object.keys(rule).filter((key) => !['name', 'keep'].includes(key)),
      ),
      ...(typeof rule.keep === 'object' ? withoutKey(rule.keep, Object.keys(rule.keep)).map((keep) => ({ ...rule, keep })) : []),
    ]).map((rules) => ({ ...policy, rules })),
  ];
}

/** The list without one of its things, and with one of them less. */
function without<Thing>(list: readonly Thing[], less: (thing: Thing) => Thing[] = () => []): Thing[][] {
  return [
    ...list.map((_, index) => list.toSpliced(index, 1)),
    ...list.flatMap((thing, index) => less(thing).map((lesser) => list.with(index, lesser))),
  ];
}

function withoutKey<Thing extends object>(thing: Thing, keys: readonly string[]): Thing[] {
  return keys
    .filter((key) => Object.hasOwn(thing, key))
    .map((key) => Object.fromEntries(Object.entries(thing).filter(([name]) => name !== key)) as Thing);
}
