import { badAnswer } from '../../distribution/answer-errors.ts';
import { ImageTags, type ListedTag } from '../../distribution/image-tags.ts';
import { asObject, asText, type JsonObject } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { Beside } from '../beside.ts';
import { isTagGone, refused } from './answer-errors.ts';
import type { Call } from './client.ts';
import type { ApiPlace } from './enterprise-api.ts';
import { listedTag, personalFields } from './listed-tag.ts';
import { PAGE, readPages } from './pages.ts';
import { sendTagDeletion } from './send-tag-deletion.ts';
import { splitRepository } from './split-repository.ts';
import type { ListOptions, RepositoryFacts, TagApi, TagDeletion } from './tag-api.ts';
import { temporaryLogin } from './temporary-login.ts';

/** The calls of the Personal Edition: ROA, version 2016-06-07, by names. Its times are numbers. */
export class PersonalApi implements TagApi {
  readonly title: string;
  readonly #place: ApiPlace;

  constructor(place: ApiPlace) {
    this.title = `Personal Edition (${place.region})`;
    this.#place = place;
  }

  async *repositories(namespace: string | undefined, signal: AbortSignal | undefined): AsyncGenerator<string> {
    const doing = `list the repositories of ${this.#place.name}`;
    const [operation, path] = namespace === undefined ? ['GetRepoList', '/repos'] : ['GetRepoListByNamespace', `/repos/${namespace}`];
    const entries = await readPages({
      doing,
      list: 'repos',
      total: 'total',
      key: nameIn,
      page: (number) => this.#readData({ operation, doing, action: 'cr:ListRepository', pathname: path, query: pageOf(number), signal }),
    });
    for (const entry of entries) {
      const name = nameIn(entry);
      if (!isRepositoryName(name)) throw badAnswer(doing, `it lists ${JSON.stringify(name)}, which is not a name`);
      yield name;
    }
  }

  async facts(repository: string, signal?: AbortSignal): Promise<RepositoryFacts> {
    const doing = `read the repository ${this.#label(repository)}`;
    const data = await this.#readData({
      operation: 'GetRepo',
      doing,
      action: 'cr:GetRepository',
      pathname: this.#path(repository),
      signal,
    });
    const state = asText(asObject(data['repo'])?.['repoStatus']) ?? 'NORMAL';
    return { immutable: false, locked: state === 'NORMAL' ? undefined : `is in the state ${state}` };
  }

  async tags(repository: string, { signal, onPage }: ListOptions): Promise<ImageTags> {
    const doing = `list the tags of ${this.#label(repository)}`;
    const pathname = `${this.#path(repository)}/tags`;
    const entries = await readPages({
      doing,
      list: 'tags',
      total: 'total',
      key: (entry) => asText(entry['tag']) ?? '',
      page: async (number) => {
        const asked = { operation: 'GetRepoTags', doing, action: 'cr:ListRepositoryTag', pathname, query: pageOf(number), signal };
        const data = await this.#readData(asked);
        onPage?.();
        return data;
      },
    });
    const tags = new ImageTags();
    for (const entry of entries) {
      const tag = listedTag(personalFields(entry), doing);
      if (tag) tags.add(tag);
    }
    return tags;
  }

  async findTag(repository: string, tag: string): Promise<ListedTag | undefined> {
    const doing = `read the tag ${this.#label(repository, tag)}`;
    const pathname = `${this.#path(repository)}/tags/${tag}`;
    const call = this.#call({ operation: 'GetRepoTag', doing, action: 'cr:GetRepositoryTag', pathname });
    const answer = await this.#place.client.call(call);
    if ('json' in answer) {
      const data = asObject(answer.json['data']) ?? {};
      return listedTag(personalFields(asObject(data['tag']) ?? data), doing);
    }
    if (isTagGone(answer.complaint)) return undefined;
    throw refused(call, answer.complaint, answer.keys.accessKeyId);
  }

  async deleteTag(repository: string, tag: string, mayRepeat = false): Promise<TagDeletion> {
    const doing = `delete the tag ${this.#label(repository, tag)}`;
    const pathname = `${this.#path(repository)}/tags/${tag}`;
    const asked = this.#call({ operation: 'DeleteImage', doing, action: 'cr:DeleteRepositoryTag', pathname });
    const call: Call = { ...asked, method: 'DELETE', mayRepeat };
    return sendTagDeletion(this.#place.client, call, (json) => asText(json['requestId']) !== undefined);
  }

  async login(): ReturnType<TagApi['login']> {
    const doing = `log in to ${this.#place.name}`;
    const asked = { operation: 'GetAuthorizationToken', doing, action: 'cr:GetAuthorizationToken', pathname: '/tokens' };
    const { tempUserName: username, authorizationToken: password, expireDate: until } = await this.#readData(asked);
    return temporaryLogin({ username, password, until }, doing);
  }

  /** It has no domains but those of its region, which its host tells. */
  async domains(): Promise<readonly string[]> {
    return [];
  }

  /** It has no rules of its own. */
  async beside(): Promise<readonly Beside[]> {
    return [];
  }

  async #readData(asked: Omit<Partial<Call>, 'doing'> & { readonly doing: string; readonly action: string }): Promise<JsonObject> {
    const data = asObject((await this.#place.client.read(this.#call(asked)))['data']);
    if (!data) throw badAnswer(asked.doing, 'the answer has no data');
    return data;
  }

  #call(asked: Partial<Call> & { readonly doing: string; readonly action: string }): Call {
    const { endpoint } = this.#place;
    return { method: 'GET', endpoint, pathname: '/', query: {}, operation: '', version: '2016-06-07', mayRepeat: true, ...asked };
  }

  #path(repository: string): string {
    const { namespace, name } = splitRepository(repository, this.#place.name);
    return `/repos/${namespace}/${name}`;
  }

  #label(repository: string, tag?: string): string {
    return `${this.#place.name}/${repository}${tag === undefined ? '' : `:${tag}`}`;
  }
}

function pageOf(number: number): Record<string, string> {
  return { Page: String(number), PageSize: String(PAGE) };
}

function nameIn(entry: JsonObject): string {
  return `${asText(entry['repoNamespace']) ?? ''}/${asText(entry['repoName']) ?? ''}`;
}
