import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import type { OciClient } from '../../distribution/client.ts';
import { readTags } from '../../distribution/tags.ts';
import { findArtifact, hasRepository, listArtifacts, type Reading } from './artifacts.ts';
import { artifactPath, type HarborRequest, splitRepository } from './client.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import type { Projects } from './projects.ts';

/** The least that the API tells of an artifact. */
const BARE = 'with_tag=false&with_accessory=false';

/**
 * All tags, including those of accessories, which only `/v2` lists. Where `/v2` also lists tags of another registry (a proxy cache), or the
 * account cannot see the project, those that the REST API has. Throws `NOT_FOUND` for a repository that is not there.
 */
export async function listTags(reading: Reading, registry: OciClient, projects: Projects): Promise<string[]> {
  const { client, repository, signal } = reading;
  const project = await projects.find(splitRepository(repository)?.project ?? '');
  if (project && !project.isProxyCache) return (await readTags(registry, repository, { signal })) ?? [];
  const artifacts = await listArtifacts(reading, 'with_tag=true&with_accessory=false');
  if (artifacts.length === 0 && !(await hasRepository(reading))) {
    throw new ToolError('NOT_FOUND', `There is no repository ${client.label(repository)}.`, {
      hint: 'Check the name of the repository, and that the credentials may see it.',
    });
  }
  return artifacts.flatMap(({ tags }) => tags.map(({ name }) => name));
}

/**
 * The digest that a tag points to; undefined where Harbor says that there is no such tag. Unlike reading a manifest, this does not count as
 * a pull.
 */
export async function resolveTag(reading: Reading, tag: string): Promise<Digest | undefined> {
  return (await findArtifact(reading, tag, BARE))?.digest;
}

/** Sets a tag on an artifact that is there, by the REST API: to push its manifest again, it would have to be pulled. */
export async function setTag({ client, repository, signal }: Reading, digest: Digest, tag: string): Promise<void> {
  const asked: HarborRequest = {
    method: 'POST',
    doing: `set the tag ${client.label(repository, tag)}`,
    needs: 'tag:create',
    path: `${artifactPath(repository, digest)}/tags`,
    json: { name: tag },
    repository,
    signal,
  };
  const response = await client.send(asked);
  if (response.status !== 201) throw await client.refused(asked, response);
}

/** Where every tag points to, by a whole new inventory: that costs no request for each. */
export async function resolveTags(context: InventoryContext, repository: string): Promise<ReadonlyMap<string, Digest>> {
  const { complete, problems = [], manifests } = await readInventory(context, repository, {});
  if (!complete) {
    throw new ToolError('REGISTRY_ERROR', `Cannot read the tags of ${context.client.label(repository)}: ${problems.join(' ')}`, {
      hint: 'Run again later.',
    });
  }
  return new Map(manifests.flatMap(({ digest, tags }) => tags.map((tag) => [tag, digest] as const)));
}
