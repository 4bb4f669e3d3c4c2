import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject, asText, type JsonObject, parseJsonObject } from '../../domain/json.ts';
import type { HarborClient } from './client.ts';
import { readList } from './pages.ts';

/** A project (swagger, `Project`). */
export interface Project {
  readonly id: number;
  readonly name: string;
  /** It only caches the images of another registry, and gets them back with the next pull. */
  readonly isProxyCache: boolean;
  /** Some of its images may be pulled by nobody: those with findings of a severity, or those without a signature. */
  readonly forbidsPulls: boolean;
  /** The number of its retention policy; absent where it has none. */
  readonly retentionId?: string;
}

/** What forbids pulls, each with the text "true" (swagger, `ProjectMetadata`). */
const FORBIDDING = ['prevent_vul', 'enable_content_trust', 'enable_content_trust_cosign'];

function readProject(json: JsonObject, doing: string): Project {
  const { project_id: id, name, registry_id: registry } = json;
  const metadata = asObject(json['metadata']) ?? {};
  const retentionId = asText(metadata['retention_id']) || undefined;
  if (typeof id !== 'number' || asText(name) === undefined) throw badAnswer(doing, 'it lists a project without a name or number');
  return {
    id,
    name: name as string,
    isProxyCache: typeof registry === 'number' && registry !== 0,
    forbidsPulls: FORBIDDING.some((field) => metadata[field] === 'true'),
    ...(retentionId !== undefined && { retentionId }),
  };
}

/** All projects that the credentials may see. */
export async function listProjects(client: HarborClient, signal?: AbortSignal): Promise<Project[]> {
  const doing = `list the projects of ${client.name}`;
  const list = await readList(client, { doing, needs: 'project:list', path: '/projects', signal }, { key: 'name' });
  return list.map((json) => readProject(json, doing));
}

/** What is known of projects, each asked for once. */
export class Projects {
  readonly #client: HarborClient;
  readonly #projects = new Map<string, Promise<Project | undefined>>();
  readonly #rules = new Map<string, Promise<boolean>>();

  constructor(client: HarborClient) {
    this.#client = client;
  }

  /** The project of that name; undefined where Harbor does not show it to these credentials, although they may see what is in it. */
  find(name: string): Promise<Project | undefined> {
    return remember(this.#projects, name, async () => {
      const doing = `read the project ${this.#client.label(name)}`;
      const response = await this.#client.send({ doing, path: `/projects/${encodeURIComponent(name)}`, repository: name });
      if ([401, 403, 404].includes(response.status)) return undefined;
      if (response.status !== 200) throw await this.#client.refused({ doing, path: '', repository: name }, response);
      return readProject(parseJsonObject(response.body) ?? {}, doing);
    });
  }

  /** False only if Harbor says that no tag of the project can be immutable; what it does not tell may be. */
  mayHaveImmutableTags(name: string): Promise<boolean> {
    return remember(this.#rules, name, async () => {
      const doing = `list the immutability rules of ${this.#client.label(name)}`;
      try {
        const path = `/projects/${encodeURIComponent(name)}/immutabletagrules`;
        const rules = await readList(this.#client, { doing, needs: 'immutable-tag:list', path, repository: name }, { key: 'id' });
        return rules.some((rule) => rule['disabled'] !== true);
      } catch (error) {
        if (error instanceof ToolError && ['AUTH', 'NOT_FOUND', 'BAD_RESPONSE'].includes(error.code)) return true;
        throw error;
      }
    });
  }
}

function remember<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const begun = known.get(key) ?? read();
  known.set(key, begun);
  begun.catch(() => known.delete(key));
  return begun;
}
