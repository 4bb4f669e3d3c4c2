import * as z from 'zod';
import { parseChallenges } from '../../auth/challenge.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { RegistryType } from '../registry-type.ts';

/** Where GitLab itself is, if its registry does not name it, and what is listed where nothing else names a repository. */
const GitlabSettings = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'not the URL of a GitLab, such as https://gitlab.example.com' }).optional(),
  groups: z
    .array(
      z.string().regex(/^[a-z0-9_][\w.-]*(?:\/[a-z0-9_][\w.-]*)*$/i, { error: 'not the path of a group or project, such as team/backend' }),
    )
    .min(1)
    .optional(),
});

/** The container registry of GitLab.com, and of a GitLab that runs on any host. */
export const gitlabType: RegistryType = {
  name: 'gitlab',
  hosts: /^registry\.gitlab\.com$/,
  settings: { key: 'gitlab', schema: GitlabSettings },
  recognises: isGitlab,
  open: async ({ name, url, settings, http, ping, send, credentials, concurrency, cache }) => {
    const { url: apiUrl, groups = [] } = GitlabSettings.parse(settings ?? {});
    const { createGitlabRegistry } = await import('./create-registry.ts');
    // Twice as many manifests as requests: while one is decoded, another is fetched.
    return createGitlabRegistry({
      name,
      url,
      http,
      ping,
      send,
      credentials,
      apiUrl: apiUrl?.replace(/\/+$/, ''),
      groups,
      concurrency: 2 * concurrency,
      ...(cache && { cache }),
    });
  },
};

/**
 * GitLab's registry names itself in a header, or names the GitLab as its token server: its service is `container_registry`, and its path
 * ends with `/jwt/auth` (gitlab-org/container-registry, "Custom Headers on GET /v2/"; gitlab-org/gitlab, config/routes.rb).
 */
function isGitlab(ping: HttpResponse): boolean {
  if (ping.headers['gitlab-container-registry-version'] !== undefined) return true;
  if (ping.status !== 401) return false;
  return parseChallenges(ping.headers['www-authenticate'] ?? '').some(
    ({ parameters: { realm = '', service } }) =>
      service === 'container_registry' && URL.canParse(realm) && new URL(realm).pathname.endsWith('/jwt/auth'),
  );
}
