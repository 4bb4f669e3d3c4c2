import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText } from '../../domain/json.ts';
import type { EcrClient, RepositoryId } from './client.ts';
import { ECR_PUBLIC_HOSTS } from './host.ts';
import { pages } from './pages.ts';

/** The account's own registry on ECR Public. */
interface OwnRegistry {
  readonly id: string;
  /** The first words of its repositories' names: the default alias, and one that was chosen. */
  readonly aliases: ReadonlySet<string>;
}

/**
 * How the API names a repository of ECR Public. The repositories of all accounts are at one host, as `<alias>/<name>`, but the API names
 * those of its own account by `<name>` alone. If the alias stands at the end of the registry's URL, the names of repositories leave it out
 * too.
 */
export class PublicRepositories {
  readonly #client: EcrClient;
  readonly #alias: string | undefined;
  #own: Promise<OwnRegistry> | undefined;

  constructor(client: EcrClient, alias: string | undefined) {
    this.#client = client;
    this.#alias = alias;
  }

  /** Throws `NOT_FOUND` for a name that cannot be one of the account's. */
  async identify(repository: string): Promise<RepositoryId> {
    const { alias, name } = this.split(repository);
    const own = await this.#registryOf(repository);
    if (own.aliases.has(alias)) return { registryId: own.id, repositoryName: name };
    throw new ToolError(
      'NOT_FOUND',
      `${this.#client.label(repository)} is not in the registry of the account ${own.id}, which is ${[...own.aliases].join(' or ')}.`,
      {
        hint: 'ECR Public shows and deletes what belongs to the account of the credentials alone. Check the alias, and the account.',
      },
    );
  }

  /** Every name, `host/path`, under which anybody may pull a repository of the account: below each alias of its registry, at both hosts. */
  async names(repository: string): Promise<string[]> {
    const { name } = this.split(repository);
    const { aliases } = await this.#registryOf(repository);
    return [...aliases].flatMap((alias) => ECR_PUBLIC_HOSTS.map((host) => `${host}/${alias}/${name}`));
  }

  /** Alias and name of a repository. Throws `NOT_FOUND` for a name without an alias. */
  split(repository: string): { readonly alias: string; readonly name: string } {
    if (this.#alias !== undefined) return { alias: this.#alias, name: repository };
    const slash = repository.indexOf('/');
    if (slash > 0) return { alias: repository.slice(0, slash), name: repository.slice(slash + 1) };
    throw new ToolError(
      'NOT_FOUND',
      `There is no repository ${this.#client.label(repository)}: on ECR Public, names begin with the alias of a registry.`,
      {
        hint: 'Write public.ecr.aws/<alias>/<name>, or put the alias into the URL of the registry in the config.',
      },
    );
  }

  async #registryOf(repository: string): Promise<OwnRegistry> {
    return this.#ownRegistry().catch((error: unknown) => {
      throw error instanceof ToolError
        ? new ToolError(error.code, `Cannot find ${this.#client.label(repository)}: ${error.message}`, { hint: error.hint, cause: error })
        : error;
    });
  }

  async #ownRegistry(): Promise<OwnRegistry> {
    this.#own ??= this.#read().catch((error: unknown) => {
      this.#own = undefined;
      throw error;
    });
    return this.#own;
  }

  async #read(): Promise<OwnRegistry> {
    const doing = `read the account's registry on ${this.#client.name}`;
    for await (const page of pages(this.#client, { operation: 'DescribeRegistries', doing }, { field: 'registries', key: 'registryId' })) {
      for (const registry of page.map((one) => asObject(one) ?? {})) {
        const id = asText(registry['registryId']);
        const aliases = asList(registry['aliases'])?.flatMap((alias) => asText(asObject(alias)?.['name']) ?? []);
        if (id === undefined || aliases === undefined || aliases.length === 0)
          throw badAnswer(doing, 'it lists a registry without id or alias');
        return { id, aliases: new Set(aliases) };
      }
    }
    throw new ToolError('NOT_FOUND', `Cannot ${doing}: the account of these credentials has none.`, {
      hint: 'Check which account the credentials are of.',
    });
  }
}
