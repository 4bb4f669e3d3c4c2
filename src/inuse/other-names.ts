import { HUB } from '../auth/docker-hub.ts';
import type { ImageName } from '../domain/image-name.ts';
import type { InUseImage } from '../domain/in-use.ts';
import type { Reference } from '../domain/reference.ts';
import { type Mirror, mirrored } from './mirrors.ts';

/** What else an image is called that a runtime pulls by a name. */
export type Aliases = (name: ImageName) => readonly ImageName[];

/**
 * Adds, after each image, what else it is called, so that it is found by the name that its registry has in the plan: the other names that
 * registries have for it, and what it stands for where it is under a mirror by any of its names. The image itself stays: to protect too
 * much loses nothing. A digest protects whatever name it has, so it needs no second one.
 */
export function withOtherNames(images: readonly InUseImage[], aliases: Aliases, mirrors: readonly Mirror[] = []): InUseImage[] {
  return images.flatMap((used) => {
    if (!('reference' in used.image) || used.image.reference.digest !== undefined) return [used];
    const others = otherReferences(used.image.reference, aliases, mirrors);
    return [used, ...others.map((other): InUseImage => ({ image: { reference: other }, source: used.source }))];
  });
}

/**
 * What a mirror stands for has other names too, and may be under another mirror. On the way to a name no mirror is gone through twice, so
 * that mirrors of each other come to an end.
 */
function otherReferences(written: Reference, aliases: Aliases, mirrors: readonly Mirror[]): Reference[] {
  const others: Reference[] = [];
  const seen = new Set([nameOf(written), nameOf({ ...written, host: written.host ?? HUB })]);
  const pending: { readonly reference: Reference; readonly left: readonly Mirror[] }[] = [{ reference: written, left: mirrors }];
  const isNew = (reference: Reference): boolean => seen.size < seen.add(nameOf(reference)).size;
  // A list grows while it is walked: what is added is visited too.
  for (const { reference, left } of pending) {
    const aliased = aliasesIn(reference, aliases);
    others.push(...aliased.filter(isNew));
    for (const mirror of left) {
      const mapped = [reference, ...aliased].flatMap((name) => mirrored(mirror, name) ?? []).filter(isNew);
      others.push(...mapped);
      for (const other of mapped) pending.push({ reference: other, left: left.filter((one) => one !== mirror) });
    }
  }
  return others;
}

function aliasesIn(reference: Reference, aliases: Aliases): Reference[] {
  const { host, ...rest } = reference;
  const named = aliases({ host: host ?? HUB, path: reference.repository }).map((name) => ({ ...rest, ...asReference(name) }));
  // Without a host a runtime means Docker Hub; whoever wrote the text may have left out any other.
  const paths = host === undefined ? new Set(named.map(({ repository }) => repository)) : [];
  return [...named, ...[...paths].filter((path) => path !== reference.repository).map((path) => ({ ...rest, repository: path }))];
}

function asReference({ host, path }: ImageName): Pick<Reference, 'host' | 'repository'> {
  return { host, repository: path };
}

function nameOf({ host = '', repository }: Reference): string {
  return `${host}/${repository}`;
}
