import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { asText } from '../../domain/json.ts';
import type { GarClient } from './client.ts';
import { lastPart, repositoryResource } from './image-name.ts';
import { pages } from './pages.ts';

/**
 * Makes sure that "not there" is about one image or tag: the package that it belongs to is there and may be read. A package may also be
 * gone with its last image; then its repository can be listed and does not list the package. Throws in every other case.
 */
export async function confirmMissing(client: GarClient, repository: string): Promise<void> {
  const doing = `find out whether ${client.label(repository)} is there`;
  if (await client.find({ doing, permission: 'artifactregistry.packages.get', path: client.packageOf(repository) })) return;
  const name = client.whole(repository);
  const call = { doing, permission: 'artifactregistry.packages.list', path: `${repositoryResource(name, client.place)}/packages` };
  for await (const page of pages(client, call, 'packages')) {
    if (!page.some((json) => lastPart(asText(json['name']) ?? '', 'packages') === name.package)) continue;
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Artifact Registry says that it is not there, and lists it.`, {
      hint: 'Run again.',
    });
  }
}

/** True if a manifest is there now. */
export async function isThere(client: GarClient, repository: string, digest: Digest): Promise<boolean> {
  const doing = `find out whether ${client.label(repository, digest)} is there`;
  if (await client.find({ doing, permission: 'artifactregistry.versions.get', path: client.versionOf(repository, digest) })) return true;
  await confirmMissing(client, repository);
  return false;
}

/** All manifests of an image, those without a tag too. */
export async function listManifests(client: GarClient, repository: string): Promise<Set<Digest>> {
  const doing = `list the versions of ${client.label(repository)}`;
  const call = { doing, permission: 'artifactregistry.versions.list', path: `${client.packageOf(repository)}/versions` };
  const digests = new Set<Digest>();
  for await (const page of pages(client, call, 'versions')) {
    for (const json of page) {
      const digest = lastPart(asText(json['name']) ?? '', 'versions');
      if (!isDigest(digest)) throw badAnswer(doing, 'it lists a version that is not a digest');
      digests.add(digest);
    }
  }
  return digests;
}

/** The error for an image that Artifact Registry does not know. */
export function noSuchImage(client: GarClient, repository: string): ToolError {
  return new ToolError('NOT_FOUND', `There is no image ${client.label(repository)}.`, {
    hint: 'Check project, repository and image, and the location in the host; and that the credentials may see them.',
  });
}
