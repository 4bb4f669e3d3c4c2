import * as z from 'zod';
import { parseChallenges } from '../../auth/challenge.ts';
import { apiEndpoint } from '../../config/api-endpoint.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { RegistryType } from '../registry-type.ts';
import { GHCR_HOST } from './host.ts';

/** The owners whose packages are listed where nothing else names one, and where GitHub's REST API is, if the host does not tell it. */
const GhcrSettings = z.strictObject({
  owners: z
    .array(z.string().regex(/^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/, { error: 'not the name of an organization or user, in lower case' }))
    .min(1)
    .optional(),
  endpoint: apiEndpoint.optional(),
});

/** GitHub's container registry: ghcr.io, that of Enterprise Cloud with data residency, and that of any GitHub Enterprise Server. */
export const ghcrType: RegistryType = {
  name: 'ghcr',
  hosts: GHCR_HOST,
  settings: { key: 'ghcr', schema: GhcrSettings },
  recognises: isGitHub,
  open: async ({ name, url, settings, http, ping, credentials, env, concurrency, cache, waits }) => {
    const { owners, endpoint } = GhcrSettings.parse(settings ?? {});
    const { createGhcrRegistry } = await import('./create-registry.ts');
    return createGhcrRegistry({
      name,
      url,
      http,
      ping,
      credentials,
      env,
      ...(owners && { owners }),
      ...(endpoint !== undefined && { endpoint }),
      ...(cache && { cache }),
      ...(waits && { waits }),
      // Twice as many manifests as requests: while one is decoded, another is fetched.
      concurrency: 2 * concurrency,
    });
  },
};

/** GitHub numbers its answers (`X-GitHub-Request-Id`), and gives tokens at `/token` of the registry itself. */
function isGitHub(ping: HttpResponse): boolean {
  if (ping.status !== 401 || ping.headers['x-github-request-id'] === undefined) return false;
  return parseChallenges(ping.headers['www-authenticate'] ?? '').some(({ parameters: { realm = '' } }) => {
    return URL.canParse(realm) && new URL(realm).pathname === '/token';
  });
}
