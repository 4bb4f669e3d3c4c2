import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ImageTags, type ListedTag } from '../../distribution/image-tags.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { askBeside, type Beside } from '../beside.ts';
import { isTagGone, refused } from './answer-errors.ts';
import type { ApiClient, Call } from './client.ts';
import { ruleWords } from './lifecycle-rules.ts';
import { enterpriseFields, listedTag } from './listed-tag.ts';
import { PAGE, readPages } from './pages.ts';
import { sendTagDeletion } from './send-tag-deletion.ts';
import { splitRepository } from './split-repository.ts';
import type { ListOptions, RepositoryFacts, TagApi, TagDeletion } from './tag-api.ts';
import { temporaryLogin } from './temporary-login.ts';

export interface ApiPlace {
  /** The registry's name in messages. */
  readonly name: string;
  readonly client: ApiClient;
  readonly endpoint: string;
  readonly region: string;
}

interface Repository extends RepositoryFacts {
  readonly id: string;
}

/** The calls of the Enterprise Edition: RPC, version 2018-12-01, by the id of the instance and of each repository. */
export class EnterpriseApi implements TagApi {
  readonly title: string;
  readonly #place: ApiPlace;
  readonly #instance: string;
  readonly #repositories = new Map<string, Promise<Repository>>();
  #rules: Promise<readonly JsonObject[]> | undefined;
  #domains: Promise<readonly string[] | undefined> | undefined;

  constructor(place: ApiPlace, instance: string) {
    this.title = `Enterprise Edition (${instance} in ${place.region})`;
    this.#place = place;
    this.#instance = instance;
  }

  async *repositories(namespace: string | undefined, signal: AbortSignal | undefined): AsyncGenerator<string> {
    const doing = `list the repositories of ${this.#place.name}`;
    const filter = { RepoStatus: 'NORMAL', ...(namespace !== undefined && { RepoNamespaceName: namespace }) };
    const entries = await readPages({
      doing,
      list: 'Repositories',
      total: 'TotalCount',
      key: nameIn,
      page: (number) => this.#read('ListRepository', doing, 'cr:ListRepository', { ...filter, ...pageOf(number) }, signal),
    });
    for (const entry of entries) {
      const name = nameIn(entry);
      if (!isRepositoryName(name)) throw badAnswer(doing, `it lists ${JSON.stringify(name)}, which is not a name`);
      yield name;
    }
  }

  async facts(repository: string, signal?: AbortSignal): Promise<RepositoryFacts> {
    this.#repositories.delete(repository);
    return this.#find(repository, signal);
  }

  async tags(repository: string, { signal, onPage }: ListOptions): Promise<ImageTags> {
    const doing = `list the tags of ${this.#label(repository)}`;
    const { id } = await this.#find(repository, signal);
    const entries = await readPages({
      doing,
      list: 'Images',
      total: 'TotalCount',
      key: (entry) => asText(entry['Tag']) ?? '',
      page: async (number) => {
        const json = await this.#read('ListRepoTag', doing, 'cr:ListRepositoryTag', { RepoId: id, ...pageOf(number) }, signal);
        onPage?.();
        return json;
      },
    });
    const tags = new ImageTags();
    for (const entry of entries) {
      const tag = listedTag(enterpriseFields(entry), doing);
      if (tag) tags.add(tag);
    }
    return tags;
  }

  async findTag(repository: string, tag: string): Promise<ListedTag | undefined> {
    const doing = `read the tag ${this.#label(repository, tag)}`;
    const { id } = await this.#find(repository);
    const call = this.#call('GetRepoTag', doing, 'cr:GetRepositoryTag', { RepoId: id, Tag: tag });
    const answer = await this.#place.client.call(call);
    if ('json' in answer) return listedTag(enterpriseFields(answer.json), doing);
    if (isTagGone(answer.complaint)) return undefined;
    throw refused(call, answer.complaint, answer.keys.accessKeyId);
  }

  async deleteTag(repository: string, tag: string, mayRepeat = false): Promise<TagDeletion> {
    const doing = `delete the tag ${this.#label(repository, tag)}`;
    const { id } = await this.#find(repository);
    const call = { ...this.#call('DeleteRepoTag', doing, 'cr:DeleteRepositoryTag', { RepoId: id, Tag: tag }), mayRepeat };
    return sendTagDeletion(this.#place.client, call);
  }

  /** Those of Alibaba Cloud and those that its owner has bound to it, of the internet and of VPCs. */
  domains(): Promise<readonly string[] | undefined> {
    this.#domains ??= this.#readDomains().catch((error: unknown) => {
      this.#domains = undefined;
      throw error;
    });
    return this.#domains;
  }

