import { registryErrorText } from '../../http/registry-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { RepositoryInventory } from '../../domain/inventory.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject, asText, type JsonObject, parseJsonObject } from '../../domain/json.ts';
import { ACR_HOST } from './host.ts';

export interface ResourcePoliciesOptions {
  readonly http: HttpClient;
  /** The registry's name, for messages. */
  readonly name: string;
  /** Base URL of the registry. */
  readonly url: string;
  /** `/subscriptions/…/registries/NAME` */
  readonly resourceId: string;
  /** Base URL of Azure Resource Manager. */
  readonly management: string;
  /** For Azure Resource Manager. */
  readonly token: () => Promise<string>;
}

/** For how many days each policy is set; absent where it is switched off. */
export interface PolicyDays {
  /** What is deleted can be restored for so long. */
  readonly softDelete?: number;
  /** Untagged manifests are deleted after so long. */
  readonly untagged?: number;
}

/** What the policies of a registry mean for each of its repositories. */
type Said = Pick<RepositoryInventory, 'recoverableDays' | 'notes'>;

/** The stable versions of the API leave the soft delete policy out, which is in preview itself. */
const API_VERSION = '2023-11-01-preview';
const MAX_BYTES = 1024 * 1024;

/**
 * What happens to deleted and untagged images. That is a setting of the Azure resource that a registry is (Microsoft.ContainerRegistry,
 * `properties.policies`), which the registry's own API does not tell. Reading it takes the permission
 * `Microsoft.ContainerRegistry/registries/read`, and it is read once.
 */
export class ResourcePolicies {
  readonly #options: ResourcePoliciesOptions;
  #days: Promise<PolicyDays> | undefined;

  constructor(options: ResourcePoliciesOptions) {
    this.#options = options;
  }

  /** What cannot be read is not known: a note says so, and nothing fails for it. Throws the signal's reason. */
  async read(signal?: AbortSignal): Promise<Said> {
    try {
      return said(await this.days(signal), this.#options.name);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      return { notes: [`Whether what is deleted can be restored is not known. ${error.message} ${error.hint}`] };
    }
  }

  /** Throws the errors of the identity and of Azure Resource Manager, each time the first one, and the signal's reason. */
  days(signal?: AbortSignal): Promise<PolicyDays> {
    this.#days ??= this.#read(signal);
    return this.#days;
  }

  async #read(signal: AbortSignal | undefined): Promise<PolicyDays> {
    const doing = `read the policies of the registry ${this.#options.name}`;
    const policies = await this.#policies(doing, signal);
    const softDelete = daysOf(policies, 'softDeletePolicy', 'retentionDays', doing);
    const untagged = daysOf(policies, 'retentionPolicy', 'days', doing);
    return { ...(softDelete !== undefined && { softDelete }), ...(untagged !== undefined && { untagged }) };
  }

  async #policies(doing: string, signal: AbortSignal | undefined): Promise<JsonObject> {
    const { http, url, resourceId, management, token } = this.#options;
    const headers = { authorization: `Bearer ${await token()}`, accept: 'application/json' };
    const asked = `${management}${encodeURI(resourceId)}?api-version=${API_VERSION}`;
    const response = await http.request({ method: 'GET', url: asked, headers, maxBytes: MAX_BYTES, ...(signal && { signal }) });
    if (response.status !== 200) {
      throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Azure Resource Manager answered ${registryErrorText(response)}.`, {
        hint: 'The identity needs the role Reader on the registry, and "acr.resourceId" must be its id.',
      });
    }
    const properties = asObject(parseJsonObject(response.body)?.['properties']);
    const policies = asObject(properties?.['policies']);
    if (!policies) throw badAnswer(doing, 'the answer of Azure Resource Manager names no policies');
    const { hostname } = new URL(url);
    const loginServer = asText(properties?.['loginServer']) ?? '';
    // The policies of another registry would promise what this one does not keep. A regional endpoint begins with the name of the registry
    // too, and a custom host name tells nothing.
    if (ACR_HOST.test(hostname) && loginServer.toLowerCase().split('.')[0] !== hostname.split('.')[0]) {
      throw new ToolError(
        'CONFIG_INVALID',
        `Cannot ${doing}: "acr.resourceId" is the id of the registry ${loginServer}, and not of ${hostname}.`,
        { hint: 'Correct it in the config.' },
      );
    }
    return policies;
  }
}

function said({ softDelete, untagged }: PolicyDays, name: string): Said {
  const when = untagged === 0 ? 'as soon as they lose' : `${untagged === 1 ? '1 day' : `${untagged} days`} after they lost`;
  return {
    ...(softDelete !== undefined && { recoverableDays: softDelete }),
    // It leaves out manifests of the OCI types (container-registry-retention-policy.md).
    ...(untagged !== undefined && {
      notes: [`The registry ${name} itself deletes manifests of Docker's media types ${when} their last tag, by its retention policy.`],
    }),
  };
}

/** The days of a policy that is switched on. */
function daysOf(policies: JsonObject, policy: string, field: string, doing: string): number | undefined {
  const json = asObject(policies[policy]);
  if (json?.['status'] !== 'enabled') return undefined;
  const days = json[field];
  if (typeof days === 'number' && Number.isSafeInteger(days) && days >= 0) return days;
  throw badAnswer(doing, `its ${policy} is switched on, and does not say for how many days`);
}
