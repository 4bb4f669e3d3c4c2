import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { isTag } from '../../domain/tag.ts';
import { asList, asObject, type JsonObject } from '../../domain/json.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { type QuayClient, repositoryPath } from './client.ts';

/** A tag that is there now. */
export interface QuayTag {
  readonly name: string;
  readonly digest: Digest;
  readonly isIndex: boolean;
  readonly immutable: boolean;
  /** When it was set, ISO 8601 UTC; undefined where that is not told. */
  readonly setAt: string | undefined;
  /** When it ends by itself, ISO 8601 UTC; undefined where it does not. */
  readonly endsAt: string | undefined;
}

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called for each request that the list takes. */
  readonly onPage?: (() => void) | undefined;
}

/** The longest page that Quay answers. */
const PAGE = '100';

/**
 * All tags that are there now, by name. Without `onlyActiveTags` Quay lists deleted ones too; a tag whose end lies ahead is there. Throws
 * `NOT_FOUND` for a repository that is not there.
 */
export async function readTags(
  client: QuayClient,
  repository: string,
  { signal, onPage }: ListOptions = {},
): Promise<Map<string, QuayTag>> {
  const doing = `list the tags of ${client.label(repository)}`;
  const path = `${repositoryPath(client, repository)}/tag/`;
  const tags = new Map<string, QuayTag>();
  const bounds = new ListBounds(doing);
  for (let page = 1; ; page++) {
    const query = { limit: PAGE, page: String(page), onlyActiveTags: 'true' };
    const json = await client.get({ doing, path, query, repository, signal });
    onPage?.();
    // The newest stand first: where one is set meanwhile, others are listed again, and the first look at a name is the newer one.
    for (const tag of tagsIn(json, doing)) if (!tags.has(tag.name)) tags.set(tag.name, tag);
    if (typeof json['has_additional'] !== 'boolean') throw badAnswer(doing, 'the answer does not say whether there are more');
    if (!json['has_additional']) return tags;
    bounds.check(tags.size);
  }
}

/**
 * The same for a reading on which decisions are made: a tag that is deleted meanwhile makes others slip from a page not yet read onto one
 * that was, so a list of several pages is read until two agree. Throws `REGISTRY_ERROR` where they do not.
 */
export async function readSteadyTags(client: QuayClient, repository: string, options: ListOptions = {}): Promise<Map<string, QuayTag>> {
  let pages = 0;
  let tags = await readTags(client, repository, { ...options, onPage: () => (pages += 1) });
  if (pages === 1) return tags;
  for (let tries = 0; tries < 3; tries++) {
    const again = await readTags(client, repository, options);
    if (fingerprint(again) === fingerprint(tags)) return again;
    tags = again;
  }
  throw new ToolError('REGISTRY_ERROR', `Cannot list the tags of ${client.label(repository)}: they change while they are listed.`, {
    hint: 'Run again when fewer tags are pushed and deleted there.',
  });
}

/** What a tag is now; undefined if there is no such tag, in a repository that is there. */
export async function findTag(client: QuayClient, repository: string, tag: string): Promise<QuayTag | undefined> {
  const doing = `read the tag ${client.label(repository, tag)}`;
  if (!isTag(tag)) throw new ToolError('USAGE', `${JSON.stringify(tag)} is not a tag.`, { hint: 'Name an image as repository:tag.' });
  const query = { specificTag: tag, onlyActiveTags: 'true' };
  const json = await client.get({ doing, path: `${repositoryPath(client, repository)}/tag/`, query, repository });
  return tagsIn(json, doing).find(({ name }) => name === tag);
}

function tagsIn(json: JsonObject, doing: string): QuayTag[] {
  const listed = 'tags' in json ? asList(json['tags']) : undefined;
  if (!listed) throw badAnswer(doing, 'the answer is not a list of tags');
  return listed.map((entry) => {
    const { name, manifest_digest: digest, is_manifest_list: isIndex, immutable, start_ts: start, end_ts: end } = asObject(entry) ?? {};
    if (typeof name !== 'string' || !isTag(name) || !isDigest(digest)) throw badAnswer(doing, 'it lists a tag without a name or digest');
    return { name, digest, isIndex: isIndex === true, immutable: immutable === true, setAt: timeOf(start), endsAt: timeOf(end) };
  });
}

/** Of seconds since the epoch. */
function timeOf(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number' || !(seconds > 0) || seconds > 1e11) return undefined;
  return new Date(Math.floor(seconds) * 1000).toISOString();
}

function fingerprint(tags: ReadonlyMap<string, QuayTag>): string {
  return JSON.stringify([...tags.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}
