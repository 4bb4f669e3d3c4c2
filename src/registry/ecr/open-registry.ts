import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Registry } from '../registry.ts';
import { unavailableRegistry } from '../unavailable.ts';
import { accountOf, askAccount, regionOf } from './connect.ts';
import { createEcrRegistry, type EcrRegistryOptions } from './create-registry.ts';

/**
 * A private registry. Where neither host nor config tells its account, ECR is asked which one the credentials mean, and from then on every
 * call names it; a note of each inventory tells it. If that cannot be found out, the registry that is given back answers everything with
 * that error. Throws `CONFIG_INVALID` as {@link createEcrRegistry} does.
 */
export async function openEcrRegistry(options: EcrRegistryOptions): Promise<Registry> {
  const region = regionOf(options);
  if (accountOf(options) !== undefined) return createEcrRegistry(options);
  const { name, url } = options;
  let account: string;
  try {
    account = await askAccount(options);
  } catch (error) {
    if (error instanceof ToolError) return unavailableRegistry(name, url, error);
    throw error;
  }
  const registry = createEcrRegistry({ ...options, account });
  const note =
    `The registry ${name} is that of the account ${account} in ${region}, which its credentials mean. ` +
    'Say "ecr.account" in the config, so that no other is ever taken for it.';
  return {
    ...registry,
    inventory: async (repository, asked) => {
      const inventory = await registry.inventory(repository, asked);
      return { ...inventory, notes: [...(inventory.notes ?? []), note] };
    },
  };
}
