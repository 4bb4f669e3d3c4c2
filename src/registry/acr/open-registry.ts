import type { Registry } from '../registry.ts';
import { type AcrRegistryOptions, createAcrRegistry } from './create-registry.ts';
import { type AcrSendOptions, createSend } from './create-send.ts';
import { createEntraToken } from './entra-token.ts';

export interface OpenAcrOptions extends Omit<AcrRegistryOptions, 'send'>, Pick<AcrSendOptions, 'http' | 'credentials'> {
  /** Where AZURE_AUTHORITY_HOST is looked for. The Azure SDK itself reads the process's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A registry with the way to log in to it: as the credentials say, else as the Entra identity of this machine. */
export function openAcrRegistry({ http, credentials, env, ...options }: OpenAcrOptions): Registry {
  const { name, url } = options;
  const entraToken = createEntraToken(name, url, env);
  return createAcrRegistry({ ...options, send: createSend({ http, name, url, credentials, entraToken }) });
}
