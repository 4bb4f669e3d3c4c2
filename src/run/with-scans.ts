import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Registry } from '../registry/registry.ts';

/** The images whose scans have to be read one by one; undefined where no rule asks about scans. */
export type WantedScans = (inventory: RepositoryInventory, areListed: boolean) => readonly Digest[] | undefined;

/** An inventory, and why the scans of its images could not be read. */
interface Scanned {
  readonly inventory: RepositoryInventory;
  readonly error?: ToolError;
}

/**
 * Adds what the registry tells of the scans of single images. Where they cannot be read the inventory is not complete, so that nothing is
 * deleted in it: a rule may not select what it should, and the one below it delete that.
 */
export async function withScans(
  { scans }: Pick<Registry, 'scans'>,
  inventory: RepositoryInventory,
  wanted: WantedScans,
  signal: AbortSignal,
): Promise<Scanned> {
  const digests = scans && wanted(inventory, scans.areListed);
  if (!digests) return { inventory };
  const { repository, manifests, problems = [] } = inventory;
  let { capabilities } = inventory;
  try {
    capabilities = { ...capabilities, ...(await scans.capabilities(signal)) };
    if (!capabilities.vulnerability || digests.length === 0) return { inventory: { ...inventory, capabilities } };
    const found = await scans.read(repository, digests, signal);
    return { inventory: { ...inventory, capabilities, manifests: manifests.map((one) => ({ ...one, ...found.get(one.digest) })) } };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ToolError)) throw error;
    return { inventory: { ...inventory, capabilities, complete: false, problems: [...problems, error.message] }, error };
  }
}
