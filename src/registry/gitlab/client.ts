import { kindOfToken } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer, jsonObjectOf } from '../../distribution/answer-errors.ts';
import { OciClient, type Send } from '../../distribution/client.ts';
import { asObject, type JsonObject, parseJson } from '../../domain/json.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { followPages } from '../../http/next-page.ts';
import { type Asked, refused, TOKENS } from './answer-errors.ts';

export interface GitlabClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  /** Base URL of the registry, what `/v2` is below. */
  readonly url: string;
  /** The URL of the GitLab itself, what `/api/v4` is below, without a final slash; called until it answers. */
  readonly apiUrl: () => Promise<string>;
  readonly http: HttpClient;
  /** To the registry, with the tokens of its token server. */
  readonly send: Send;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository?: string) => Promise<Credentials | undefined>;
}

/** A request to the API. */
export interface Call extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below `/api/v4`, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Whose credentials are used. */
  readonly repository?: string;
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What a job in a pipeline logs in as (docs.gitlab.com, "GitLab CI/CD job token"). */
const JOB_USER = 'gitlab-ci-token';
/** The user of every deploy token without a name of its own (docs.gitlab.com, "Deploy tokens"), and how such tokens begin. */
const DEPLOY_USER = /^gitlab\+deploy-token-\d+$/;
const DEPLOY_TOKEN = 'gldt-';

/**
 * Sends requests to GitLab: to its API, which tells what is protected, and deletes; and to its registry (`oci`), which tells what images
 * are. One token opens both.
 */
export class GitlabClient {
  readonly name: string;
  readonly url: string;
  readonly oci: OciClient;
  readonly #options: GitlabClientOptions;

  constructor(options: GitlabClientOptions) {
    this.#options = options;
    this.oci = new OciClient(options);
    this.name = options.name;
    this.url = this.oci.url;
  }

  /** How messages name a repository, or an image in it: `prod/team/app`, `prod/team/app:v1`, `prod/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /** True of a job token: with one, GitLab tells nothing of a project but what is in its registry. */
  async hasJobToken(repository: string): Promise<boolean> {
    const credentials = await this.#options.credentials(repository);
    return credentials !== undefined && 'username' in credentials && credentials.username === JOB_USER;
  }

  async isAnonymous(repository: string): Promise<boolean> {
    return (await this.#options.credentials(repository)) === undefined;
  }

  /** Sends a request and gives back the answer whatever its status. Throws `AUTH` for credentials that the API never takes. */
  async call(call: Call): Promise<HttpResponse> {
    const text = new URLSearchParams(call.query).toString();
    return this.#send(call, `${await this.#options.apiUrl()}/api/v4${call.path}${text === '' ? '' : `?${text}`}`);
  }

  /** The JSON object that is answered. Throws `AUTH`, `NOT_FOUND`, `REGISTRY_ERROR`, `BAD_RESPONSE`. */
  async get(call: Call): Promise<JsonObject> {
    const response = await this.call(call);
    if (response.status !== 200) throw await this.refused(call, response);
    return jsonObjectOf(response, call.doing);
  }

  /** The pages of a list whose first one was answered; each leads to the next by its `Link`. Throws as {@link get}. */
  async *pages(call: Call, first: HttpResponse): AsyncGenerator<readonly JsonObject[]> {
    let ready: HttpResponse | undefined = first;
    const pages = followPages(first.url, async (url) => {
      const page = ready ?? (await this.#send(call, url));
      ready = undefined;
      if (page.status !== 200) throw await this.refused(call, page);
      return page;
    });
    for await (const page of pages) {
      const list = parseJson(page.body);
      const entries = Array.isArray(list) ? list.map(asObject) : undefined;
      if (!entries?.every((entry) => entry !== undefined)) throw badAnswer(call.doing, 'the answer is not a list of objects');
      yield entries;
    }
  }

  /** The error for an answer. */
  async refused(call: Call, response: HttpResponse): Promise<ToolError> {
    return refused(call, response, await this.#options.credentials(call.repository));
  }

  /** No redirect is followed: the headers of GitLab's tokens are its own, and would be sent along to another host. */
  async #send({ method = 'GET', repository, doing, once, signal }: Call, url: string): Promise<HttpResponse> {
    const headers = { accept: 'application/json', ...this.#tokenHeader(await this.#options.credentials(repository), doing) };
    return this.#options.http.request({ method, url, headers, follow: false, ...(once && { once }), ...(signal && { signal }) });
  }

  #tokenHeader(credentials: Credentials | undefined, doing: string): Readonly<Record<string, string>> {
    if (!credentials) return {};
    if (!('username' in credentials)) {
      const found = `${kindOfToken(credentials)}, which is what was found for ${this.name}`;
      throw new ToolError('AUTH', `Cannot ${doing}: GitLab's API does not take ${found}.`, { hint: TOKENS });
    }
    const { username, password } = credentials;
    if (DEPLOY_USER.test(username) || password.startsWith(DEPLOY_TOKEN)) {
      throw new ToolError(
        'AUTH',
        `Cannot ${doing}: GitLab's API does not take deploy tokens, and what was found for ${this.name} is one.`,
        {
          hint: TOKENS,
        },
      );
    }
    return username === JOB_USER ? { 'job-token': password } : { 'private-token': password };
  }
}