  async #readDomains(): Promise<readonly string[] | undefined> {
    const doing = `list the domains of ${this.#place.name}`;
    let json: JsonObject;
    try {
      json = await this.#read('ListInstanceEndpoint', doing, 'cr:ListInstanceEndpoint', { ModuleName: 'Registry' });
    } catch (error) {
      if (error instanceof ToolError && error.code === 'AUTH') return undefined;
      throw error;
    }
    const endpoints = 'Endpoints' in json ? asList(json['Endpoints'])?.map(asObject) : undefined;
    if (!endpoints) throw badAnswer(doing, 'the answer is not a list');
    const domains = endpoints.flatMap((endpoint) => (asList(endpoint?.['Domains']) ?? []).map(asObject));
    return domains.flatMap((domain) => asText(domain?.['Domain'])?.toLowerCase() ?? []);
  }

  async login(): ReturnType<TagApi['login']> {
    const doing = `log in to ${this.#place.name}`;
    const json = await this.#read('GetAuthorizationToken', doing, 'cr:GetAuthorizationToken', {});
    const { TempUsername: username, AuthorizationToken: password, ExpireTime: until } = json;
    return temporaryLogin({ username, password, until }, doing);
  }

  async beside(repository: string): Promise<readonly Beside[]> {
    const { namespace, name } = splitRepository(repository, this.#place.name);
    return Promise.all([
      askBeside({
        check: 'retention',
        what: `the lifecycle rules of ${this.#place.name}`,
        ask: async () => {
          const rules = (await this.#readRules()).filter((rule) => concerns(rule, namespace, name));
          if (rules.length === 0) return { state: 'ok', message: `no lifecycle rule of the instance deletes tags of ${repository}` };
          return {
            state: 'warning',
            message: `Alibaba Cloud itself deletes tags of ${repository} by its lifecycle rules: ${rules.map(ruleWords).join('; ')}`,
            next: 'Let one of the two decide: delete these rules, or leave the repository out of the policies here.',
          };
        },
      }),
      askBeside({
        check: 'immutable',
        what: `the settings of ${this.#label(repository)}`,
        ask: async () => {
          const { immutable } = await this.facts(repository);
          return { state: 'ok', message: `tags of ${repository} can be ${immutable ? 'pushed once, and deleted' : 'moved and deleted'}` };
        },
      }),
    ]);
  }

  #readRules(): Promise<readonly JsonObject[]> {
    const doing = `list the lifecycle rules of ${this.#place.name}`;
    this.#rules ??= readPages({
      doing,
      list: 'Rules',
      total: 'TotalCount',
      key: (entry) => asText(entry['RuleId']) ?? '',
      page: (number) => this.#read('ListArtifactLifecycleRule', doing, 'cr:ListArtifactLifecycleRule', pageOf(number)),
    }).catch((error: unknown) => {
      this.#rules = undefined;
      throw error;
    });
    return this.#rules;
  }

  #find(repository: string, signal?: AbortSignal): Promise<Repository> {
    let known = this.#repositories.get(repository);
    if (!known) {
      known = this.#readRepository(repository, signal);
      this.#repositories.set(repository, known);
      known.catch(() => this.#repositories.delete(repository));
    }
    return known;
  }

  async #readRepository(repository: string, signal: AbortSignal | undefined): Promise<Repository> {
    const { namespace, name } = splitRepository(repository, this.#place.name);
    const doing = `read the repository ${this.#label(repository)}`;
    const query = { RepoNamespaceName: namespace, RepoName: name };
    const json = await this.#read('GetRepository', doing, 'cr:GetRepository', query, signal);
    const { RepoId: id, RepoStatus: status, TagImmutability: immutable } = json;
    if (typeof id !== 'string' || id === '') throw badAnswer(doing, 'the answer has no id');
    const state = asText(status) ?? 'NORMAL';
    return { id, immutable: immutable === true, locked: state === 'NORMAL' ? undefined : `is in the state ${state}` };
  }

  #read(operation: string, doing: string, action: string, query: Call['query'], signal?: AbortSignal): Promise<JsonObject> {
    return this.#place.client.read({ ...this.#call(operation, doing, action, query), signal });
  }

  /** With the method that the SDK of Alibaba Cloud has for it. */
  #call(operation: string, doing: string, action: string, query: Call['query']): Call {
    return {
      method: operation === 'GetRepoTag' || operation === 'ListArtifactLifecycleRule' ? 'GET' : 'POST',
      endpoint: this.#place.endpoint,
      pathname: '/',
      query: { InstanceId: this.#instance, ...query },
      operation,
      version: '2018-12-01',
      mayRepeat: true,
      doing,
      action,
    };
  }

  #label(repository: string, tag?: string): string {
    return `${this.#place.name}/${repository}${tag === undefined ? '' : `:${tag}`}`;
  }
}

function pageOf(number: number): Record<string, string> {
  return { PageNo: String(number), PageSize: String(PAGE) };
}

function nameIn(entry: JsonObject): string {
  return `${asText(entry['RepoNamespaceName']) ?? ''}/${asText(entry['RepoName']) ?? ''}`;
}

/** True of a rule that deletes tags of a repository: of the whole instance, of its namespace, or its own. */
function concerns(rule: JsonObject, namespace: string, name: string): boolean {
  const [ofNamespace, ofRepository] = [asText(rule['NamespaceName']), asText(rule['RepoName'])];
  if (rule['EnableDeleteTag'] === false) return false;
  return (ofNamespace === undefined || ofNamespace === namespace) && (ofRepository === undefined || ofRepository === name);
}
