import { registryErrorText } from '../http/registry-errors.ts';
import { quoted } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { DanglingTag } from '../domain/inventory.ts';
import { isTag } from '../domain/tag.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { badAnswer, isManifestUnknown, isRepositoryUnknown, refused } from './answer-errors.ts';
import { asList, asObject, parseJsonObject } from '../domain/json.ts';
import { ListBounds } from './list-bounds.ts';
import { headDigest, openManifest } from './manifest-content.ts';
import { type OciClient, pullScope } from './client.ts';

export interface ReadTagsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called for each page. */
  readonly onPage?: () => void;
}

/**
 * All tags, each once; undefined where the registry says that it does not know the repository. Throws `NOT_FOUND` for any other
 * 404, and `BAD_RESPONSE` for a list that holds something that is not a tag: a list that is not understood is not used.
 */
export async function readTags(
  client: OciClient,
  repository: string,
  { signal, onPage }: ReadTagsOptions = {},
): Promise<string[] | undefined> {
  const doing = `list the tags of ${client.label(repository)}`;
  const first = await client.getTags(repository, { signal });
  if (isRepositoryUnknown(first)) return undefined;
  if (first.status === 404) {
    throw new ToolError('NOT_FOUND', `Cannot ${doing}: the registry answered ${registryErrorText(first)}.`, {
      hint: 'Check the URL of the registry and the name of the repository, and that the credentials may see it.',
    });
  }
  const tags = new Set<string>();
  const bounds = new ListBounds(doing);
  for await (const page of client.pages(first, doing, [pullScope(repository)], signal)) {
    onPage?.();
    const json = parseJsonObject(page.body);
    const listed = json && 'tags' in json ? asList(json['tags']) : undefined;
    if (!listed) throw badAnswer(doing, 'the answer is not a list of tags');
    for (const tag of listed) {
      if (typeof tag !== 'string' || !isTag(tag))
        throw badAnswer(doing, `it lists ${quoted(typeof tag === 'string' ? tag : JSON.stringify(tag))}, which is not a tag`);
      tags.add(tag);
    }
    bounds.check(tags.size);
  }
  return [...tags];
}

/** All tags. Throws `NOT_FOUND` for a repository that is not there. */
export async function listTags(client: OciClient, repository: string, options: ReadTagsOptions = {}): Promise<string[]> {
  return (await readTags(client, repository, options)) ?? noSuchRepository(client, repository);
}

/** The error for a repository that the registry does not know. */
export function noSuchRepository(client: OciClient, repository: string): never {
  throw new ToolError('NOT_FOUND', `There is no repository ${client.label(repository)}.`, {
    hint: 'Check the name of the repository, and that the credentials may see it.',
  });
}

/**
 * The digest that a tag points to where the manifest is gone. Undefined where the manifest is there, and where the registry does not
 * name it.
 */
export async function danglingTag(client: OciClient, repository: string, tag: string): Promise<Digest | undefined> {
  const response = await client.getManifest(repository, tag);
  return isManifestUnknown(response) ? missingDigest(response) : undefined;
}

/**
 * Looks again at a listed tag whose manifest was not there: it dangles, or undefined where the manifest is there now. Throws for any other
 * answer.
 */
export async function readDanglingTag(
  client: OciClient,
  repository: string,
  tag: string,
  signal?: AbortSignal,
): Promise<DanglingTag | undefined> {
  const response = await client.getManifest(repository, tag, signal);
  if (response.status === 200) return undefined;
  if (!isManifestUnknown(response)) throw refused(`read the image ${client.label(repository, tag)}`, response);
  const digest = missingDigest(response);
  return { tag, ...(digest !== undefined && { digest }) };
}

/** The digest of the manifest that is missing: distribution names it in the error (registry/storage, `ErrManifestUnknownRevision`). */
function missingDigest(response: HttpResponse): Digest | undefined {
  const errors = asList(parseJsonObject(response.body)?.['errors']) ?? [];
  return errors.map((error) => asObject(asObject(error)?.['detail'])?.['Revision']).find(isDigest);
}

/**
 * The digest that a tag points to; undefined only where the registry says that this tag does not exist. A HEAD alone cannot say
 * that, since it has no body that tells one 404 from another; it can of a repository in which a manifest was just seen.
 */
export async function resolveTag(
  client: OciClient,
  repository: string,
  tag: string,
  { repositoryIsThere = false }: { readonly repositoryIsThere?: boolean } = {},
): Promise<Digest | undefined> {
  const doing = `read the image ${client.label(repository, tag)}`;
  const head = await client.headManifest(repository, tag);
  if (head.status === 404 && repositoryIsThere) return undefined;
  const digest = head.status === 200 ? head.headers['docker-content-digest'] : undefined;
  if (digest !== undefined) return headDigest(digest, doing);
  const response = await client.getManifest(repository, tag);
  if (response.status === 200) return openManifest(response, doing).digest;
  if (isManifestUnknown(response)) return undefined;
  throw refused(doing, response);
}
