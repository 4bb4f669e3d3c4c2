import type { Digest } from '../../domain/digest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import type { Reading } from './artifacts.ts';
import { LABEL_PREFIX } from './build-manifests.ts';
import { artifactPath, splitRepository } from './client.ts';
import { readList } from './pages.ts';
import type { Projects } from './projects.ts';

/**
 * Puts labels back on an artifact, by the names that they have in an inventory. Of two with the same name, that of the project is meant and
 * not that of the whole Harbor. What is on it already stays. Answers those that are not there any more.
 */
export async function restoreLabels(
  reading: Reading,
  projects: Projects,
  digest: Digest,
  names: readonly string[],
): Promise<readonly string[]> {
  const own = await labelIds(reading, await ofProject(reading, projects));
  const bare = names.filter((name) => name.startsWith(LABEL_PREFIX)).map((name) => name.slice(LABEL_PREFIX.length));
  // An account of one project may not be allowed to see the others.
  const all = bare.every((name) => own.has(name)) ? own : new Map([...(await labelIds(reading, 'scope=g')), ...own]);
  const lost: string[] = [];
  for (const name of names) {
    const id = name.startsWith(LABEL_PREFIX) ? all.get(name.slice(LABEL_PREFIX.length)) : undefined;
    if (id === undefined) lost.push(name);
    else await addLabel(reading, digest, name, id);
  }
  return lost;
}

/** The query for the labels of the repository's project; undefined where the project is not shown to these credentials. */
async function ofProject({ repository }: Reading, projects: Projects): Promise<string | undefined> {
  const project = await projects.find(splitRepository(repository)?.project ?? '');
  return project && `scope=p&project_id=${project.id}`;
}

/** The numbers of labels, by their names. */
async function labelIds({ client, repository, signal }: Reading, query: string | undefined): Promise<Map<string, number>> {
  if (query === undefined) return new Map();
  const doing = `list the labels for ${client.label(repository)}`;
  const list = await readList(client, { doing, needs: 'label:list', path: `/labels?${query}`, repository, signal }, { key: 'id' });
  return new Map(
    list.map(({ name, id }) => {
      if (typeof name !== 'string' || typeof id !== 'number') throw badAnswer(doing, 'it lists a label without a name or number');
      return [name, id];
    }),
  );
}

/** 409: the label is on it already. */
async function addLabel({ client, repository, signal }: Reading, digest: Digest, name: string, id: number): Promise<void> {
  const asked = {
    doing: `put the label ${name} back on ${client.label(repository, digest)}`,
    needs: 'artifact-label:create',
    method: 'POST' as const,
    path: `${artifactPath(repository, digest)}/labels`,
    json: { id },
    repository,
    signal,
  };
  const response = await client.send(asked);
  if (response.status !== 200 && response.status !== 409) throw await client.refused(asked, response);
}
