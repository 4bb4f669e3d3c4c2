import { notLetIn } from '../../auth/auth-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { asText, type JsonObject } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { isNotFound } from './answer-errors.ts';
import type { Call, GitlabClient } from './client.ts';

/** A repository of images as GitLab knows it: a project has any number of them, and the names of all begin with that of the project. */
export interface ContainerRepository {
  readonly id: number;
  readonly projectId: number;
  /** `group/project` or `group/project/name` */
  readonly path: string;
  /** `delete_scheduled`, `delete_ongoing`, `delete_failed` (app/models/container_repository.rb); undefined where it is none of these. */
  readonly status: string | undefined;
}

/** Finds the projects and ids of repositories. What was found is remembered, and what was not is asked for anew. */
export class Repositories {
  readonly #client: GitlabClient;
  readonly #known = new Map<string, ContainerRepository>();
  /** By the path of a project; undefined where there is no project of that path. */
  readonly #lists = new Map<string, Promise<readonly ContainerRepository[] | undefined>>();
  /** The same of groups. */
  readonly #groups = new Map<string, Promise<readonly ContainerRepository[] | undefined>>();

  constructor(client: GitlabClient) {
    this.#client = client;
  }

  /**
   * The repository of that name. Which part of the name is the project's cannot be seen, so each is asked for, the shortest first, since
   * many repositories have that in common. Throws `NOT_FOUND` where GitLab shows no such project, or no such repository in it.
   */
  async find(name: string): Promise<ContainerRepository> {
    const known = this.#known.get(name);
    if (known) return known;
    try {
      return await this.#search(name);
    } catch (error) {
      const label = this.#client.label(name);
      // What is asked for is a list of its project, and others may wait for the same answer.
      if (!(error instanceof ToolError) || error.message.includes(label)) throw error;
      const { code, message, hint, transient } = error;
      throw new ToolError(code, `Cannot find the repository ${label}: ${message}`, { hint, transient, cause: error });
    }
  }

  async #search(name: string): Promise<ContainerRepository> {
    if (!name.includes('/')) {
      throw await this.#missing(name, (await this.ofGroup(name)) ? 'it is a group' : 'GitLab shows no group of that name either');
    }
    const project = await this.#projectOf(name);
    if (project === undefined) throw await this.#missing(name, `GitLab shows no project ${pathsOf(name).join(' and no project ')}`);
    const listed = (await this.#listOf(project)) ?? [];
    const found = listed.find(({ path }) => path === name) ?? (await this.ofProject(project))?.find(({ path }) => path === name);
    if (!found) throw await this.#missing(name, `GitLab lists no such repository in the project ${project}`);
    return found;
  }

  /** All repositories of a group and what is below it; undefined where GitLab shows no such group. */
  ofGroup(path: string): Promise<readonly ContainerRepository[] | undefined> {
    const list =
      this.#groups.get(path) ??
      this.#read({
        doing: `list the repositories of the group ${this.#client.label(path)}`,
        path: `/groups/${encodeURIComponent(path)}/registry/repositories`,
        repository: path,
      });
    this.#groups.set(path, list);
    list.catch(() => this.#groups.delete(path));
    return list;
  }

  /** All repositories of a project; undefined where GitLab shows no such project. */
  ofProject(path: string): Promise<readonly ContainerRepository[] | undefined> {
    const list = this.#read({
      doing: `list the repositories of the project ${this.#client.label(path)}`,
      path: `/projects/${encodeURIComponent(path)}/registry/repositories`,
      repository: path,
    });
    this.#lists.set(path, list);
    list.catch(() => this.#lists.delete(path));
    return list;
  }

  #listOf(path: string): Promise<readonly ContainerRepository[] | undefined> {
    return this.#lists.get(path) ?? this.ofProject(path);
  }

  async #projectOf(name: string): Promise<string | undefined> {
    for (const path of pathsOf(name)) if (await this.#listOf(path)) return path;
    return undefined;
  }

  async #read(call: Call): Promise<readonly ContainerRepository[] | undefined> {
    const asked: Call = { ...call, query: { per_page: '100' } };
    const first = await this.#client.call(asked);
    if (isNotFound(first)) return undefined;
    const found = new Map<number, ContainerRepository>();
    const bounds = new ListBounds(call.doing);
    for await (const page of this.#client.pages(asked, first)) {
      for (const entry of page) {
        const repository = repositoryIn(entry);
        if (!repository) throw badAnswer(call.doing, 'it lists something that is not a repository');
        found.set(repository.id, repository);
        this.#known.set(repository.path, repository);
      }
      bounds.check(found.size);
    }
    return [...found.values()];
  }

  /** What is private does not exist for whoever is not logged in. */
  async #missing(name: string, why: string): Promise<ToolError> {
    const message = `There is no repository ${this.#client.label(name)}: ${why}`;
    if (await this.#client.isAnonymous(name)) return notLetIn(message, undefined);
    return new ToolError('NOT_FOUND', `${message}.`, {
      hint:
        'Check the name, GROUP/PROJECT or GROUP/PROJECT/NAME, and that the token may see it. A job token is for the project of its ' +
        'job alone.',
    });
  }
}

/** What may be the project of a repository, the shortest first: projects are in a group or in the namespace of a user. */
export function pathsOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, position) => parts.slice(0, position + 2).join('/'));
}

function repositoryIn({ id, project_id: projectId, path, status }: JsonObject): ContainerRepository | undefined {
  if (!Number.isSafeInteger(id) || !Number.isSafeInteger(projectId)) return undefined;
  if (typeof path !== 'string' || !isRepositoryName(path)) return undefined;
  return { id: id as number, projectId: projectId as number, path, status: asText(status) };
}
