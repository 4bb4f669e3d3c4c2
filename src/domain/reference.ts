import { type Digest, isDigest } from './digest.ts';
import { isTag } from './tag.ts';

/** A parsed image reference, `[host/]repository[:tag][@digest]`. Where it has a digest, the tag means nothing (distribution/reference). */
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
 * True of a first component that stands for a host: it holds a `.`, a `:` or a `[`, or is `localhost` (distribution/reference,
 * normalize.go).
 */
export function standsForHost(component: string): boolean {
  return /[.:[]/.test(component) || component === 'localhost';
}

/** Splits `NAME[:TAG][@DIGEST]` where its parts begin and end; what they hold is not checked. */
export function splitReference(text: string): { readonly name: string; readonly tag?: string; readonly digest?: string } {
  const at = text.indexOf('@');
  const [tagged, digest] = at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
  const colon = tagged.lastIndexOf(':');
  // The colon of a port stands before a slash.
  const [name, tag] = colon > tagged.lastIndexOf('/') ? [tagged.slice(0, colon), tagged.slice(colon + 1)] : [tagged];
  return { name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/**
 * Parses an image reference; undefined for any other text. A first component with a capital letter is a host too (distribution/reference,
 * normalize.go): `MyTeam/web` is the repository `web` at the host `myteam`.
 */
export function parseReference(text: string): Reference | undefined {
  const { name, tag, digest } = splitReference(text);
  if ((digest !== undefined && !isDigest(digest)) || (tag !== undefined && !isTag(tag))) return undefined;
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const host = standsForHost(first) || /[A-Z]/.test(first) ? first.toLowerCase() : undefined;
  if (host !== undefined && !isHost(first)) return undefined;
  const repository = host === undefined ? name : name.slice(slash + 1);
  if (!isRepositoryName(repository)) return undefined;
  return {
    ...(host !== undefined && { host }),
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    text,
  };
}
