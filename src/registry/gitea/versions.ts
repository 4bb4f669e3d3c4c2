import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { listTags } from '../../distribution/tags.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { asList, asObject } from '../../domain/json.ts';
import { isTag } from '../../domain/tag.ts';
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
/** So often a list is read that changes meanwhile. */
const MOST_TRIES = 4;

/**
 * Reads all versions. Pages by number lose an entry where one before it is deleted meanwhile, so a list of several pages is read until two
 * agree. Throws `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR` where they do not agree, or where there are not as many
 * as Gitea says.
 */
export async function readVersions(client: GiteaClient, repository: string, signal: AbortSignal | undefined): Promise<Versions> {
  // The API answers with an empty list where there is no such package; the registry says so.
  await listTags(client.oci, repository, { signal });
  let before: Read | undefined;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const read = await readAll(client, repository, signal);
    if (read.isWhole && (read.pages === 1 || sameIds(read, before))) return read.versions;
    before = read;
  }
  const message = `Cannot list the versions of ${client.label(repository)}: there are not as many as Gitea says that there are`;
  throw new ToolError('REGISTRY_ERROR', `${message}, or they change while they are listed.`, {
    hint: 'Run again when fewer tags are pushed and deleted there.',
  });
}

interface Read {
  readonly versions: Versions;
  /** Of every version that was listed, also of other packages. */
  readonly ids: ReadonlySet<number>;
  readonly pages: number;
  /** There are as many as Gitea says. */
  readonly isWhole: boolean;
}

function sameIds({ ids }: Read, before: Read | undefined): boolean {
  return before?.isWhole === true && ids.size === before.ids.size && [...ids].every((id) => before.ids.has(id));
}

async function readAll(client: GiteaClient, repository: string, signal: AbortSignal | undefined): Promise<Read> {
  const doing = `list the versions of ${client.label(repository)}`;
  const { owner, name } = packageOf(client, repository);
  const path = `/packages/${encodeURIComponent(owner)}`;
  const versions = { tags: new Map<string, string>(), digests: new Map<Digest, string>() };
  const ids = new Set<number>();
  const bounds = new ListBounds(doing, 2);
  for (let page = 1; ; page++) {
    // The filter finds every package whose name holds this one.
    const query = { type: 'container', q: name, limit: PAGE, page: String(page) };
    const call: Call = { doing, path, query, repository, signal };
    const response = await client.call(call);
    if (response.status !== 200) throw await client.refused(call, response);
    const total = totalOf(response);
    const listed = listIn(response);
    if (!listed || total === undefined) throw badAnswer(doing, 'the answer is not a list of packages that tells how long it is');
    for (const entry of listed) {
      const { id, name: packageName, version, created_at: created } = entry ?? {};
      const time = typeof created === 'string' ? Date.parse(created) : Number.NaN;
      if (typeof id !== 'number' || Number.isNaN(time)) throw badAnswer(doing, 'it lists a version without an id or time');
      ids.add(id);
      if (packageName !== name) continue;
      if (isDigest(version)) versions.digests.set(version, new Date(time).toISOString());
      else if (typeof version === 'string' && isTag(version)) versions.tags.set(version, new Date(time).toISOString());
      else throw badAnswer(doing, 'it lists a version that is neither a tag nor a digest');
    }
    bounds.check(ids.size);
    if (listed.length === 0 || ids.size >= total) return { versions, ids, pages: page, isWhole: ids.size === total };
  }
}

function listIn({ body }: HttpResponse): readonly ReturnType<typeof asObject>[] | undefined {
  try {
    const list: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return Array.isArray(list) ? asList(list)?.map(asObject) : undefined;
  } catch {
    return undefined;
  }
}

function totalOf({ headers }: HttpResponse): number | undefined {
  const text = headers['x-total-count'] ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
