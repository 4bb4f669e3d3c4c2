import { type Digest, isDigest } from '../../domain/digest.ts';
import { isTag } from '../../domain/tag.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import type { GarClient } from './client.ts';
import { lastPart } from './image-name.ts';
import { pages } from './pages.ts';
import { confirmMissing, noSuchImage } from './presence.ts';

/** As many tags are told of an image (API reference, `Version.relatedTags`); where there are as many, there may be more. */
export const TAGS_TOLD = 100;

interface TagsOptions {
  readonly digest?: Digest;
  readonly signal?: AbortSignal | undefined;
}

/** The digests that all tags point to now, or those of one digest alone. Throws `NOT_FOUND` for a repository that is not there. */
export async function resolveTags(
  client: GarClient,
  repository: string,
  { digest, signal }: TagsOptions = {},
): Promise<Map<string, Digest>> {
  const doing = `list the tags of ${client.label(repository, digest)}`;
  const query = digest === undefined ? {} : { filter: `version="${client.versionOf(repository, digest)}"` };
  const tags = new Map<string, Digest>();
  const call = { doing, permission: 'artifactregistry.tags.list', path: `${client.packageOf(repository)}/tags`, query, signal };
  for await (const page of pages(client, call, 'tags')) {
    for (const json of page) {
      const [tag, on] = readTag(json, doing);
      if (digest === undefined || on === digest) tags.set(tag, on);
    }
  }
  // An empty list is also the answer for a package that does not exist.
  if (tags.size === 0) await checkPackage(client, repository, signal);
  return tags;
}

/** All tags. Throws `NOT_FOUND` for a repository that is not there. */
export async function listTags(client: GarClient, repository: string): Promise<string[]> {
  return [...(await resolveTags(client, repository)).keys()];
}

/** The digest that a tag points to now; undefined if there is no such tag, in a repository that is there. */
export async function resolveTag(client: GarClient, repository: string, tag: string): Promise<Digest | undefined> {
  const doing = `read the tag ${client.label(repository, tag)}`;
  const json = await client.find({ doing, permission: 'artifactregistry.tags.get', path: client.tagOf(repository, tag) });
  if (json) return readTag(json, doing)[1];
  await confirmMissing(client, repository);
  return undefined;
}

/** All tags on a digest now; undefined if it is not there, in a repository that is. */
export async function findTags(client: GarClient, repository: string, digest: Digest): Promise<string[] | undefined> {
  const doing = `read the tags of ${client.label(repository, digest)}`;
  // Only the full view has tags (gcloud, api_lib/artifacts).
  const json = await client.find({
    doing,
    permission: 'artifactregistry.versions.get',
    path: client.versionOf(repository, digest),
    query: { view: 'FULL' },
  });
  if (!json) {
    await confirmMissing(client, repository);
    return undefined;
  }
  const related = asList(json['relatedTags']);
  if (!related || lastPart(asText(json['name']) ?? '', 'versions') !== digest) throw badAnswer(doing, 'the answer is not that version');
  if (related.length >= TAGS_TOLD) return [...(await resolveTags(client, repository, { digest })).keys()];
  return related.map((tag) => readTag(asObject(tag) ?? {}, doing)[0]);
}

/** Throws `NOT_FOUND` for a repository that is not there. */
async function checkPackage(client: GarClient, repository: string, signal?: AbortSignal): Promise<void> {
  const doing = `read the image ${client.label(repository)}`;
  if (!(await client.find({ doing, permission: 'artifactregistry.packages.get', path: client.packageOf(repository), signal })))
    throw noSuchImage(client, repository);
}

function readTag(json: JsonObject, doing: string): readonly [tag: string, digest: Digest] {
  const tag = lastPart(asText(json['name']) ?? '', 'tags') ?? '';
  const digest = lastPart(asText(json['version']) ?? '', 'versions') ?? '';
  if (isTag(tag) && isDigest(digest)) return [tag, digest];
  throw badAnswer(doing, `it lists ${JSON.stringify([json['name'], json['version']]).slice(0, 300)}, which is not a tag`);
}
