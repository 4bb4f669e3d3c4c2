import { badAnswer } from '../../distribution/answer-errors.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { asList, asObject, asText, type JsonObject, parseJsonObject } from '../../domain/json.ts';
import { isIndexType } from '../../domain/media-types.ts';
import { isTag } from '../../domain/tag.ts';
import { utcTime } from '../../domain/time.ts';
import type { NexusClient } from './client.ts';
import type { NexusRepository } from './nexus-repositories.ts';

/** A tag, as Nexus keeps it: a component with one asset, its manifest. Times are ISO 8601 UTC, undefined where they are not told. */
export interface Component {
  /** What it is deleted by. A tag that is deleted and pushed again has another one. */
  readonly id: string;
  /** The name of the image. */
  readonly image: string;
  readonly tag: string;
  readonly digest: Digest;
  /** Its manifest is an index. */
  readonly isIndex: boolean;
  /** When it was last pushed. */
  readonly setAt: string | undefined;
  /** When it was last pulled by this tag; a pull by digest is not recorded (NEXUS-25991), nor one within half a day of the last. */
  readonly pulledAt: string | undefined;
}

/** The component of an id now; undefined where Nexus says that there is none, and where it is not that of a tag any more. */
export async function findComponent(
  client: NexusClient,
  id: string,
  doing: string,
  hosted: NexusRepository,
): Promise<Component | undefined> {
  const call = { doing, privilege: browsePrivilege(hosted), path: `/v1/components/${encodeURIComponent(id)}` };
  const response = await client.call(call);
  if (response.status === 404 || response.status === 422) return undefined;
  if (response.status !== 200) throw await client.refused(call, response);
  const json = parseJsonObject(response.body);
  if (!json) throw badAnswer(doing, 'the answer is not a component');
  return componentOf(json, doing);
}

/** What an entry of a list says. Undefined for what is not a tag, as a manifest under its digest. */
export function componentOf(entry: JsonObject, doing: string): Component | undefined {
  const { id, name, version } = entry;
  if (typeof id !== 'string' || typeof name !== 'string' || typeof version !== 'string')
    throw badAnswer(doing, 'it lists a component without an id, name or version');
  if (!isTag(version)) return undefined;
  const assets = (asList(entry['assets']) ?? []).map(asObject);
  // `v2/team/app/manifests/1.0`, in newer versions with a slash before it.
  const asset = assets.find((one) => asText(one?.['path'])?.endsWith(`/manifests/${version}`));
  const digest = `sha256:${asText(asObject(asset?.['checksum'])?.['sha256']) ?? ''}`;
  if (!asset || !isDigest(digest)) throw badAnswer(doing, `it does not tell the digest of ${name}:${version}`);
  return {
    id,
    image: name,
    tag: version,
    digest,
    isIndex: isIndexType(asText(asset['contentType']) ?? ''),
    // `blobCreated` alone may be that of the first manifest which the tag was on.
    setAt: newest([asset['blobCreated'], asset['blobUpdated'], asset['lastModified']].map(utcTime)),
    pulledAt: utcTime(asset['lastDownloaded']),
  };
}

export function browsePrivilege({ name, format }: NexusRepository): string {
  return `nx-repository-view-${format}-${name}-browse`;
}

function newest(times: readonly (string | undefined)[]): string | undefined {
  return times.reduce((one, other) => (one === undefined || (other !== undefined && other > one) ? other : one), undefined);
}
