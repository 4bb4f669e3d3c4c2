import type { Digest } from '../domain/digest.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Manifest, RepositoryInventory } from '../domain/inventory.ts';
import type { Reference } from '../domain/reference.ts';

/** A digest that is in use, by whom. */
export interface UsedDigest {
  readonly digest: Digest;
  readonly source: string;
}

/** A repository, as far as its images are named. */
export type NamedManifests = Pick<RepositoryInventory, 'registry' | 'repository'> & {
  readonly manifests: readonly Pick<Manifest, 'digest' | 'tags'>[];
};

/**
 * The digests in use as far as they may concern this repository: every digest, whatever name it was reported under (mirrors rename), and the
 * manifests that tag references of this repository point to.
 */
export function inUseDigests(repository: NamedManifests, inUse: InUse): UsedDigest[] {
  const tagged = new Map<string, Digest>();
  for (const manifest of repository.manifests) for (const tag of manifest.tags) tagged.set(tag, manifest.digest);
  return inUse.images.flatMap(({ image, source }) => {
    if ('digest' in image) return [{ digest: image.digest, source }];
    const { reference } = image;
    if (reference.digest !== undefined) return [{ digest: reference.digest, source }];
    const digest = tagged.get(reference.tag ?? 'latest');
    return digest !== undefined && names(reference, repository, inUse) ? [{ digest, source }] : [];
  });
}

/**
 * True if a reference may mean this repository. A host that belongs to no known registry may be a mirror of this one, and a text
 * without a host may leave it out: these match by repository name alone, for to protect too much loses nothing.
 */
function names(reference: Reference, { registry, repository }: NamedManifests, inUse: InUse): boolean {
  const { host } = reference;
  if (host === undefined) return reference.repository === repository || reference.repository === `${registry}/${repository}`;
  const belongsTo = (name: string): boolean => host === name || (inUse.hosts[name] ?? []).includes(host);
  const known = belongsTo(registry) || !Object.keys(inUse.hosts).some(belongsTo);
  return known && reference.repository === repository;
}
