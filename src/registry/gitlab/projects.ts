import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject, asText } from '../../domain/json.ts';
import type { GitlabClient } from './client.ts';
import { cleanupWords } from './cleanup-policy.ts';
import type { ContainerRepository } from './repositories.ts';
import { readTagRules, type TagRule } from './tag-rules.ts';

/** What GitLab says of a project. */
export interface Project {
  /** `group/project` */
  readonly path: string;
  /** The role of whoever asks, as a number (lib/gitlab/access.rb); undefined where it is not told, as to administrators. */
  readonly accessLevel: number | undefined;
  /** See {@link cleanupWords}. */
  readonly cleanup: string | undefined;
}

/** What is told only to some: the answer, or the clause that says why there is none. */
export type Told<T> = { readonly known: T } | { readonly unknown: string };

/** Asks about the projects of repositories, each once. */
export class Projects {
  readonly #client: GitlabClient;
  readonly #projects = new Map<number, Promise<Told<Project>>>();
  readonly #rules = new Map<number, Promise<Told<readonly TagRule[]>>>();

  constructor(client: GitlabClient) {
    this.#client = client;
  }

  of({ projectId, path }: ContainerRepository): Promise<Told<Project>> {
    const doing = `read the project of ${this.#client.label(path)}`;
    return once(this.#projects, projectId, () => this.#told(path, doing, () => this.#read(projectId, path, doing)));
  }

  /** The rules by which tags are protected, as far as they are told. */
  rulesOf({ projectId, path }: ContainerRepository): Promise<Told<readonly TagRule[]>> {
    const doing = `list the rules that protect tags in the project of ${this.#client.label(path)}`;
    return once(this.#rules, projectId, () => this.#told(path, doing, () => readTagRules(this.#client, projectId, path, doing)));
  }

  async #read(projectId: number, repository: string, doing: string): Promise<Project> {
    const json = await this.#client.get({ doing, path: `/projects/${projectId}`, repository });
    const path = asText(json['path_with_namespace']);
    if (json['id'] !== projectId || path === undefined) throw badAnswer(doing, 'the answer is not about that project');
    const permissions = asObject(json['permissions']);
    const levels = ['project_access', 'group_access'].map((key) => asObject(permissions?.[key])?.['access_level']);
    const known = levels.filter((level) => typeof level === 'number');
    return {
      path,
      accessLevel: known.length === 0 ? undefined : Math.max(...known),
      cleanup: cleanupWords(json['container_expiration_policy']),
    };
  }

  /** Where the right for such a question is missing, the images are read all the same. Any other error is thrown. */
  async #told<T>(repository: string, doing: string, ask: () => Promise<T>): Promise<Told<T>> {
    if (await this.#client.hasJobToken(repository)) return { unknown: 'GitLab does not tell that to a job token' };
    try {
      return { known: await ask() };
    } catch (error) {
      if (!(error instanceof ToolError) || (error.code !== 'AUTH' && error.code !== 'NOT_FOUND')) throw error;
      return { unknown: error.message.replace(`Cannot ${doing}: `, '').replace(/[.\s]*$/, '') };
    }
  }
}

function once<T>(known: Map<number, Promise<T>>, key: number, ask: () => Promise<T>): Promise<T> {
  const asked = known.get(key) ?? ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}
