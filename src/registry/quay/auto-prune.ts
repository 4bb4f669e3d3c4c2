import { printable } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { asList, asObject, asText } from '../../domain/json.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { type Call, type QuayClient, repositoryPath } from './client.ts';

/** What has policies by which Quay itself deletes tags. */
export interface PruneOwner {
  /** `the repository prod/team/app` */
  readonly name: string;
  /** All whose policies a token mostly lacks the same right for: `repositories in prod/team`. */
  readonly kind: string;
  /** Reads the policies; Quay shows those of a user to that user alone. */
  readonly call: Call | undefined;
}

/** The repository, and the organization or user that it belongs to. */
export function pruneOwners(
  client: QuayClient,
  repository: string,
  ofOrganization: boolean,
  signal?: AbortSignal,
): readonly [repository: PruneOwner, namespace: PruneOwner] {
  const [namespace = ''] = repository.split('/');
  const [label, whole] = [client.label(repository), client.label(namespace)];
  const doing = `list the auto-prune policies of ${label}`;
  const own = { doing, scope: 'repo:admin', path: `${repositoryPath(client, repository)}/autoprunepolicy/`, repository, signal };
  const ofNamespace = {
    doing: `list the auto-prune policies of the organization ${whole}`,
    scope: 'org:admin',
    path: `/organization/${encodeURIComponent(namespace)}/autoprunepolicy/`,
  };
  return [
    { name: `the repository ${label}`, kind: `repositories in ${whole}`, call: own },
    ofOrganization
      ? { name: `the organization ${whole}`, kind: `the organization ${whole}`, call: ofNamespace }
      : { name: `the user ${whole}`, kind: `the user ${whole}`, call: undefined },
  ];
}

/** What each of the policies keeps, as the end of a sentence about them. */
export async function readAutoPrune(client: QuayClient, call: Call): Promise<readonly string[]> {
  const json = await client.get(call);
  const policies = 'policies' in json ? asList(json['policies'])?.map(asObject) : undefined;
  if (!policies) throw badAnswer(call.doing, 'the answer is not a list of policies');
  return policies.map((policy) => keeps(policy ?? {}));
}

/** Tells in plans of the policies by which Quay itself deletes tags. Each organization is asked once. */
export class AutoPrune {
  readonly #client: QuayClient;
  readonly #namespaces = new Map<string, Promise<readonly string[]>>();

  constructor(client: QuayClient) {
    this.#client = client;
  }

  /** What a reader should know of the policies of a repository and of its namespace, a sentence each. */
  async notes(repository: string, ofOrganization: boolean, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const [own, namespace] = pruneOwners(this.#client, repository, ofOrganization, signal);
    let known = this.#namespaces.get(namespace.name);
    if (!known) {
      known = this.#read(namespace);
      this.#namespaces.set(namespace.name, known);
    }
    return [...(await this.#read(own)), ...(await known)];
  }

  /** Where they cannot be read, that is said: nothing is decided by them. */
  async #read({ name, kind, call }: PruneOwner): Promise<readonly string[]> {
    const unknown = (of: string): string => `Whether Quay itself deletes tags by an auto-prune policy of ${of} is not known`;
    if (!call) return [`${unknown(name)}: it shows the policies of a user to that user alone.`];
    try {
      const policies = await readAutoPrune(this.#client, call);
      return policies.map((policy) => `Quay itself deletes tags by an auto-prune policy of ${name}: ${policy}.`);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      // The same words for all of them, which a plan then says once.
      if (error.code === 'AUTH') return [`${unknown(kind)}: the token lacks the scope ${call.scope}.`];
      return [`${unknown(name)}: ${error.message.replace(/[.\s]*$/, '')}.`];
    }
  }
}

function keeps({ method, value, tagPattern, tagPatternMatches }: Readonly<Record<string, unknown>>): string {
  const amount = printable(typeof value === 'number' ? String(value) : (asText(value) ?? 'unknown'));
  const what =
    method === 'number_of_tags'
      ? `it keeps the newest ${amount} tags`
      : method === 'creation_date'
        ? `it keeps tags for ${amount}`
        : `its method is ${JSON.stringify(method)}`;
  const pattern = asText(tagPattern);
  if (pattern === undefined || pattern === '') return what;
  return `${what}, of those that ${tagPatternMatches === false ? 'do not match' : 'match'} ${printable(pattern)}`;
}
