import { HarborError } from './reply.ts';
import type { HarborStore } from './store.ts';

/** What one deletion takes away; nothing is taken before all of it is known to be allowed, as in one transaction. */
class Deletion {
  readonly artifacts = new Set<number>();
  readonly tags = new Set<number>();
  readonly references = new Set<object>();
  readonly accessories = new Set<object>();
}

/**
 * Deletes an artifact as Harbor does (src/controller/artifact/controller.go, `deleteDeeply`): refused while an index holds it or a tag of
 * it is immutable; along go what is attached to it, and the children that have neither tag nor another index.
 */
export function deleteDeeply(store: HarborStore, id: number): void {
  const deletion = new Deletion();
  visit(store, deletion, id, true, store.isAccessory(id));
  for (const artifact of deletion.artifacts) store.artifacts.delete(artifact);
  for (const tag of deletion.tags) store.tags.delete(tag);
  keep(store.references, (reference) => !deletion.references.has(reference) && !deletion.artifacts.has(reference.parentId));
  keep(store.accessories, (accessory) => !deletion.accessories.has(accessory));
}

function visit(store: HarborStore, deletion: Deletion, id: number, isRoot: boolean, isAccessory: boolean): void {
  if (!store.artifacts.has(id) || deletion.artifacts.has(id)) return;
  const tags = store.tagsOn(id);
  if (!isRoot && tags.length > 0) return;
  if (holders(store, deletion, id).length > 0) {
    if (isRoot) throw new HarborError('VIOLATE_FOREIGN_KEY_CONSTRAINT', 'the deleting artifact is referenced by others');
    return;
  }
  if (isAccessory) for (const accessory of store.accessories) if (accessory.artifactId === id) deletion.accessories.add(accessory);
  for (const { artifactId } of store.accessories.filter(({ subjectId }) => subjectId === id)) {
    visit(store, deletion, artifactId, holders(store, deletion, artifactId).length === 0, true);
  }
  for (const reference of store.references.filter(({ parentId }) => parentId === id)) {
    deletion.references.add(reference);
    visit(store, deletion, reference.childId, false, store.isAccessory(reference.childId));
  }
  if (isRoot) {
    for (const tag of tags) {
      if (store.isImmutable(tag)) throw new HarborError('PRECONDITION', `the tag ${tag.name} configured as immutable, cannot be deleted`);
      deletion.tags.add(tag.id);
    }
  }
  deletion.artifacts.add(id);
}

function holders(store: HarborStore, deletion: Deletion, id: number): object[] {
  return store.references.filter((reference) => reference.childId === id && !deletion.references.has(reference));
}

function keep<T>(list: T[], wanted: (entry: T) => boolean): void {
  list.splice(0, list.length, ...list.filter(wanted));
}
