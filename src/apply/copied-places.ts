import type { CopyPlace } from '../copy/copy-place.ts';
import type { CopyLine } from '../documents/journal.ts';
import type { Digest } from '../domain/digest.ts';
import type { Registry } from '../registry/registry.ts';

/** A place that images were copied to. */
export interface CopiedPlace extends CopyPlace {
  /** `cold/archive/team/app` */
  readonly name: string;
}

/** Where each manifest of one repository was copied to, as a journal tells, as far as these registries are at hand. */
export function copiedPlaces(copies: Iterable<CopyLine>, registries: ReadonlyMap<string, Registry>): Map<Digest, CopiedPlace[]> {
  const found = new Map<Digest, CopiedPlace[]>();
  for (const { digest, parts, to } of copies) {
    const store = registries.get(to.registry)?.content;
    if (!store) continue;
    const place = { store, repository: to.repository, name: `${to.registry}/${to.repository}` };
    for (const one of [digest, ...parts]) found.set(one, [...(found.get(one) ?? []), place]);
  }
  return found;
}
