import { kindOfToken } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { createRegistryAuth } from '../../auth/create-registry-auth.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { JsonObject } from '../../domain/json.ts';
import { jsonObjectOf } from '../../distribution/answer-errors.ts';
import { OciClient } from '../../distribution/client.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { type Asked, describe, isNotFound, refused } from './answer-errors.ts';

export interface QuayClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  /** Base URL, what `/api/v1` and `/v2` are below. */
  readonly url: string;
  readonly http: HttpClient;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
}

/** A request to the API. */
export interface Call extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below `/api/v1`, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Whose credentials are used. */
  readonly repository?: string;
  readonly json?: object;
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page of 100 indexes that tell their children is less than 1 MB; an index of 4 MiB is escaped as text. */
const MAX_ANSWER = 32 * 1024 * 1024;
/** The user name with which `/v2/auth` takes an OAuth2 access token as the password. */
const TOKEN_USER = '$oauthtoken';

/**
 * Sends requests to Quay: to `/api/v1`, which tells nearly everything and counts nothing as a pull, and to `/v2/` (`oci`) for configs and
 * for what is attached by digest. One OAuth2 access token opens both.
 */
export class QuayClient {
  readonly name: string;
  readonly url: string;
  readonly oci: OciClient;
  readonly #options: QuayClientOptions;
  readonly #tokenUsers = new WeakMap<Credentials, Credentials>();

  constructor(options: QuayClientOptions) {
    const { name, http } = options;
    this.name = name;
    this.url = options.url.replace(/\/+$/, '');
    this.#options = options;
    const auth = createRegistryAuth({ http, registry: name, url: this.url, credentials: (repository) => this.#tokenUser(repository) });
    this.oci = new OciClient({ name, url: this.url, send: (request, scopes) => auth.send(request, scopes) });
  }

  /** How messages name a repository, or an image in it: `prod/team/app`, `prod/team/app:v1`, `prod/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /** Sends a request and gives back the answer whatever its status. Throws `AUTH` for credentials that the API never takes. */
  async call({ method = 'GET', path, query = {}, repository, json, once, signal, doing }: Call): Promise<HttpResponse> {
    const token = this.#tokenOf(await this.#options.credentials(repository), doing);
    const text = new URLSearchParams(query).toString();
    return this.#options.http.request({
      method,
      url: `${this.url}/api/v1${path}${text === '' ? '' : `?${text}`}`,
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json && { 'content-type': 'application/json' }),
      },
      ...(json && { body: JSON.stringify(json) }),
      ...(once && { once }),
      maxBytes: MAX_ANSWER,
      ...(signal && { signal }),
    });
  }

  /** The JSON object that is answered. Throws `AUTH`, `NOT_FOUND`, `DELETE_DISABLED`, `REGISTRY_ERROR`, `BAD_RESPONSE`. */
  async get(call: Call): Promise<JsonObject> {
    return this.read(call, await this.call(call));
  }

  /** The same; undefined where Quay says that what is named is not there, which may be the repository. */
  async find(call: Call): Promise<JsonObject | undefined> {
    const response = await this.call(call);
    return isNotFound(response) ? undefined : this.read(call, response);
  }

  /** Reads an answer as a JSON object. */
  async read(call: Call, response: HttpResponse): Promise<JsonObject> {
    if (response.status !== 200) throw await this.refused(call, response);
    return jsonObjectOf(response, call.doing);
  }

  /** The error for an answer. */
  async refused(call: Call, response: HttpResponse): Promise<ToolError> {
    return refused(call, response, await this.#options.credentials(call.repository));
  }

  #tokenOf(credentials: Credentials | undefined, doing: string): string | undefined {
    if (!credentials) return undefined;
    const hint = `Make an OAuth2 access token (organization, Applications), and give it as the password of the user ${TOKEN_USER}.`;
    if (!('username' in credentials)) {
      throw new ToolError(
        'AUTH',
        `Cannot ${doing}: Quay's API does not take ${kindOfToken(credentials)}, which is what was found for ${this.name}.`,
        {
          hint,
        },
      );
    }
    if (credentials.username.includes('+') || credentials.username === '$app') {
      const message = `Cannot ${doing}: Quay's API takes OAuth2 access tokens alone, and none of robot accounts and applications`;
      throw new ToolError('AUTH', `${message}; asked ${describe(credentials)}.`, { hint });
    }
    return credentials.password;
  }

  async #tokenUser(repository: string | undefined): Promise<Credentials | undefined> {
    const credentials = await this.#options.credentials(repository);
    if (!credentials || !('username' in credentials)) return credentials;
    const known = this.#tokenUsers.get(credentials) ?? { ...credentials, username: TOKEN_USER };
    this.#tokenUsers.set(credentials, known);
    return known;
  }
}

/** The path of a repository in the API. Throws `NOT_FOUND` for what cannot be the name of one. */
export function repositoryPath(client: QuayClient, repository: string): string {
  if (isRepositoryName(repository) && repository.includes('/')) return `/repository/${repository}`;
  throw new ToolError('NOT_FOUND', `There is no repository ${client.label(repository)}: repositories on Quay are named NAMESPACE/NAME.`, {
    hint: `Name one, or all of a namespace: ${client.label(repository)}/**.`,
  });
}
