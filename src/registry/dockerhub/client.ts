import { kindOfToken } from '../../auth/auth-errors.ts';
import { createRegistryAuth } from '../../auth/create-registry-auth.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { rememberSecret } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer, jsonObjectOf } from '../../distribution/answer-errors.ts';
import { OciClient } from '../../distribution/client.ts';
import { asText, type JsonObject, parseJsonObject } from '../../domain/json.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { type Asked, isNotFound, notLetIn, refused } from './answer-errors.ts';
import { type HubPlace, placeOf } from './place.ts';

export interface HubClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  /** Base URL of the registry, what its own `/v2/` is below. */
  readonly url: string;
  /** Base URL of the API, without a final slash. */
  readonly api: string;
  readonly http: HttpClient;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
}

/** A request to the API. */
export interface Call extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below the address of the API, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Whose credentials are used. */
  readonly repository?: string | undefined;
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page of 100 tags with many platforms each is below 1 MB. */
const MAX_ANSWER = 16 * 1024 * 1024;

/**
 * Sends requests to Docker Hub: to its API, which lists and deletes and counts nothing as a pull, and to its registry (`oci`), where GET of
 * a manifest counts and HEAD does not (docs.docker.com, "Docker Hub pull usage and limits").
 */
export class HubClient {
  readonly name: string;
  readonly oci: OciClient;
  readonly #options: HubClientOptions;
  readonly #tokens = new WeakMap<Credentials, Promise<string>>();

  constructor(options: HubClientOptions) {
    const { name, url, http, credentials } = options;
    this.name = name;
    this.#options = options;
    const auth = createRegistryAuth({ http, registry: name, url, credentials });
    this.oci = new OciClient({ name, url, send: (request, scopes) => auth.send(request, scopes) });
  }

  /** How messages name a repository, or an image in it: `docker.io/team/app`, `docker.io/team/app:v1`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /** Where a repository is. Throws `NOT_FOUND` for what cannot be the name of one. */
  place(repository: string): HubPlace {
    return placeOf(repository, this.label(repository));
  }

  /** The path of a repository in the documented part of the API. */
  pathOf(repository: string): string {
    const { namespace, name } = this.place(repository);
    return `/v2/namespaces/${namespace}/repositories/${name}`;
  }

  credentials(repository: string | undefined): Promise<Credentials | undefined> {
    return this.#options.credentials(repository);
  }

  /** Sends a request and gives back the answer whatever its status. Throws `AUTH` for a login that is refused. */
  async call(call: Call): Promise<HttpResponse> {
    const credentials = await this.credentials(call.repository);
    if (!credentials) return this.#send(call, undefined);
    const token = await this.#tokenOf(credentials, call.doing);
    const response = await this.#send(call, token);
    if (response.status !== 401) return response;
    // A token ends after some minutes. What is refused with a new one is refused for good.
    this.#tokens.delete(credentials);
    return this.#send(call, await this.#tokenOf(credentials, call.doing));
  }

  /** The JSON object that is answered. Throws `AUTH`, `NOT_FOUND`, `REGISTRY_ERROR`, `BAD_RESPONSE`. */
  async get(call: Call): Promise<JsonObject> {
    return this.read(call, await this.call(call));
  }

  /** The same; undefined where Docker Hub says that what is named is not there, which may be the repository. */
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
    return refused(call, response, await this.credentials(call.repository));
  }

  #send({ method = 'GET', path, query = {}, once, signal }: Call, token: string | undefined): Promise<HttpResponse> {
    const text = new URLSearchParams(query).toString();
    return this.#options.http.request({
      method,
      url: `${this.#options.api}${path}${text === '' ? '' : `?${text}`}`,
      headers: { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(once && { once }),
      maxBytes: MAX_ANSWER,
      ...(signal && { signal }),
    });
  }

  /** One login for all that is asked with the same credentials. One that was refused is not sent again: accounts get locked. */
  #tokenOf(credentials: Credentials, doing: string): Promise<string> {
    let token = this.#tokens.get(credentials);
    if (!token) {
      token = this.#logIn(credentials, doing);
      this.#tokens.set(credentials, token);
      token.catch((error: unknown) => {
        if (!(error instanceof ToolError) || error.code !== 'AUTH') this.#tokens.delete(credentials);
      });
    }
    return token;
  }

  async #logIn(credentials: Credentials, doing: string): Promise<string> {
    if (!('username' in credentials)) {
      const kind = kindOfToken(credentials);
      throw new ToolError('AUTH', `Cannot ${doing}: Docker Hub's API does not take ${kind}, which is what there is for ${this.name}.`, {
        hint: 'Give your Docker ID, and a personal access token as the password.',
      });
    }
    const { username: identifier, password: secret } = credentials;
    const response = await this.#options.http.request({
      method: 'POST',
      url: `${this.#options.api}/v2/auth/token`,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ identifier, secret }),
    });
    const logIn = `log in to ${this.name} to ${doing}`;
    if (response.status === 401 || response.status === 403) throw notLetIn(logIn, response, credentials);
    if (response.status !== 200) throw refused({ doing: logIn }, response, credentials);
    const token = asText(parseJsonObject(response.body)?.['access_token']);
    if (token === undefined) throw badAnswer(logIn, 'the answer has no token');
    rememberSecret(token);
    return token;
  }
}
