import { splitName, type ImageName } from './image-name.ts';
import type { RepositoryInventory } from './inventory.ts';

/**
 * Every name under which a runtime may pull the images of a repository: those that its registry tells, and its own one at each host of the
 * registry and, where the URL of that has a path, below it. The name of a registry may be its host. `hosts` are others that are known.
 */
export function repositoryNames(
  { registry, url, repository, names = [] }: Pick<RepositoryInventory, 'registry' | 'url' | 'repository' | 'names'>,
  hosts: readonly string[] = [],
): ImageName[] {
  const place = url?.replace(/^[a-z]+:\/\//i, '').replace(/\/+$/, '');
  const own = [registry, ...hosts, ...(place === undefined ? [] : [place, place.replace(/\/.*$/s, '')])];
  return [...names, ...own.map((each) => `${each}/${repository}`)].flatMap((name) => splitName(name) ?? []);
}
