import { kindOfToken } from '../../auth/auth-errors.ts';
import { basicAuthorization } from '../../auth/basic-authorization.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { OciClient, type Send } from '../../distribution/client.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { type Asked, refused } from './answer-errors.ts';

export interface GiteaClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  /** Base URL of the registry, what `/v2` is below: always the root of its host. */
  readonly url: string;
  /** The URL of the Gitea itself, what `/api/v1` is below, without a final slash. Default: `url`. */
  readonly apiUrl?: string | undefined;
  readonly http: HttpClient;
  /** To the registry, with the tokens of its token server. */
  readonly send: Send;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository?: string) => Promise<Credentials | undefined>;
}

/** A request to the API. */
export interface Call extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below `/api/v1`, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Whose credentials are used. */
  readonly repository: string;
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page of versions repeats all about their owner in each. */
const MAX_ANSWER = 32 * 1024 * 1024;

/** Sends requests to Gitea: to its API, which tells of versions and deletes single ones, and to its registry (`oci`). */
export class GiteaClient {
  readonly name: string;
  readonly url: string;
  readonly oci: OciClient;
  readonly #options: GiteaClientOptions;

  constructor(options: GiteaClientOptions) {
    this.#options = options;
    this.oci = new OciClient(options);
    this.name = options.name;
    this.url = this.oci.url;
  }

  /** How messages name a repository, or an image in it: `prod/team/app`, `prod/team/app:v1`, `prod/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /** Sends a request and gives back the answer whatever its status. Throws `AUTH` for credentials that the API never takes. */
  async call({ method = 'GET', path, query = {}, repository, once, signal, doing }: Call): Promise<HttpResponse> {
    const credentials = await this.#options.credentials(repository);
    if (credentials && !('username' in credentials)) {
      const found = `${kindOfToken(credentials)}, which is what was found for ${this.name}`;
      throw new ToolError('AUTH', `Cannot ${doing}: Gitea's API does not take ${found}.`, {
        hint: 'Give the name of a user and an access token (Settings, Applications) in place of the password.',
      });
    }
    const text = new URLSearchParams(query).toString();
    return this.#options.http.request({
      method,
      url: `${this.address(path)}${text === '' ? '' : `?${text}`}`,
      headers: { accept: 'application/json', ...(credentials && { authorization: basicAuthorization(credentials) }) },
      maxBytes: MAX_ANSWER,
      ...(once && { once }),
      ...(signal && { signal }),
    });
  }

  /** Where the API has a path. */
  address(path: string): string {
    return `${this.#options.apiUrl ?? this.url}/api/v1${path}`;
  }

  /** The error for an answer. */
  async refused(call: Call, response: HttpResponse): Promise<ToolError> {
    return refused(call, response, await this.#options.credentials(call.repository));
  }
}

/** Owner and package of a repository, escaped for the API. Throws `NOT_FOUND` for what cannot be the name of one. */
export function packageOf(client: GiteaClient, repository: string): { readonly owner: string; readonly name: string } {
  const slash = repository.indexOf('/');
  if (slash > 0) return { owner: repository.slice(0, slash), name: repository.slice(slash + 1) };
  throw new ToolError('NOT_FOUND', `There is no repository ${client.label(repository)}: repositories of Gitea are named OWNER/IMAGE.`, {
    hint: `Name one, or all of an owner: ${client.label(repository)}/**.`,
  });
}
