import { parseChallenges } from '../../auth/challenge.ts';
import { canonicalHost, HUB } from '../../auth/docker-hub.ts';
import type { HttpResponse } from '../../http/http-client.ts';

/** How it is known whether a registry takes a single tag off, and no other tag of its manifest with it. */
type TagDeletionBy = 'known' | 'features';

/** What is known of the program that answers as a plain registry, where its host or its answer tells which it is. */
export interface Software {
  readonly title: string;
  /** Why nothing is deleted there over this API, as a part of a sentence, and what to do instead. */
  readonly refusal?: { readonly why: string; readonly instead: string };
  /** What the reader of a plan should know besides, a sentence. */
  readonly note?: string;
  /** `known`: it takes single tags off. `features`: a header of its `/v2/` says so. Missing: not known. */
  readonly tagDeletion?: TagDeletionBy;
}

/** A registry as it is seen from outside: its host, and where `/v2/` demands a login, what it demands. */
interface Seen {
  /** Lower case, without a port; all hosts of Docker Hub are one. */
  readonly host: string;
  /** Path of the token server. */
  readonly realm: string;
  readonly service: string;
}

const KNOWN: readonly (Software & { readonly is: (seen: Seen) => boolean })[] = [
  {
    title: "GitHub's container registry",
    is: ({ host }) => host === 'ghcr.io',
    refusal: {
      why: 'it answers every deletion over the registry API with 405',
      instead: 'Say "type: ghcr" in the config, so that versions are deleted over GitHub\'s own API.',
    },
  },
  {
    title: 'Docker Hub',
    is: ({ host }) => host === HUB,
    refusal: {
      why: 'it answers every deletion over the registry API with 405',
      instead: 'Say "type: dockerhub" in the config, so that tags are deleted over Docker Hub\'s own API.',
    },
  },
  {
    title: 'Quay',
    // quay/quay, endpoints/v2/v2auth.py: the token server is at /v2/auth.
    is: ({ host, realm }) => host === 'quay.io' || realm.endsWith('/v2/auth'),
    refusal: {
      why: 'its list of tags may be two minutes old, so that a deletion by digest could take a tag along that was just pushed',
      instead: 'Say "type: quay" in the config, so that tags are deleted over Quay\'s own API.',
    },
  },
  {
    title: 'Gitea or Forgejo',
    // go-gitea/gitea, routers/api/packages/container: the token server is at /v2/token.
    is: ({ realm, service }) => service === 'container_registry' && realm.endsWith('/v2/token'),
    note:
      'It frees what is deleted at once, so that "undo" cannot put it back. Say "type: gitea" in the config: its own API tells when tags ' +
      'were set, and what has no tag.',
    tagDeletion: 'known',
  },
  {
    title: "GitLab's container registry",
    is: ({ realm, service }) => service === 'container_registry' && realm.endsWith('/jwt/auth'),
    note: 'Say "type: gitlab" in the config: its own API tells which tags are protected, and what GitLab deletes by itself.',
    tagDeletion: 'features',
  },
];

/**
 * The software of a registry, by its base URL and by what its `/v2/` answered to a request without credentials; undefined where these do
 * not tell.
 */
export function softwareOf(url: string, ping: HttpResponse): Software | undefined {
  const demanded = ping.status === 401 ? parseChallenges(ping.headers['www-authenticate'] ?? '') : [];
  const { realm = '', service = '' } = demanded.find(({ scheme }) => scheme === 'bearer')?.parameters ?? {};
  const seen = { host: hostOf(url), realm: URL.canParse(realm) ? new URL(realm).pathname.replace(/\/$/, '') : '', service };
  return KNOWN.find(({ is }) => is(seen));
}

/** The software that the host alone tells. */
export function softwareOfHost(url: string): Software | undefined {
  return KNOWN.find(({ is }) => is({ host: hostOf(url), realm: '', service: '' }));
}

function hostOf(url: string): string {
  return canonicalHost(new URL(url).hostname.replace(/\.$/, ''));
}
