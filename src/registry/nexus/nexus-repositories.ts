import { quoted } from '../../diagnostics/redact.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject, parseJsonObject } from '../../domain/json.ts';
import type { NexusClient } from './client.ts';

/** A repository of Nexus itself: many images stand in one. */
export interface NexusRepository {
  readonly name: string;
  /** `docker`; newer Nexuses know `oci` too. */
  readonly format: string;
  readonly type: 'hosted' | 'proxy' | 'group';
}

/** The ways to a repository besides its name in a path. */
export interface Connectors {
  readonly ports: readonly number[];
  readonly subdomain: string | undefined;
}

/** A group, with all that it shows, itself and other groups too. */
interface Group extends Connectors {
  readonly members: readonly string[];
}

/** How a hosted repository is set up. */
export interface HostedSettings extends Connectors {
  /** `ALLOW`, `ALLOW_ONCE` (tags cannot be moved), `DENY` (nothing can be changed), or what newer versions know. */
  readonly writePolicy: string | undefined;
  readonly cleanupPolicies: readonly string[];
  readonly blobStore: string | undefined;
}

/** The repositories of a Nexus for images, and how they are set up; each is asked for once, and again if that fails. */
export class NexusRepositories {
  readonly #client: NexusClient;
  #all: Promise<readonly NexusRepository[]> | undefined;
  readonly #settings = new Map<string, Promise<HostedSettings | undefined>>();
  readonly #groups = new Map<string, Promise<Group | undefined>>();

  constructor(client: NexusClient) {
    this.#client = client;
  }

  /** Those that these credentials may see (`/v1/repositories` leaves out the others). */
  all(): Promise<readonly NexusRepository[]> {
    this.#all ??= this.#readAll().catch((error: unknown) => {
      this.#all = undefined;
      throw error;
    });
    return this.#all;
  }

  /** How a hosted repository is set up; undefined where these credentials may not see that, or this version does not tell it. */
  settings({ name, format }: NexusRepository): Promise<HostedSettings | undefined> {
    let known = this.#settings.get(name);
    if (!known) {
      known = this.readSettings({ name, format });
      this.#settings.set(name, known);
      known.catch(() => this.#settings.delete(name));
    }
    return known;
  }

  /** The same, asked anew. */
  async readSettings({ name, format }: Pick<NexusRepository, 'name' | 'format'>): Promise<HostedSettings | undefined> {
    const call = {
      doing: `read the settings of the Nexus repository ${name} of ${this.#client.name}`,
      privilege: `nx-repository-admin-${format}-${name}-read`,
      path: `/v1/repositories/${format}/hosted/${encodeURIComponent(name)}`,
    };
    const response = await this.#client.call(call);
    // Older versions do not have this call.
    if (response.status === 403 || response.status === 404) return undefined;
    if (response.status !== 200) throw await this.#client.refused(call, response);
    const json = parseJsonObject(response.body);
    const storage = asObject(json?.['storage']);
    if (!json || !storage) throw badAnswer(call.doing, 'the answer is not a repository');
    return {
      writePolicy: asText(storage['writePolicy'])?.toUpperCase(),
      cleanupPolicies: (asList(asObject(json['cleanup'])?.['policyNames']) ?? []).filter((policy) => typeof policy === 'string'),
      blobStore: asText(storage['blobStoreName']),
      ...connectorsIn(json, format),
    };
  }

  /** The hosted repositories that a group shows, by way of other groups too; undefined where these credentials may not see them. */
  async hostedMembers(group: NexusRepository): Promise<readonly string[] | undefined> {
    const all = await this.all();
    const found = new Set<string>();
    const pending = [group.name];
    const asked = new Set<string>();
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (asked.has(name)) continue;
      asked.add(name);
      const repository = all.find((one) => one.name === name);
      if (repository?.type === 'hosted') found.add(name);
      const members = repository?.type === 'group' ? (await this.#group(repository))?.members : [];
      if (!members) return undefined;
      pending.push(...members);
    }
    return [...found];
  }

  /**
   * The groups that show a hosted repository, with the ways to them; undefined where these credentials may not see the members of one.
   */
  async groupsOf({ name }: NexusRepository): Promise<readonly (Connectors & { readonly name: string })[] | undefined> {
    const groups: (Connectors & { readonly name: string })[] = [];
    for (const repository of (await this.all()).filter(({ type }) => type === 'group')) {
      const [group, members] = [await this.#group(repository), await this.hostedMembers(repository)];
      if (!group || !members) return undefined;
      if (members.includes(name)) groups.push({ ...group, name: repository.name });
    }
    return groups;
  }

  #group(repository: NexusRepository): Promise<Group | undefined> {
    let known = this.#groups.get(repository.name);
    if (!known) {
      known = this.#readGroup(repository);
      this.#groups.set(repository.name, known);
      known.catch(() => this.#groups.delete(repository.name));
    }
    return known;
  }

  async #readGroup({ name, format }: NexusRepository): Promise<Group | undefined> {
    const call = {
      doing: `read the members of the group ${name} of ${this.#client.name}`,
      privilege: `nx-repository-admin-${format}-${name}-read`,
      path: `/v1/repositories/${format}/group/${encodeURIComponent(name)}`,
    };
    const response = await this.#client.call(call);
    if (response.status === 403 || response.status === 404) return undefined;
    if (response.status !== 200) throw await this.#client.refused(call, response);
    const json = parseJsonObject(response.body);
    const members = asList(asObject(json?.['group'])?.['memberNames']);
    if (!json || !members) throw badAnswer(call.doing, 'the answer is not a group');
    return { members: members.filter((member) => typeof member === 'string'), ...connectorsIn(json, format) };
  }

  async #readAll(): Promise<NexusRepository[]> {
    const doing = `list the Nexus repositories of ${this.#client.name}`;
    const privilege = 'nx-repository-view-docker-*-browse';
    const json = await this.#client.get({ doing, privilege, path: '/v1/repositories' });
    if (!Array.isArray(json)) throw badAnswer(doing, 'the answer is not a list');
    return json.flatMap((entry: unknown) => {
      const { name, format, type } = asObject(entry) ?? {};
      if (typeof name !== 'string' || typeof format !== 'string') throw badAnswer(doing, 'it lists something without a name or format');
      if (format !== 'docker' && format !== 'oci') return [];
      if (type !== 'hosted' && type !== 'proxy' && type !== 'group') throw badAnswer(doing, `the type of ${quoted(name)} is not known`);
      return [{ name, format, type }];
    });
  }
}

function connectorsIn(json: JsonObject, format: string): Connectors {
  const docker = asObject(json[format]) ?? asObject(json['docker']);
  return {
    ports: [docker?.['httpPort'], docker?.['httpsPort']].filter((port) => typeof port === 'number'),
    subdomain: asText(docker?.['subdomain']),
  };
}

/** Why nothing can be deleted in a repository, as the end of a sentence that begins with its name; undefined where it can. */
export function whyLocked(writePolicy: string | undefined): string | undefined {
  return writePolicy === 'DENY' ? 'is read-only (its deployment policy is "Read-only", DENY)' : undefined;
}
