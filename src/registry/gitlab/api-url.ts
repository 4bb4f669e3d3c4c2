import { demandOf } from '../../auth/scheme.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Ping, tellingAnswer } from '../../distribution/ping.ts';

/** Where GitLab gives out the tokens of its registry (gitlab-org/gitlab, config/routes.rb). */
const TOKEN_PATH = '/jwt/auth';

/**
 * The URL of the GitLab that a registry belongs to, without a final slash. The registry has a host of its own, and names the GitLab as its
 * token server. Throws `AUTH` for a token server that must not get credentials, and `CONFIG_INVALID` where none is named.
 */
export async function readApiUrl(ping: Ping, registryUrl: string): Promise<string> {
  const scheme = demandOf(await tellingAnswer(ping, registryUrl), new URL(registryUrl))?.scheme;
  const realm = scheme?.kind === 'bearer' ? scheme.realm : undefined;
  if (realm?.pathname.endsWith(TOKEN_PATH)) return `${realm.origin}${realm.pathname.slice(0, -TOKEN_PATH.length)}`;
  throw new ToolError('CONFIG_INVALID', `The registry at ${registryUrl} does not name the GitLab that it belongs to.`, {
    hint: 'Say which it is in the config: gitlab: { url: https://gitlab.example.com }.',
  });
}
