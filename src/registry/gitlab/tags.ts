import { quoted } from '../../diagnostics/redact.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { listTags, type ReadTagsOptions } from '../../distribution/tags.ts';
import { isTag } from '../../domain/tag.ts';
import type { Call, GitlabClient } from './client.ts';
import type { ContainerRepository } from './repositories.ts';

/** The longest page that GitLab answers (docs.gitlab.com, "REST API pagination"). */
const PAGE = '100';

/**
 * All tags of a repository, each once. They are listed by name, each page from the last name of the one before (keyset), so that none is
 * missed where others come and go meanwhile. A GitLab whose registry has no metadata database refuses that with 405
 * (lib/api/project_container_repositories.rb), and by page number it could miss some: there the registry itself is asked. GitLab before
 * 16.10 ignores the wish and answers pages by number; a tag that is missed then stays.
 */
export async function readTagNames(
  client: GitlabClient,
  { id, projectId, path }: ContainerRepository,
  options: ReadTagsOptions = {},
): Promise<string[]> {
  const call: Call = {
    doing: `list the tags of ${client.label(path)}`,
    path: `/projects/${projectId}/registry/repositories/${id}/tags`,
    query: { pagination: 'keyset', per_page: PAGE, sort: 'asc' },
    repository: path,
    signal: options.signal,
  };
  const first = await client.call(call);
  if (first.status === 405) return listTags(client.oci, path, options);
  const tags = new Set<string>();
  const bounds = new ListBounds(call.doing);
  for await (const page of client.pages(call, first)) {
    options.onPage?.();
    for (const { name } of page) {
      if (typeof name !== 'string' || !isTag(name)) throw badAnswer(call.doing, `it lists ${quoted(String(name))}, which is not a tag`);
      tags.add(name);
    }
    bounds.check(tags.size);
  }
  return [...tags];
}
