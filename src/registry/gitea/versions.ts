import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { listTags } from '../../distribution/tags.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { asObject, parseJson } from '../../domain/json.ts';
import { isTag } from '../../domain/tag.ts';
import { utcTime } from '../../domain/time.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { type Call, type GiteaClient, packageOf } from './client.ts';

/**
 * What a repository consists of in Gitea. Each tag is a version of a package by itself, with a manifest and references to blobs of its own,
 * and so is each manifest that was pushed by its digest. A version that is pushed again is a new one.
 */
export interface Versions {
  /** When each tag was set, ISO 8601 UTC. */
  readonly tags: ReadonlyMap<string, string>;
  /** When each manifest was pushed by its digest, ISO 8601 UTC. */
  readonly digests: ReadonlyMap<Digest, string>;
}

/** More than Gitea answers unless its setting `MAX_RESPONSE_ITEMS` (50) says otherwise; it cuts what is asked for. */
const PAGE = '1000';
/** So often a list is read whose entries move between its pages meanwhile. */
const MOST_TRIES = 4;

/**
 * Reads all versions. Pages by number lose an entry where one before it is deleted meanwhile, so a list of several pages is read until a
 * reading brings nothing that was there before and was overlooked. What is pushed meanwhile need not be in it, and what is deleted may be.
 * Throws `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR` where entries slip again and again, or where there are not as
 * many as Gitea says.
 */
export async function readVersions(client: GiteaClient, repository: string, signal: AbortSignal | undefined): Promise<Versions> {
  // The API answers with an empty list where there is no such package; the registry says so.
  await listTags(client.oci, repository, { signal });
  const found: Found = { tags: new Map(), digests: new Map(), ids: new Set() };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const newest = Math.max(0, ...found.ids);
    const { ids, pages, isWhole } = await readInto(found, client, repository, signal);
    const overlooked = [...ids].some((id) => id <= newest && !found.ids.has(id));
    for (const id of ids) found.ids.add(id);
    if (isWhole && (pages === 1 || (tries > 0 && !overlooked))) return { tags: timesOf(found.tags), digests: timesOf(found.digests) };
  }
  const message = `Cannot list the versions of ${client.label(repository)}: there are not as many as Gitea says that there are`;
  throw new ToolError('REGISTRY_ERROR', `${message}, or many are deleted while they are listed.`, {
    hint: 'Run again when fewer tags are pushed and deleted there.',
  });
}

/** A version's number, which grows, and its time, ISO 8601 UTC. */
type Numbered = readonly [id: number, time: string];

interface Found {
  readonly tags: Map<string, Numbered>;
  readonly digests: Map<Digest, Numbered>;
  /** Of every version that was listed, also of other packages. */
  readonly ids: Set<number>;
}

async function readInto(
  found: Found,
  client: GiteaClient,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly ids: ReadonlySet<number>; readonly pages: number; readonly isWhole: boolean }> {
  const doing = `list the versions of ${client.label(repository)}`;
  const { owner, name } = packageOf(client, repository);
  const path = `/packages/${encodeURIComponent(owner)}`;
  const ids = new Set<number>();
  const bounds = new ListBounds(doing);
  let least = Number.POSITIVE_INFINITY;
  for (let page = 1; ; page++) {
    // The filter finds every package whose name holds this one.
    const query = { type: 'container', q: name, limit: PAGE, page: String(page) };
    const call: Call = { doing, path, query, repository, signal };
    const response = await client.call(call);
    if (response.status !== 200) throw await client.refused(call, response);
    const total = totalOf(response);
    const listed = listIn(response);
    if (!listed || total === undefined) throw badAnswer(doing, 'the answer is not a list of packages that tells how long it is');
    least = Math.min(least, total);
    for (const entry of listed) {
      const { id, name: packageName, version, created_at: created } = entry ?? {};
      const time = utcTime(created);
      if (typeof id !== 'number' || time === undefined) throw badAnswer(doing, 'it lists a version without an id or time');
      ids.add(id);
      if (packageName !== name) continue;
      const numbered: Numbered = [id, time];
      if (isDigest(version)) keepNewest(found.digests, version, numbered);
      else if (typeof version === 'string' && isTag(version)) keepNewest(found.tags, version, numbered);
      else throw badAnswer(doing, 'it lists a version that is neither a tag nor a digest');
    }
    bounds.check(ids.size);
    if (listed.length === 0 || ids.size >= total) return { ids, pages: page, isWhole: ids.size >= least };
  }
}

function keepNewest<Key>(versions: Map<Key, Numbered>, key: Key, numbered: Numbered): void {
  const known = versions.get(key);
  if (!known || known[0] < numbered[0]) versions.set(key, numbered);
}

function timesOf<Key>(versions: ReadonlyMap<Key, Numbered>): Map<Key, string> {
  return new Map([...versions].map(([key, [, time]]) => [key, time]));
}

function listIn({ body }: HttpResponse): readonly ReturnType<typeof asObject>[] | undefined {
  const list = parseJson(body);
  return Array.isArray(list) ? list.map(asObject) : undefined;
}

function totalOf({ headers }: HttpResponse): number | undefined {
  const text = headers['x-total-count'] ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
