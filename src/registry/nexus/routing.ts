import { ToolError } from '../../diagnostics/tool-error.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { NexusClient } from './client.ts';
import type { NexusRepositories, NexusRepository } from './nexus-repositories.ts';

/** Where the tags of a repository, as Docker knows it, stand in Nexus. */
export interface Place {
  readonly hosted: NexusRepository;
  /** The name of its components. */
  readonly image: string;
}

export interface RoutingOptions {
  readonly client: NexusClient;
  readonly repositories: NexusRepositories;
  /** The Nexus repository that the host stands for, as the config or the URL says; undefined where neither does. */
  readonly hosted: string | undefined;
  /** The REST API is at another address than the registry: it is a port or host for Docker clients alone. */
  readonly isConnector: boolean;
}

/**
 * Finds the Nexus repository of a name. Where the host stands for one repository (a port, a subdomain, `/repository/NAME`), names are those
 * of its images. Otherwise names begin with it (path-based routing, Nexus 3.83 and later): `docker-hosted/team/app`.
 */
export class Routing {
  readonly #options: RoutingOptions;
  #only: Promise<NexusRepository | undefined> | undefined;

  constructor(options: RoutingOptions) {
    this.#options = options;
  }

  /**
   * Throws `NOT_FOUND` where no image can be of that name or these credentials see no such Nexus repository, and `USAGE` for a proxy or
   * group, with the hosted repository to name in its place.
   */
  async place(repository: string): Promise<Place> {
    const { client } = this.#options;
    const only = await this.#hostedOfHost();
    if (only) return { hosted: only, image: repository };
    const slash = repository.indexOf('/');
    const first = slash < 0 ? repository : repository.slice(0, slash);
    const hosted = await this.#hostedOf(first, repository);
    if (slash >= 0) return { hosted, image: repository.slice(slash + 1) };
    throw new ToolError('NOT_FOUND', `There is no image ${client.label(repository)}: that is a Nexus repository, and images stand in it.`, {
      hint: `Name one, or all of it: ${client.label(repository)}/**.`,
    });
  }

  /** What an image of a Nexus repository is called here; undefined for a name that Docker does not take. */
  async nameOf(hosted: NexusRepository, image: string): Promise<string | undefined> {
    const name = (await this.#hostedOfHost()) ? image : `${hosted.name}/${image}`;
    return isRepositoryName(name) ? name : undefined;
  }

  /** The hosted repositories of this registry, that of `below` alone where it names one. `onSkipped` is told of the others. */
  async hosted(below: string | undefined, onSkipped: ((message: string) => void) | undefined): Promise<readonly NexusRepository[]> {
    const { client, repositories } = this.#options;
    const only = await this.#hostedOfHost();
    if (only) return [only];
    if (below !== undefined) return [await this.#hostedOf(below.split('/')[0] as string, below)];
    const all = await repositories.all();
    const found = all.filter(({ type }) => type === 'hosted');
    if (found.length === 0) {
      throw new ToolError('AUTH', `The registry ${client.name} shows these credentials no hosted repository for images.`, {
        hint: 'Give a role of this user the privilege nx-repository-view-docker-NAME-browse, or nx-repository-view-docker-*-browse.',
      });
    }
    for (const { name, type } of all)
      if (type !== 'hosted')
        onSkipped?.(`${client.label(name)} is a ${type} repository, whose images stand elsewhere, and was passed over.`);
    return found;
  }

  #hostedOfHost(): Promise<NexusRepository | undefined> {
    this.#only ??= this.#findOnly().catch((error: unknown) => {
      this.#only = undefined;
      throw error;
    });
    return this.#only;
  }

  async #findOnly(): Promise<NexusRepository | undefined> {
    const { hosted, isConnector } = this.#options;
    if (hosted !== undefined) return this.#hostedOf(hosted, undefined);
    return isConnector ? this.#hostedOfConnector() : undefined;
  }

  /** By the port or subdomain that is set for it. */
  async #hostedOfConnector(): Promise<NexusRepository> {
    const { client, repositories } = this.#options;
    const { hostname, port, protocol } = new URL(client.url);
    const own = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port);
    const candidates = (await repositories.all()).filter(({ type }) => type === 'hosted');
    const settings = await Promise.all(candidates.map((candidate) => repositories.settings(candidate)));
    const found = candidates.filter((_candidate, position) => {
      const { ports = [], subdomain } = settings[position] ?? {};
      return ports.includes(own) || (subdomain !== undefined && hostname.startsWith(`${subdomain}.`));
    });
    const [one, ...others] = found;
    if (one && others.length === 0) return one;
    const names = candidates.map(({ name }) => name);
    throw new ToolError('CONFIG_INVALID', `Which Nexus repository ${client.url} is cannot be found out: no port or subdomain says it.`, {
      hint: `Say it in the config, as "nexus.repository"${names.length === 0 ? '' : `; these credentials see ${names.join(', ')}`}.`,
    });
  }

  /** `repository` is the whole name, where it begins with that of the Nexus repository. */
  async #hostedOf(name: string, repository: string | undefined): Promise<NexusRepository> {
    const { client, repositories } = this.#options;
    const all = await repositories.all();
    const found = all.find((one) => one.name === name);
    const label = repository === undefined ? name : client.label(repository);
    if (!found) {
      const { host } = new URL(client.url);
      const hosts = `If ${host} stands for a single repository, as a port or subdomain does, say which: "nexus.repository".`;
      // Nothing at all is shown to whoever has no right to anything.
      throw new ToolError(
        all.length === 0 ? 'AUTH' : 'NOT_FOUND',
        `Cannot find ${label}: ${client.name} shows these credentials no repository "${name}" for images.`,
        {
          hint: `Check the name, and that a role of this user has nx-repository-view-docker-${name}-browse. ${hosts}`,
        },
      );
    }
    if (found.type === 'hosted') return found;
    const hosted = all.filter(({ type }) => type === 'hosted').map((one) => one.name);
    const members = (found.type === 'group' && (await repositories.hostedMembers(found))) || hosted;
    const instead = members.map((member) =>
      repository === undefined ? `"nexus.repository: ${member}"` : client.label(`${member}${repository.slice(name.length)}`),
    );
    const why = found.type === 'group' ? 'a group, through which nothing is deleted' : 'a proxy, which holds copies of another registry';
    throw new ToolError('USAGE', `Nothing is planned for ${label}: ${name} is ${why}.`, {
      hint: instead.length === 0 ? 'Name a hosted repository.' : `Name the hosted repository in its place: ${instead.join(' or ')}.`,
    });
  }
}
