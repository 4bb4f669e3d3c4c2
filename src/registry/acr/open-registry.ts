import type { Registry } from '../registry.ts';
import { type AcrRegistryOptions, createAcrRegistry } from './create-registry.ts';
import { type AcrSendOptions, createSend } from './create-send.ts';
import { createEntraToken } from './entra-token.ts';
import { audiencesOf, managementOf } from './host.ts';
import { ResourcePolicies } from './resource-policies.ts';

export interface OpenAcrOptions
  extends Omit<AcrRegistryOptions, 'send' | 'isAnonymous' | 'policies'>, Pick<AcrSendOptions, 'http' | 'credentials'> {
  /** Where AZURE_AUTHORITY_HOST is looked for. The Azure SDK itself reads the process's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The Azure resource that the registry is, `/subscriptions/…`, whose policies are read. */
  readonly resourceId?: string;
}

/** A registry with the way to log in to it: as the credentials say, else as the Entra identity of this machine. */
export function openAcrRegistry({ http, credentials, env, resourceId, ...options }: OpenAcrOptions): Registry {
  const { name, url } = options;
  const entraToken = createEntraToken(name, url, env);
  const { hostname } = new URL(url);
  const audiences = audiencesOf(hostname, env['AZURE_AUTHORITY_HOST']);
  let anonymous = false;
  const send = createSend({ http, name, url, credentials, entraToken, audiences, onAnonymous: () => (anonymous = true) });
  const isAnonymous = (): boolean => anonymous;
  if (resourceId === undefined) return createAcrRegistry({ ...options, send, isAnonymous });
  const management = managementOf(hostname);
  const policies = new ResourcePolicies({
    http,
    name,
    url,
    resourceId,
    management,
    token: () => entraToken(management),
  });
  return createAcrRegistry({ ...options, send, isAnonymous, policies });
}
