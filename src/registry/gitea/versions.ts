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
const MOST_TRIES = 3;

/**
 * Reads all versions, with the list of tags of the registry itself beside it: pages by number lose an entry where one before it is deleted
 * meanwhile. They are read again where the two differ, or where there are not as many as Gitea says. Throws `NOT_FOUND` for a repository
 * that is not there, and `REGISTRY_ERROR` where they do not agree.
 */
export async function readVersions(client: GiteaClient, repository: string, signal: AbortSignal | undefined): Promise<Versions> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const names = await listTags(client.oci, repository, { signal });
    const { versions, isWhole } = await readAll(client, repository, signal);
    if (isWhole && names.length === versions.tags.size && names.every((tag) => versions.tags.has(tag))) return versions;
  }
  const message = `Cannot list the versions of ${client.label(repository)}: there are other ones than Gitea says that there are`;
  throw new ToolError('REGISTRY_ERROR', `${message}, or they change while they are listed.`, {
    hint: 'Run again when fewer tags are pushed and deleted there.',
  });
}

async function readAll(
  client: GiteaClient,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly versions: Versions; readonly isWhole: boolean }> {
  const doing = `list the versions of ${client.label(repository)}`;
  const { owner, name } = packageOf(client, repository);
  const path = `/packages/${encodeURIComponent(owner)}`;
  const versions = { tags: new Map<string, string>(), digests: new Map<Digest, string>() };
  const seen = new Set<unknown>();
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
      seen.add(id);
      if (packageName !== name) continue;
      if (isDigest(version)) versions.digests.set(version, new Date(time).toISOString());
      else if (typeof version === 'string' && isTag(version)) versions.tags.set(version, new Date(time).toISOString());
      else throw badAnswer(doing, 'it lists a version that is neither a tag nor a digest');
    }
    bounds.check(seen.size);
    if (listed.length === 0 || seen.size >= total) return { versions, isWhole: seen.size === total };
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
