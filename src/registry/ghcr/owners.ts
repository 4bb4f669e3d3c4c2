import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { GhcrClient } from './client.ts';

/** Finds the paths of packages, which depend on whether their owner is an organization or a user. Each owner is asked about once. */
export class Owners {
  readonly #client: GhcrClient;
  readonly #paths = new Map<string, Promise<string>>();

  constructor(client: GhcrClient) {
    this.#client = client;
  }

  /** The path of a repository's package: `/orgs/team/packages/container/app%2Fweb`. Throws `NOT_FOUND` for an owner that is not there. */
  async packageOf(repository: string): Promise<string> {
    const [owner = '', ...rest] = repository.split('/');
    if (rest.length === 0 || !isRepositoryName(repository)) {
      const label = this.#client.label(repository);
      throw new ToolError('NOT_FOUND', `There is no repository ${label}: repositories on GitHub are named OWNER/PACKAGE.`, {
        hint: `Name one, or all of an owner: ${label}/**.`,
      });
    }
    return `${await this.pathOf(owner, repository)}/packages/container/${encodeURIComponent(rest.join('/'))}`;
  }

  /** `/orgs/team`, `/users/anna`, or `/user` for the user whose token it is, to whom alone all of their packages are shown. */
  pathOf(owner: string, repository?: string): Promise<string> {
    let path = this.#paths.get(owner);
    if (!path) {
      path = this.#find(owner, repository).catch((error: unknown) => {
        this.#paths.delete(owner);
        throw error;
      });
      this.#paths.set(owner, path);
    }
    return path;
  }

  async #find(owner: string, repository: string | undefined): Promise<string> {
    const name = encodeURIComponent(owner);
    const doing = `find out whether ${this.#client.label(owner)} is an organization or a user`;
    const { type } = await this.#client.get({ doing, path: `/users/${name}`, repository });
    if (type === 'Organization') return `/orgs/${name}`;
    if (type !== 'User') throw badAnswer(doing, 'the answer says neither');
    // The token of a workflow is of no user, and is refused.
    const self = await this.#client.call({ doing: `find out whose token it is`, path: '/user', repository });
    const login = self.status === 200 ? asText(parseJsonObject(self.body)?.['login']) : undefined;
    return login?.toLowerCase() === owner.toLowerCase() ? '/user' : `/users/${name}`;
  }
}
