import { parseChallenges } from '../../auth/challenge.ts';
import type { DanglingTag } from '../../domain/inventory.ts';
import type { OciClient } from '../../distribution/client.ts';
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
 * What to tell of a listed tag whose manifest is not there, and what to do about it: its last words are a command. `takesOff`: how
 * it lets somebody in, where the registry takes a single tag off. Otherwise it may be distribution 2, which has no request that does so.
 */
export function danglingProblem(client: OciClient, repository: string, { tag, digest }: DanglingTag, takesOff: Login | undefined): string {
  const manifest = digest === undefined ? 'its manifest' : `the manifest ${digest} that it points to`;
  const remedy = takesOff
    ? `or take it off: ${takeOff(client.url, repository, tag, takesOff)}`
    : `or push it again, or, on Docker's registry 2 (distribution), remove the tag from the storage, where ROOT is its root directory: ` +
      `rm -r ROOT/docker/registry/v2/repositories/${repository}/_manifests/tags/${tag}`;
  return (
    `The tag ${client.label(repository, tag)} is listed, but ${manifest} is not there. ` +
    `Go on without it, by danglingTags: ignore in the policy, ${remedy}`
  );
}

function takeOff(url: string, repository: string, tag: string, login: Login): string {
  const manifest = `${url}/v2/${repository}/manifests/${tag}`;
  // Only a program that fetches a token can do this; curl cannot.
  if (login === 'token')
    return `crane delete ${url.startsWith('http:') ? '--insecure ' : ''}${url.replace(/^https?:\/\//, '')}/${repository}:${tag}`;
  return `curl ${login === 'basic' ? '-u USER ' : ''}-X DELETE ${manifest}`;
}
