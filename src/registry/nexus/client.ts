import { kindOfToken } from '../../auth/auth-errors.ts';
import { basicAuthorization } from '../../auth/basic-authorization.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { OciClient, type Send } from '../../distribution/client.ts';
import { asObject, type JsonObject, parseJson } from '../../domain/json.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { type Asked, refused } from './answer-errors.ts';

export interface NexusClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  /** Base URL of the registry, what `/v2` is below. */
  readonly url: string;
  /** Base URL of Nexus, what `/service/rest` is below. */
  readonly api: string;
  readonly http: HttpClient;
  /** Sends requests to `/v2`, by Basic or with tokens. */
  readonly send: Send;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
}

/** A request to the REST API. */
export interface Call extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below `/service/rest`, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page of 10 to 100 components is some hundred kB at most. */
const MAX_ANSWER = 32 * 1024 * 1024;

/** The version of a Nexus as its `Server` header tells it. */
export interface NexusVersion {
  readonly minor: number;
  /** `3.94.0-12` */
  readonly text: string;
}

/**
 * Sends requests to Nexus: to its REST API, which tells tags with their digests and times and counts nothing as a download, with Basic
 * authentication; and to `/v2` (`oci`) for manifests by their digests, for configs and lists of tags.
 */
export class NexusClient {
  readonly name: string;
  readonly url: string;
  /** Base URL of Nexus itself. */
  readonly api: string;
  readonly oci: OciClient;
  readonly #options: NexusClientOptions;
  #version: NexusVersion | undefined;
  /** Credentials that Nexus did not take, with its answer. They are not sent again. */
  readonly #refused = new WeakMap<Credentials, HttpResponse>();

  constructor(options: NexusClientOptions) {
    const { name, url, send } = options;
    this.name = name;
    this.oci = new OciClient({
      name,
      url,
      send: async (request, scopes) => {
        this.#refuseAgain(
          { doing: `read ${request.url}`, privilege: 'nx-repository-view-docker-*-read' },
          await this.#options.credentials(undefined),
        );
        return send(request, scopes).catch((error: unknown) => {
          throw error instanceof ToolError && error.code === 'AUTH' ? inPrivileges(error, scopes) : error;
        });
      },
    });
    this.url = this.oci.url;
    this.api = options.api;
    this.#options = options;
  }

  /** The version, once the REST API has answered something; undefined where a proxy keeps it back. */
  get version(): NexusVersion | undefined {
    return this.#version;
  }

  /** How messages name a repository, or an image in it: `prod/team/app`, `prod/team/app:v1`, `prod/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /** Sends a request and gives back the answer whatever its status, but for 401. Throws `AUTH` for credentials that Nexus does not take. */
  async call(call: Call): Promise<HttpResponse> {
    const { method = 'GET', path, query = {}, once, signal, doing } = call;
    const credentials = await this.#options.credentials(undefined);
    this.#refuseAgain(call, credentials);
    const text = new URLSearchParams(query).toString();
    const response = await this.#options.http.request({
      method,
      url: `${this.#options.api}/service/rest${path}${text === '' ? '' : `?${text}`}`,
      headers: { accept: 'application/json', ...authorization(credentials, this.name, doing) },
      maxBytes: MAX_ANSWER,
      ...(once && { once }),
      ...(signal && { signal }),
    });
    this.#version ??= versionOf(response.headers['server']);
    if (response.status !== 401) return response;
    if (credentials) this.#refused.set(credentials, response);
    throw refused(call, response, credentials);
  }

  /** The JSON that is answered with status 200. Throws `AUTH`, `NOT_FOUND`, `CONFIG_INVALID`, `REGISTRY_ERROR`, `BAD_RESPONSE`. */
  async get(call: Call): Promise<unknown> {
    const response = await this.call(call);
    if (response.status !== 200) throw await this.refused(call, response);
    const json = parseJson(response.body);
    if (json === undefined) throw badAnswer(call.doing, 'the answer is not JSON');
    return json;
  }

  /** The same for a JSON object. */
  async getObject(call: Call): Promise<JsonObject> {
    const object = asObject(await this.get(call));
    if (!object) throw badAnswer(call.doing, 'the answer is not a JSON object');
    return object;
  }

  #refuseAgain(asked: Asked, credentials: Credentials | undefined): void {
    const before = credentials && this.#refused.get(credentials);
    if (before) throw refused(asked, before, credentials);
  }

  /** The error for an answer. */
  async refused(call: Asked, response: HttpResponse): Promise<ToolError> {
    return refused(call, response, await this.#options.credentials(undefined));
  }
}

/** What Nexus calls the actions of a scope. */
const PRIVILEGES: Readonly<Record<string, readonly string[]>> = { pull: ['read'], push: ['add', 'edit'], delete: ['delete'] };

/** The error with Nexus's own words in place of the scopes that a token is asked for with, which nobody can give to a user of Nexus. */
function inPrivileges(error: ToolError, scopes: readonly string[]): ToolError {
  const { code, message, hint } = error;
  const inWords = (scope: string): string => {
    const actions = scope.split(':').at(-1) ?? '';
    const words = actions.split(',').flatMap((action) => PRIVILEGES[action] ?? []);
    return words.map((word) => `nx-repository-view-docker-*-${word}`).join(' ');
  };
  const said = scopes.reduce((text, scope) => text.replaceAll(scope, inWords(scope)), hint);
  return said === hint ? error : new ToolError(code, message, { hint: said, cause: error });
}

function authorization(credentials: Credentials | undefined, name: string, doing: string): Record<string, string> {
  if (!credentials) return {};
  if ('username' in credentials) return { authorization: basicAuthorization(credentials) };
  const what = kindOfToken(credentials);
  const message = `Cannot ${doing}: the REST API of Nexus takes user and password, and there is only ${what} for ${name}.`;
  throw new ToolError('AUTH', message, { hint: 'Give a user and password, or name and pass code of a user token.' });
}

function versionOf(server: string | undefined): NexusVersion | undefined {
  const [, text = '', minor = ''] = /^nexus\/(3\.(\d+)\.[\w.-]+)/i.exec(server ?? '') ?? [];
  return text === '' ? undefined : { text, minor: Number(minor) };
}
