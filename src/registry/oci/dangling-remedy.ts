import { parseChallenges } from '../../auth/challenge.ts';
import type { Ping } from '../../distribution/ping.ts';

/** How a registry lets somebody in who may delete: that decides which command does so. */
export type Login = 'none' | 'basic' | 'token';

/** What a registry demands of somebody who brings nothing. */
export async function loginOf(ping: Ping): Promise<Login> {
  const { status, headers } = await ping();
  const schemes = status === 401 ? parseChallenges(headers['www-authenticate'] ?? '').map(({ scheme }) => scheme) : [];
  return schemes.includes('basic') ? 'basic' : schemes.includes('bearer') ? 'token' : 'none';
}

/**
 * What to do about a listed tag whose manifest is not there, with a command at its end. `takesOff`: how the registry lets somebody in,
 * where it takes a single tag off. Otherwise it may be distribution 2, which has no request that does so.
 */
export function danglingRemedy(url: string, repository: string, tag: string, takesOff: Login | undefined): string {
  if (takesOff) return `or take it off: ${takeOff(url, repository, tag, takesOff)}`;
  return (
    `or push it again, or, on Docker's registry 2 (distribution), remove the tag from the storage, where ROOT is its root directory: ` +
    `rm -r ROOT/docker/registry/v2/repositories/${repository}/_manifests/tags/${tag}`
  );
}

function takeOff(url: string, repository: string, tag: string, login: Login): string {
  const manifest = `${url}/v2/${repository}/manifests/${tag}`;
  // Only a program that fetches a token can do this; curl cannot.
  if (login === 'token')
    return `crane delete ${url.startsWith('http:') ? '--insecure ' : ''}${url.replace(/^https?:\/\//, '')}/${repository}:${tag}`;
  return `curl ${login === 'basic' ? '-u USER ' : ''}-X DELETE ${manifest}`;
}
