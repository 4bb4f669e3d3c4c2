/** Hosts of registries: global, China, US government; also of a registry with a name label of its own (`team-abc123.azurecr.io`) or behind a regional endpoint. */
export const ACR_HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/;

const AUTHORITIES: readonly { readonly pattern: RegExp; readonly url: string }[] = [
  { pattern: /\.azurecr\.cn$/, url: 'https://login.chinacloudapi.cn' },
  { pattern: /\.azurecr\.us$/, url: 'https://login.microsoftonline.us' },
];

/**
 * Where identities of the cloud that a registry is in log in; undefined for the global cloud, and for a host under a name of its own, which does not say. `hostname`
 * is lower case and without a port.
 */
export function authorityOf(hostname: string): string | undefined {
  return AUTHORITIES.find(({ pattern }) => pattern.test(hostname))?.url;
}
