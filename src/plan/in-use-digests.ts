import type { Digest } from '../domain/digest.ts';
import { nameText } from '../domain/image-name.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Manifest, RepositoryInventory } from '../domain/inventory.ts';
import type { Reference } from '../domain/reference.ts';
import { repositoryNames } from '../domain/repository-names.ts';

/** A digest that is in use, by whom. */
export interface UsedDigest {
  readonly digest: Digest;
  readonly source: string;
}

/** A repository, as far as its images are named. */
export type NamedManifests = Pick<RepositoryInventory, 'registry' | 'url' | 'repository' | 'names'> & {
  readonly manifests: readonly Pick<Manifest, 'digest' | 'tags'>[];
};

/**
 * The digests in use as far as they may concern this repository: every digest, whatever name it was reported under (mirrors rename), and
 * the manifests that tag references of this repository point to.
 */
export function inUseDigests(repository: NamedManifests, inUse: InUse): UsedDigest[] {
  const tagged = new Map<string, Digest>();
  for (const manifest of repository.manifests) for (const tag of manifest.tags) tagged.set(tag, manifest.digest);
  const mayBeMeant = matcherOf(repository, inUse);
  return inUse.images.flatMap(({ image, source }) => {
    if ('digest' in image) return [{ digest: image.digest, source }];
    const { reference } = image;
    if (reference.digest !== undefined) return [{ digest: reference.digest, source }];
    const tag = reference.tag ?? 'latest';
    // Some registries keep every tag in lower case, and take it as it is written.
    const digest = tagged.get(tag) ?? tagged.get(tag.toLowerCase());
    return digest !== undefined && mayBeMeant(reference) ? [{ digest, source }] : [];
  });
}

/**
 * Tells whether a reference may mean this repository: it does by each of the repository's names. By the path of a name alone it may, where
 * the reference has no host, or one that belongs to no registry that is known: that host may be a mirror. To protect too much loses
 * nothing.
 */
function matcherOf(repository: NamedManifests, { hosts }: InUse): (reference: Reference) => boolean {
  const own = repositoryNames(repository, hosts[repository.registry]);
  const names = new Set(own.map(nameText));
  const paths = new Set([repository.repository, ...own.map(({ path }) => path)]);
  const known = new Set([...own.map(({ host }) => host), ...Object.entries(hosts).flat(2)].map((host) => host.toLowerCase()));
  const title = `${repository.registry}/${repository.repository}`;
  return ({ host, repository: path }) => {
    if (host === undefined) return path === title || paths.has(path);
    if (names.has(nameText({ host, path }))) return true;
    if (known.has(host)) return false;
    // Of `MyTeam/web` the first part is a host, and whoever wrote it may have meant the repository `myteam/web`.
    return paths.has(path) || (!/[.:]/.test(host) && paths.has(`${host}/${path}`));
  };
}
