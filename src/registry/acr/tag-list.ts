import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import { hasCode, isManifestUnknown, refused } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { entriesOf, openAnswer, type TagAttributes, tagAttributes } from './attributes.ts';
import type { AcrClient } from './client.ts';

/** What is read of one repository. */
export interface Reading {
  readonly client: AcrClient;
  readonly repository: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All tags of a repository, or those on one digest. They are read from the list of tags, because a manifest names only some of its tags
 * (Azure/acr#529), with one request for each 1000. Throws `NOT_FOUND` for a repository that is not there.
 */
export async function readTags({ client, repository, signal }: Reading, digest?: Digest): Promise<Map<string, TagAttributes>> {
  const doing = `list the tags of ${client.label(repository, digest)}`;
  const tags = new Map<string, TagAttributes>();
  const seen = new Set<string>();
  const bounds = new ListBounds(doing);
  for await (const page of client.tagPages(repository, doing, { ...(digest !== undefined && { digest }), signal })) {
    for (const entry of entriesOf(openAnswer(page, repository, doing), 'tags', doing)) {
      const tag = tagAttributes(entry, doing);
      seen.add(tag.name);
      if (digest === undefined || tag.digest === digest) tags.set(tag.name, tag);
    }
    bounds.check(seen.size);
  }
  return tags;
}

/** A tag as it is now; undefined where the registry says that there is no such tag. */
export async function findTag({ client, repository, signal }: Reading, name: string): Promise<TagAttributes | undefined> {
  const doing = `read the tag ${client.label(repository, name)}`;
  const response = await client.getTag(repository, name, signal);
  if (response.status === 404 && (hasCode(response, 'TAG_UNKNOWN') || isManifestUnknown(response))) return undefined;
  if (response.status !== 200) throw refused(doing, response);
  const tag = tagAttributes(openAnswer(response, repository, doing)['tag'], doing);
  if (tag.name === name) return tag;
  throw new ToolError('BAD_RESPONSE', `Cannot ${doing}: the answer is about the tag ${tag.name}.`, {
    hint: 'Check any proxy before the registry.',
  });
}
