import { ToolError } from '../../diagnostics/tool-error.ts';
import { askBeside, type Beside } from '../beside.ts';
import type { PolicyDays, ResourcePolicies } from './resource-policies.ts';

/**
 * What ACR does by itself: the retention policy for untagged manifests, and soft delete. Both are settings of the Azure resource, which
 * the registry does not tell: they take `acr.resourceId` in the config, and `Microsoft.ContainerRegistry/registries/read`.
 */
export async function readBeside(name: string, policies: ResourcePolicies | undefined): Promise<readonly Beside[]> {
  const days = async (doing: string): Promise<PolicyDays> => {
    if (policies) return policies.days();
    throw new ToolError('CONFIG_INVALID', `Cannot ${doing}: the config does not say which Azure resource it is.`, {
      hint: 'Say "acr.resourceId" in the config: az acr show -n REGISTRY --query id -o tsv.',
    });
  };
  const what = `the policies of the registry ${name}`;
  return Promise.all([
    askBeside({ check: 'retention', what, ask: async (doing) => retention(name, await days(doing)) }),
    askBeside({ check: 'garbage', what, ask: async (doing) => softDelete(name, await days(doing)) }),
  ]);
}

function retention(name: string, { untagged }: PolicyDays): Omit<Beside, 'check'> {
  if (untagged === undefined) return { state: 'ok', message: `${name} has no retention policy for untagged manifests` };
  const when = `${untagged} days after they lost their last tag`;
  return {
    state: 'warning',
    message: `ACR itself deletes manifests of Docker's media types ${when}, by its retention policy`,
    next: 'Let one of the two decide: az acr config retention update -r REGISTRY --type UntaggedManifests --status disabled.',
  };
}

function softDelete(name: string, { softDelete: days }: PolicyDays): Omit<Beside, 'check'> {
  if (days === undefined) return { state: 'ok', message: `${name} keeps nothing that is deleted (no soft delete)` };
  return {
    state: 'warning',
    message: `what is deleted is kept and billed for ${days} days more, by soft delete`,
    next: 'Space comes back only then; until then, restore with az acr manifest restore.',
  };
}
