import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { GarClient } from './client.ts';
import { isGcrRepository } from './host.ts';
import { imagePath, lastPart, locationResource, parseImageName, repositoryResource } from './image-name.ts';
import { pages } from './pages.ts';
import { findRepositorySettings, readRepositorySettings, type RepositorySettings } from './repository-settings.ts';

export interface CatalogOptions {
  /** The projects to look in where nothing else says. */
  readonly projects: readonly string[];
  /** Only what is below it: a project, a repository of it, or the beginning of its images' names. */
  readonly below?: string | undefined;
  readonly onSkipped?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Place {
  readonly project: string;
  readonly repository: RepositorySettings;
}

/**
 * The names of all images, `PROJECT/REPOSITORY/IMAGE…`, at the location of the host. Repositories of other formats are left out silently.
 * Virtual and remote repositories are left out with a message, and at pkg.dev also those that serve Container Registry's names, since their
 * images are known and in use as `gcr.io/…`. Throws `NOT_FOUND` where nothing tells a project: no API lists the projects of a host.
 */
export async function* listRepositories(client: GarClient, { projects, below, onSkipped, signal }: CatalogOptions): AsyncGenerator<string> {
  const named = below === undefined ? undefined : parseImageName(below, client.place);
  const wanted = named ? [named.project] : projects;
  if (wanted.length === 0) {
    throw new ToolError('NOT_FOUND', `Artifact Registry does not list the projects of ${client.name}.`, {
      hint: 'Name one, as HOST/PROJECT or HOST/PROJECT/REPOSITORY/IMAGE, in "gar.projects" of the config, or in GOOGLE_CLOUD_PROJECT.',
    });
  }
  for (const project of wanted) {
    const only = named?.repository ?? client.place.repository;
    for (const repository of only === undefined
      ? await repositoriesOf(client, project, signal)
      : [await repositoryOf(client, project, only, signal)]) {
      const why = objection(repository, only !== undefined);
      const where = client.label(`${project.replace(':', '/')}/${repository.id}`);
      if (why !== undefined) onSkipped?.(`${where} ${why}.`);
      if (why !== undefined || repository.format !== 'DOCKER') continue;
      for await (const name of imagesOf(client, { project, repository }, signal)) {
        if (below === undefined || name === below || name.startsWith(`${below}/`)) yield name;
      }
    }
  }
}

/** Why a repository is passed over; `byName`: it was asked for, or is the only one behind the host. */
function objection({ id, format, mode }: RepositorySettings, byName: boolean): string | undefined {
  if (format !== 'DOCKER') return byName ? `holds packages of the format ${format} and no images` : undefined;
  if (mode === 'virtual')
    return (
      'is a virtual repository, which has no images of its own, and was passed over; look at those that it stands for, ' +
      'and name it under "mirrors" in the config as what stands for them: what runs by its name is not known to be in use otherwise'
    );
  if (byName) return undefined;
  if (mode === 'remote') return 'caches the images of another registry and was passed over; name it to have it looked at';
  if (isGcrRepository(id))
    return `serves the images of ${id} and was passed over; look at the registry ${id}, by whose name they are in use`;
  return undefined;
}

async function repositoryOf(client: GarClient, project: string, id: string, signal: AbortSignal | undefined): Promise<RepositorySettings> {
  const settings = await findRepositorySettings(
    client,
    { project, repository: id },
    client.label(`${project.replace(':', '/')}/${id}`),
    signal,
  );
  return client.place.repository === undefined ? settings : { ...settings, id };
}

async function repositoriesOf(client: GarClient, project: string, signal: AbortSignal | undefined): Promise<RepositorySettings[]> {
  const doing = `list the repositories of ${client.label(project.replace(':', '/'))}`;
  const call = {
    doing,
    permission: 'artifactregistry.repositories.list',
    path: `${locationResource(project, client.place)}/repositories`,
    signal,
  };
  const found: RepositorySettings[] = [];
  for await (const page of pages(client, call, 'repositories')) for (const json of page) found.push(readRepositorySettings(json, doing));
  return found;
}

async function* imagesOf(client: GarClient, { project, repository }: Place, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const resource = repositoryResource({ project, repository: repository.id }, client.place);
  const doing = `list the images of ${client.label(`${project.replace(':', '/')}/${repository.id}`)}`;
  const seen = new Set<string>();
  for await (const page of pages(
    client,
    { doing, permission: 'artifactregistry.packages.list', path: `${resource}/packages`, signal },
    'packages',
  )) {
    for (const json of page) {
      const image = lastPart(asText(json['name']) ?? '', 'packages');
      const name = image === undefined ? '' : imagePath({ project, repository: repository.id, package: image }, client.place);
      if (!isRepositoryName(name))
        throw badAnswer(doing, `it lists ${JSON.stringify(json['name'] ?? null).slice(0, 200)}, which is not an image`);
      if (seen.has(name)) continue;
      seen.add(name);
      yield name;
    }
  }
}
