import { printable } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { asList, asObject, asText } from '../../domain/json.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { type Call, type QuayClient, repositoryPath } from './client.ts';

/** Tells of the policies by which Quay itself deletes tags. Each organization is asked once. */
export class AutoPrune {
  readonly #client: QuayClient;
  readonly #organizations = new Map<string, Promise<readonly string[]>>();

  constructor(client: QuayClient) {
    this.#client = client;
  }

  /** What a reader should know of the policies of a repository and of its organization, a sentence each. */
  async notes(repository: string, ofOrganization: boolean, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const label = this.#client.label(repository);
    const path = `${repositoryPath(this.#client, repository)}/autoprunepolicy/`;
    const doing = `list the auto-prune policies of ${label}`;
    const own = await this.#read({ doing, scope: 'repo:admin', path, repository, signal }, `the repository ${label}`);
    return ofOrganization ? [...own, ...(await this.#ofOrganization(repository))] : own;
  }

  #ofOrganization(repository: string): Promise<readonly string[]> {
    const [organization = ''] = repository.split('/');
    let known = this.#organizations.get(organization);
    if (!known) {
      const label = this.#client.label(organization);
      const doing = `list the auto-prune policies of the organization ${label}`;
      // Of one reading among others: its signal must not end it.
      known = this.#read(
        { doing, scope: 'org:admin', path: `/organization/${encodeURIComponent(organization)}/autoprunepolicy/` },
        `the organization ${label}`,
      );
      this.#organizations.set(organization, known);
    }
    return known;
  }

  /** Where they cannot be read, that is said: nothing is decided by them. */
  async #read(call: Call, whose: string): Promise<readonly string[]> {
    try {
      const json = await this.#client.get(call);
      const policies = 'policies' in json ? asList(json['policies'])?.map(asObject) : undefined;
      if (!policies) throw badAnswer(call.doing, 'the answer is not a list of policies');
      return policies.map((policy) => `Quay itself deletes tags by an auto-prune policy of ${whose}: ${sentence(policy ?? {})}.`);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const why = error.code === 'AUTH' ? `the token lacks the scope ${call.scope}` : error.message.replace(/[.\s]*$/, '');
      return [`Whether Quay itself deletes tags by an auto-prune policy of ${whose} is not known: ${why}.`];
    }
  }
}

function sentence({ method, value, tagPattern, tagPatternMatches }: Readonly<Record<string, unknown>>): string {
  const amount = printable(typeof value === 'number' ? String(value) : (asText(value) ?? 'unknown'));
  const keeps =
    method === 'number_of_tags'
      ? `it keeps the newest ${amount} tags`
      : method === 'creation_date'
        ? `it keeps tags for ${amount}`
        : `its method is ${JSON.stringify(method)}`;
  const pattern = asText(tagPattern);
  if (pattern === undefined || pattern === '') return keeps;
  return `${keeps}, of those that ${tagPatternMatches === false ? 'do not match' : 'match'} ${printable(pattern)}`;
}
