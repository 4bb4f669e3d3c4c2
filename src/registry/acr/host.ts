/**
 * Hosts of registries in the global cloud, China and the US government's; also with a label after the registry's name
 * (`team-abc123.azurecr.io`) or of a regional endpoint.
 */
export const ACR_HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/;

interface Cloud {
  readonly pattern: RegExp;
  readonly authority: string;
  readonly management: string;
  /** Audiences that its registries may want of tokens, the likeliest first. */
  readonly audiences: readonly string[];
}

/** The audience of registries in the global cloud (fluxcd/pkg, auth/azure), and perhaps in the others. */
export const REGISTRIES = 'https://containerregistry.azure.net';

/**
 * In the sovereign clouds, programs differ: some ask for that cloud's own name of the audience, the Azure SDK's client for registries for
 * Azure Resource Manager. A token for Resource Manager works for most registries, but not for those that have
 * `azureADAuthenticationAsArmPolicy` switched off.
 */
const CLOUDS: readonly Cloud[] = [
  {
    pattern: /\.azurecr\.cn$/,
    authority: 'https://login.chinacloudapi.cn',
    management: 'https://management.chinacloudapi.cn',
    audiences: ['https://containerregistry.azure.cn', REGISTRIES, 'https://management.chinacloudapi.cn'],
  },
  {
    pattern: /\.azurecr\.us$/,
    authority: 'https://login.microsoftonline.us',
    management: 'https://management.usgovcloudapi.net',
    audiences: ['https://containerregistry.azure.us', REGISTRIES, 'https://management.usgovcloudapi.net'],
  },
];

/**
 * Where identities log in in the cloud of a registry. Undefined for the global cloud, and for a custom host name, which does not tell the
 * cloud. `hostname` is lower case and without a port.
 */
export function authorityOf(hostname: string): string | undefined {
  return CLOUDS.find(({ pattern }) => pattern.test(hostname))?.authority;
}

/** The address of Azure Resource Manager in the cloud of a registry. For a custom host name, that of the global cloud. */
export function managementOf(hostname: string): string {
  return CLOUDS.find(({ pattern }) => pattern.test(hostname))?.management ?? 'https://management.azure.com';
}

/**
 * The audiences of tokens for a registry, to be tried in turn. A custom host name does not tell the cloud, and then the authority where
 * identities log in may (AZURE_AUTHORITY_HOST).
 */
export function audiencesOf(hostname: string, authority: string | undefined): readonly string[] {
  const loginHost = authority === undefined ? undefined : authority.replace(/^https:\/\//, '').replace(/\/.*$/s, '');
  const cloud =
    CLOUDS.find(({ pattern }) => pattern.test(hostname)) ??
    (ACR_HOST.test(hostname) ? undefined : CLOUDS.find((one) => one.authority === `https://${loginHost}`));
  return cloud?.audiences ?? [REGISTRIES];
}
