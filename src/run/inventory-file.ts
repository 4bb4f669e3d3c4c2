import { setImmediate } from 'node:timers/promises';
import { type InventoryReading, openInventory } from '../documents/inventory-source.ts';
import { nameText } from '../domain/image-name.ts';
import { repositoryNames } from '../domain/repository-names.ts';
import { compileGlobs } from '../policy/glob.ts';
import type { RepositoryRead } from './read-repositories.ts';
import { inShard, type Shard } from './scope.ts';

/**
 * The repositories of an inventory file. With `words`, only those that the words mean: registries, repositories by each of their names, or
 * globs over `registry/repository` and over these names. `onEnd` is called last, with what the file says of itself.
 */
export async function* repositoriesInFile(
  file: string,
  words: readonly string[],
  shard: Shard | undefined,
  { signal, blobs }: Required<InventoryReading>,
  onEnd: (head: { readonly takenAt: string; readonly partial: boolean }) => void,
): AsyncGenerator<RepositoryRead> {
  const globs = compileGlobs(words.filter((word) => /[*?[{]/.test(word)));
  const { repositories, head } = await openInventory(file, { signal, blobs });
  for await (const inventory of repositories) {
    // A turn for the signals that stop the program, and for the garbage of what was planned already.
    await setImmediate();
    signal.throwIfAborted();
    const { registry, repository } = inventory;
    const titles = [`${registry}/${repository}`, ...repositoryNames(inventory).map(nameText)];
    const meant = words.length === 0 || words.includes(registry) || titles.some((title) => words.includes(title) || globs(title));
    if (meant && inShard(shard, registry, repository)) yield { inventory, wasRead: true };
  }
  onEnd(head());
}
