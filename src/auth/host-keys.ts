import { canonicalHost, HUB } from './docker-hub.ts';

/** Under which key Docker keeps the credentials of Docker Hub (docker/cli, registry.IndexServer). */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** The server name that a credential helper is asked for: the host as the auth file writes it. Docker Hub has one fixed key. */
export function helperServer(host: string, keys: readonly string[]): string {
  return host === HUB ? DOCKER_HUB_KEY : (matchingKeys(keys, host, undefined)[0] ?? host);
}

/**
 * The keys of an auth file that apply to a repository of a host, the most specific first. Docker writes `host`, `https://host` or
 * `https://host/v1/` (docker/cli, credentials.ConvertToHostname); Podman writes `host`, `host/namespace` or `host/namespace/repository`
 * (containers-auth.json(5)).
 */
export function matchingKeys(keys: readonly string[], host: string, repository: string | undefined): string[] {
  const wanted = [host];
  for (const part of repository?.split('/') ?? []) wanted.unshift(`${wanted[0]}/${part}`);
  return wanted.flatMap((name) => keys.filter((key) => place(key) === name).toSorted((a, b) => Number(b === name) - Number(a === name)));
}

/** What a key stands for: `host` or `host/namespace`. */
function place(key: string): string {
  const web = /^https?:\/\/([^/]+)/i.exec(key);
  const [host = '', ...path] = (web?.[1] ?? key.replace(/\/(v[12]\/?)?$/, '')).split('/');
  return [canonicalHost(host), ...path].join('/');
}
