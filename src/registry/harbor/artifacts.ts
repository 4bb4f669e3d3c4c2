import type { Digest } from '../../domain/digest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { parseJsonObject } from '../../domain/json.ts';
import { isNotFound } from './answer-errors.ts';
import { type Artifact, IN_FULL, readArtifact } from './artifact.ts';
import { artifactPath, type HarborClient, repositoryPath } from './client.ts';
import { readList } from './pages.ts';

/** A repository that is being read, and by what. */
export interface Reading {
  readonly client: HarborClient;
  readonly repository: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All artifacts of a repository except accessories, which no list contains. Untagged children of an index are listed only with `base=*`
 * (src/pkg/artifact/dao/dao.go, `setBaseQuery`). A Harbor that does not know that parameter leaves them out, which is noticed because their
 * index names them. `detail` says what is asked for of each artifact.
 */
export async function listArtifacts(
  { client, repository, signal }: Reading,
  detail: string,
  onPage?: (read: number, total: number) => void,
): Promise<Artifact[]> {
  const doing = `list the artifacts of ${client.label(repository)}`;
  const path = `${repositoryPath(repository)}/artifacts?q=${encodeURIComponent('base=*')}&${detail}`;
  const list = await readList(client, { doing, needs: 'artifact:list', path, repository, signal }, { key: 'digest', onPage });
  return list.map((json) => readArtifact(json, doing));
}

/** The manifests that are listed: all artifacts and their accessories. */
export async function listManifests(reading: Reading): Promise<Set<Digest>> {
  const artifacts = await listArtifacts(reading, 'with_tag=false&with_accessory=true');
  return new Set(artifacts.flatMap(({ digest, accessories }) => [digest, ...accessories.map((accessory) => accessory.digest)]));
}

/** The artifact of a digest or tag; undefined where Harbor says that it is not there, in a repository that can be read. */
export async function findArtifact(reading: Reading, reference: string, detail: string = IN_FULL): Promise<Artifact | undefined> {
  const { client, repository, signal } = reading;
  const doing = `read the artifact ${client.label(repository, reference)}`;
  const asked = { doing, needs: 'artifact:read', path: `${artifactPath(repository, reference)}?${detail}`, repository, signal };
  const response = await client.send(asked);
  if (isNotFound(response)) {
    await checkReadable(reading);
    return undefined;
  }
  if (response.status !== 200) throw await client.refused(asked, response);
  const json = parseJsonObject(response.body);
  if (!json) throw badAnswer(doing, 'the answer is not an artifact');
  return readArtifact(json, doing);
}

/** Throws where the project cannot be read. Harbor lists the artifacts of a repository that is not there as it lists an empty one. */
export async function checkReadable({ client, repository, signal }: Reading): Promise<void> {
  const path = `${repositoryPath(repository)}/artifacts?page=1&page_size=1&with_tag=false&with_accessory=false`;
  await client.get({ doing: `list the artifacts of ${client.label(repository)}`, needs: 'artifact:list', path, repository, signal });
}

/** True if Harbor has the repository; it may be empty. */
export async function hasRepository({ client, repository, signal }: Reading): Promise<boolean> {
  const asked = {
    doing: `read the repository ${client.label(repository)}`,
    needs: 'repository:read',
    path: repositoryPath(repository),
    repository,
    signal,
  };
  const response = await client.send(asked);
  if (isNotFound(response)) return false;
  if (response.status !== 200) throw await client.refused(asked, response);
  return true;
}

/** The indexes that list each digest. */
export function indexesByChild(artifacts: Iterable<Artifact>): Map<Digest, Digest[]> {
  const indexes = new Map<Digest, Digest[]>();
  for (const { digest, children } of artifacts) {
    for (const child of new Set(children.map((one) => one.digest))) {
      const known = indexes.get(child);
      if (known) known.push(digest);
      else indexes.set(child, [digest]);
    }
  }
  return indexes;
}
