import { type Digest, isDigest } from './digest.ts';
import { isTag } from './tag.ts';

/** A parsed image reference, `[host/]repository[:tag][@digest]`. With a digest, the tag says nothing (distribution/reference). */
export interface Reference {
  /** Host with its port, lower case; undefined where the text names none. */
  readonly host?: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
  /** The text as given, for messages. */
  readonly text: string;
}

const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?$/;

/** True of a repository name by the grammar of the OCI distribution-spec. */
export function isRepositoryName(text: string): boolean {
  return text.length <= 255 && PATH.test(text);
}

/** True of `host` or `host:port` (a name, an IPv4 address or a bracketed IPv6 address). */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * Parses an image reference. The first component is a host if it holds a `.`, a `:` or a capital letter, or is `localhost`
 * (distribution/reference, normalize.go: `MyTeam/web` is the repository `web` at the host `myteam`). Answers undefined for a text that is no
 * reference.
 */
export function parseReference(text: string): Reference | undefined {
  let rest = text;
  let digest: Digest | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    digest = rest.slice(at + 1);
    if (!isDigest(digest)) return undefined;
    rest = rest.slice(0, at);
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    if (!isTag(tag)) return undefined;
    rest = rest.slice(0, colon);
  }
  let host: string | undefined;
  const slash = rest.indexOf('/');
  const first = slash < 0 ? '' : rest.slice(0, slash);
  if (/[.:[A-Z]/.test(first) || first === 'localhost') {
    if (!isHost(first)) return undefined;
    host = first.toLowerCase();
    rest = rest.slice(slash + 1);
  }
  if (!isRepositoryName(rest)) return undefined;
  return {
    ...(host !== undefined && { host }),
    repository: rest,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    text,
  };
}
