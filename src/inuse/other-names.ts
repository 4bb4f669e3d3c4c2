import { HUB } from '../auth/docker-hub.ts';
import type { ImageName } from '../domain/image-name.ts';
import type { InUseImage } from '../domain/in-use.ts';
import type { Reference } from '../domain/reference.ts';

/** What else an image is called that a runtime pulls by a name. */
export type Aliases = (name: ImageName) => readonly ImageName[];

/**
 * Adds, after each image, what else it is called, so that it is found by the name that its registry has in the plan. The image itself
 * stays: to protect too much loses nothing. A digest protects whatever name it has, so it needs no second one.
 */
export function withOtherNames(images: readonly InUseImage[], aliases: Aliases): InUseImage[] {
  return images.flatMap((used) => {
    if (!('reference' in used.image) || used.image.reference.digest !== undefined) return [used];
    const { reference } = used.image;
    return [
      used,
      ...otherReferences(reference, aliases).map((other): InUseImage => ({ image: { reference: other }, source: used.source })),
    ];
  });
}

function otherReferences(reference: Reference, aliases: Aliases): Reference[] {
  const { host, ...rest } = reference;
  const named = aliases({ host: host ?? HUB, path: reference.repository }).map((name) => ({ ...rest, ...asReference(name) }));
  // Without a host a runtime means Docker Hub; whoever wrote the text may have left out any other.
  const paths = host === undefined ? new Set(named.map(({ repository }) => repository)) : [];
  return [...named, ...[...paths].filter((path) => path !== reference.repository).map((path) => ({ ...rest, repository: path }))];
}

function asReference({ host, path }: ImageName): Pick<Reference, 'host' | 'repository'> {
  return { host, repository: path };
}
