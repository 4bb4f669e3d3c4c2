import * as z from 'zod';
import { parseChallenges } from '../../auth/challenge.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { RegistryType } from '../registry-type.ts';

/** Where Gitea itself is, if that is not the root of the registry's host. */
const GiteaSettings = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'not the URL of a Gitea, such as https://example.com/git' }).optional(),
});

/** The container registry of Gitea and Forgejo, which run on any host. */
export const giteaType: RegistryType = {
  name: 'gitea',
  settings: { key: 'gitea', schema: GiteaSettings },
  recognises: isGitea,
  open: async ({ name, url, settings, http, send, credentials, concurrency, cache }) => {
    const apiUrl = GiteaSettings.parse(settings ?? {}).url?.replace(/\/+$/, '');
    const { createGiteaRegistry } = await import('./create-registry.ts');
    // Twice as many manifests as requests: while one is decoded, another is fetched.
    return createGiteaRegistry({ name, url, apiUrl, http, send, credentials, concurrency: 2 * concurrency, ...(cache && { cache }) });
  },
};

/** Its token server is at `/v2/token`, for the service `container_registry` (routers/api/packages/container/container.go). */
function isGitea(ping: HttpResponse): boolean {
  if (ping.status !== 401) return false;
  return parseChallenges(ping.headers['www-authenticate'] ?? '').some(
    ({ parameters: { realm = '', service } }) =>
      service === 'container_registry' && URL.canParse(realm) && new URL(realm).pathname === '/v2/token',
  );
}
