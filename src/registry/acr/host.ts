/**
 * Hosts of registries in the global cloud, China and the US government's; also with a label after the registry's name
 * (`team-abc123.azurecr.io`) or of a regional endpoint.
 */
export const ACR_HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/;

const CLOUDS: readonly { readonly pattern: RegExp; readonly authority: string; readonly management: string }[] = [
  { pattern: /\.azurecr\.cn$/, authority: 'https://login.chinacloudapi.cn', management: 'https://management.chinacloudapi.cn' },
  { pattern: /\.azurecr\.us$/, authority: 'https://login.microsoftonline.us', management: 'https://management.usgovcloudapi.net' },
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
