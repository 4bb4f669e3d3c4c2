/**
 * GitHub's own hosts: ghcr.io, and `containers.NAME.ghe.com` of Enterprise Cloud with data residency (docs.github.com, "Network details for
 * GHE.com").
 */
export const GHCR_HOST = /^(?:ghcr\.io|containers\.[a-z0-9-]+\.ghe\.com)$/;

/**
 * Base URL of the REST API that belongs to a registry, without a final slash; undefined where its host does not tell. The registry of a
 * GitHub Enterprise Server is at `containers.HOST`, and its API at `HOST/api/v3` (docs.github.com, "Enabling GitHub Packages with subdomain
 * isolation").
 */
export function apiOf(url: string): string | undefined {
  const { protocol, hostname, host } = new URL(url);
  if (hostname === 'ghcr.io') return 'https://api.github.com';
  if (!hostname.startsWith('containers.')) return undefined;
  const server = host.slice('containers.'.length);
  return GHCR_HOST.test(hostname) ? `${protocol}//api.${server}` : `${protocol}//${server}/api/v3`;
}
