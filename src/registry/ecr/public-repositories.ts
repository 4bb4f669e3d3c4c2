import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText } from '../../domain/json.ts';
import type { EcrClient, RepositoryId } from './client.ts';
import { pages } from './pages.ts';

/** The account's own registry on ECR Public. */
interface OwnRegistry {
  readonly id: string;
  /** The first words of its repositories' names: the default alias, and one that was chosen. */
  readonly aliases: ReadonlySet<string>;
}

/**
 * How the API calls a repository of ECR Public. Everybody's are at one host, as `<alias>/<name>`; the API knows those of the account that asks, by `<name>` alone. An
 * alias may stand at the end of the registry's URL too, and then is no part of the names.
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
    const own = await this.#ownRegistry().catch((error: unknown) => {
      throw error instanceof ToolError
        ? new ToolError(error.code, `Cannot find ${this.#client.label(repository)}: ${error.message}`, { hint: error.hint, cause: error })
        : error;
    });
    if (own.aliases.has(alias)) return { registryId: own.id, repositoryName: name };
    throw new ToolError(
      'NOT_FOUND',
      `${this.#client.label(repository)} is not in the registry of the account ${own.id}, which is ${[...own.aliases].join(' or ')}.`,
      {
        hint: 'ECR Public shows and deletes what belongs to the account of the credentials alone. Check the alias, and the account.',
      },
    );
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
