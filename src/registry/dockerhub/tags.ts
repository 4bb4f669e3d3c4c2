import { quoted } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer, refused as refusedByRegistry } from '../../distribution/answer-errors.ts';
import { headDigest } from '../../distribution/manifest-content.ts';
import { bareType } from '../../distribution/manifest-document.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { isIndexType } from '../../domain/media-types.ts';
import { isTag } from '../../domain/tag.ts';
import { utcTime } from '../../domain/time.ts';
import type { HubClient } from './client.ts';
import { indexChildren } from './index-children.ts';
import { pages } from './pages.ts';

/** One image of a tag, as its list tells. Times are ISO 8601 UTC, sizes are bytes of layers. */
export interface HubImage {
  readonly digest: Digest;
  readonly platform: string | undefined;
  readonly size: number;
  readonly pushedAt: string | undefined;
  readonly pulledAt: string | undefined;
}

/** A tag that is there now. */
export interface HubTag {
  readonly name: string;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly isIndex: boolean;
  /** `tag_last_pushed` and `tag_last_pulled`; undefined where there was none, or it is not told. */
  readonly pushedAt: string | undefined;
  readonly pulledAt: string | undefined;
  /** Of an index what it holds; otherwise the image itself. */
  readonly images: readonly HubImage[];
}

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called for each page. */
  readonly onPage?: (() => void) | undefined;
}

/** By name. */
export type HubTags = ReadonlyMap<string, HubTag>;

/** Where a list does not tell what a tag is. */
const UNKNOWN = 'application/octet-stream';
const TRIES = 4;

/**
 * All tags that are there now. Docker Hub says how long the list is; pages are counted by number, so one that lacks an entry, since tags
 * slipped from page to page, is read again. Throws `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR` where the tags keep
 * changing.
 */
export async function readTags(client: HubClient, repository: string, options: ListOptions = {}): Promise<HubTags> {
  for (let tries = 0; tries < TRIES; tries++) {
    const tags = await readOnce(client, repository, options);
    if (tags) return tags;
  }
  throw new ToolError('REGISTRY_ERROR', `Cannot list the tags of ${client.label(repository)}: they change while they are listed.`, {
    hint: 'Run again when less is pushed and deleted there.',
  });
}

/** What a tag is now; undefined if there is no such tag, in a repository that is there. */
export async function findTag(client: HubClient, repository: string, tag: string): Promise<HubTag | undefined> {
  const doing = `read the tag ${client.label(repository, tag)}`;
  if (!isTag(tag)) throw new ToolError('USAGE', `${JSON.stringify(tag)} is not a tag.`, { hint: 'Name an image as repository:tag.' });
  const path = `${client.pathOf(repository)}/tags/${tag}`;
  const json = await client.find({ doing, path, repository });
  if (json) {
    const found = await tagOf(client, repository, json, doing);
    if (found.name !== tag) throw badAnswer(doing, 'the answer is about another tag');
    return found;
  }
  // The same answer comes for a repository that is not there.
  await client.get({ doing, path: client.pathOf(repository), repository });
  return undefined;
}

/** Undefined where the list lacks something. */
async function readOnce(client: HubClient, repository: string, { signal, onPage }: ListOptions): Promise<HubTags | undefined> {
  const doing = `list the tags of ${client.label(repository)}`;
  const tags = new Map<string, HubTag>();
  const counts = new Set<number>();
  for await (const { results, count } of pages(
    client,
    { doing, path: `${client.pathOf(repository)}/tags`, repository, signal },
    () => tags.size,
  )) {
    onPage?.();
    counts.add(count);
    // The newest stand first: where one is moved meanwhile, the first look at a name is the newer one.
    for (const json of results) {
      const tag = await tagOf(client, repository, json, doing, signal);
      if (!tags.has(tag.name)) tags.set(tag.name, tag);
    }
  }
  return counts.size === 1 && counts.has(tags.size) ? tags : undefined;
}

async function tagOf(client: HubClient, repository: string, json: JsonObject, doing: string, signal?: AbortSignal): Promise<HubTag> {
  const { name, digest, media_type: type, images, tag_last_pushed: pushed, tag_last_pulled: pulled } = json;
  if (typeof name !== 'string' || !isTag(name))
    throw badAnswer(doing, `it lists ${quoted(typeof name === 'string' ? name : JSON.stringify(name))}, which is not a tag`);
  const listed = asList(images);
  if (!listed) throw badAnswer(doing, `it does not tell the images of the tag ${name}`);
  // Tags that were pushed long ago have none.
  const told = isDigest(digest) ? { digest, mediaType: asText(type) } : await headTag(client, repository, name, signal);
  const own = listed.flatMap((entry) => imageOf(asObject(entry) ?? {}) ?? []);
  const isAlone = own.length === 1 && own[0]?.digest === told.digest;
  const isIndex = told.mediaType === undefined ? !isAlone : isIndexType(told.mediaType);
  const children = isIndex && own.length === 0 ? await indexChildren(client, repository, told.digest) : [];
  return {
    name,
    digest: told.digest,
    mediaType: told.mediaType ?? UNKNOWN,
    isIndex,
    pushedAt: utcTime(pushed),
    pulledAt: utcTime(pulled),
    images: own.length > 0 ? own : children.map(onlyDigest),
  };
}

function onlyDigest(digest: Digest): HubImage {
  return { digest, platform: undefined, size: 0, pushedAt: undefined, pulledAt: undefined };
}

/** Undefined for one without a digest. */
function imageOf({ digest, os, architecture, variant, size, last_pushed: pushed, last_pulled: pulled }: JsonObject): HubImage | undefined {
  if (!isDigest(digest)) return undefined;
  const [system, machine, version] = [asText(os), asText(architecture), asText(variant)];
  const known = system !== undefined && machine !== undefined && system !== 'unknown' && machine !== 'unknown';
  return {
    digest,
    platform: known ? [system, machine, ...(version === undefined ? [] : [version])].join('/') : undefined,
    size: typeof size === 'number' && size >= 0 ? size : 0,
    pushedAt: utcTime(pushed),
    pulledAt: utcTime(pulled),
  };
}

/** Asks the registry what a tag points to by HEAD, which does not count as a pull. */
async function headTag(
  client: HubClient,
  repository: string,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly digest: Digest; readonly mediaType: string | undefined }> {
  const doing = `read the image ${client.label(repository, tag)}`;
  const { namespace, name } = client.place(repository);
  const head = await client.oci.headManifest(`${namespace}/${name}`, tag, signal);
  if (head.status !== 200) throw refusedByRegistry(doing, head);
  return {
    digest: headDigest(head.headers['docker-content-digest'] ?? '', doing),
    mediaType: bareType(head.headers['content-type']) || undefined,
  };
}
