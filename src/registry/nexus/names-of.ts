import type { NexusClient } from './client.ts';
import type { HostedSettings, NexusRepositories } from './nexus-repositories.ts';
import type { Place } from './routing.ts';

/**
 * Every name, `host/path`, under which a runtime may pull an image: by the path of its repository and by the port and subdomain that are
 * set for it, and the same of each group that shows it; undefined where these credentials may not see how they are set up. What a proxy
 * before Nexus makes of them, nobody but the config can tell.
 */
export async function namesOf(
  client: NexusClient,
  repositories: NexusRepositories,
  { hosted, image }: Place,
  settings: HostedSettings | undefined,
): Promise<readonly string[] | undefined> {
  const groups = await repositories.groupsOf(hosted);
  if (!settings || !groups) return undefined;
  const urls = [client.url, client.api].map((url) => new URL(url));
  const names = [{ ...settings, name: hosted.name }, ...groups].flatMap(({ name, ports, subdomain }) =>
    urls.flatMap(({ host, hostname }) => [
      `${host}/${name}/${image}`,
      ...ports.map((port) => `${hostname}:${port}/${image}`),
      ...(subdomain === undefined ? [] : [`${subdomain}.${host}/${image}`]),
    ]),
  );
  return [...new Set(names)];
}
