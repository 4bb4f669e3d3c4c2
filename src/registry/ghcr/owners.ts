import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { isRateLimit } from './answer-errors.ts';
import type { Call, GhcrClient } from './client.ts';

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
    const account = await this.#client.find({ doing, path: `/users/${name}`, repository });
    if (!account) await this.#mustHavePackages(name, repository, doing);
    if (!account || account['type'] === 'Organization') return `/orgs/${name}`;
    if (account['type'] !== 'User') throw badAnswer(doing, 'the answer says neither');
    const self = await this.#login(repository);
    return self?.toLowerCase() === owner.toLowerCase() ? '/user' : `/users/${name}`;
  }

  /** A server that does not show its accounts shows the packages of organizations. Throws `NOT_FOUND` where it shows neither. */
  async #mustHavePackages(name: string, repository: string | undefined, doing: string): Promise<void> {
    const call: Call = { doing, path: `/orgs/${name}/packages`, query: { package_type: 'container', per_page: '1' }, repository };
    const response = await this.#client.call(call);
    if (response.status !== 200) throw await this.#client.refused(call, response);
  }

  /** Whose token it is. The token of a workflow is of no user, and is refused. */
  async #login(repository: string | undefined): Promise<string | undefined> {
    const call: Call = { doing: `find out whose token it is that ${this.#client.name} is asked with`, path: '/user', repository };
    const response = await this.#client.call(call);
    if (response.status === 403 && !isRateLimit(response)) return undefined;
    return asText((await this.#client.read(call, response))['login']);
  }
}
