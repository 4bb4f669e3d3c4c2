/** Hosts of registries: global, China, US government; also of a registry with a name label of its own (`team-abc123.azurecr.io`) or behind a regional endpoint. */
export const ACR_HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/;

const CLOUDS: readonly { readonly pattern: RegExp; readonly authority: string; readonly management: string }[] = [
  { pattern: /\.azurecr\.cn$/, authority: 'https://login.chinacloudapi.cn', management: 'https://management.chinacloudapi.cn' },
  { pattern: /\.azurecr\.us$/, authority: 'https://login.microsoftonline.us', management: 'https://management.usgovcloudapi.net' },
];

/**
 * Where identities of the cloud that a registry is in log in; undefined for the global cloud, and for a host under a name of its own, which does not say. `hostname`
 * is lower case and without a port.
 */
export function authorityOf(hostname: string): string | undefined {
  return CLOUDS.find(({ pattern }) => pattern.test(hostname))?.authority;
}

/** Where the Azure resources of the cloud that a registry is in are managed (Azure Resource Manager); that of the global cloud for a host under a name of its own. */
export function managementOf(hostname: string): string {
  return CLOUDS.find(({ pattern }) => pattern.test(hostname))?.management ?? 'https://management.azure.com';
}
