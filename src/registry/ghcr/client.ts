import { kindOfToken } from '../../auth/auth-errors.ts';
import { createRegistryAuth } from '../../auth/create-registry-auth.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer, jsonObjectOf } from '../../distribution/answer-errors.ts';
import { OciClient } from '../../distribution/client.ts';
import type { Ping } from '../../distribution/ping.ts';
import { type JsonObject, parseJson } from '../../domain/json.ts';
import { type Clock, sleepUnless } from '../../http/clock.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { followPages } from '../../http/next-page.ts';
import { type Asked, isNotFound, refused, rightsHint } from './answer-errors.ts';
import { CHANGE_POINTS, READ_POINTS, RequestPoints } from './request-points.ts';

export interface GhcrClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  /** Base URL, what `/v2/` is below. */
  readonly url: string;
  /** Base URL of the REST API, without a final slash. */
  readonly api: string;
  readonly http: HttpClient;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
  /** Asks `/v2/` without credentials, once for all who need the answer. Default: asked here. */
  readonly ping?: Ping | undefined;
  readonly clock: Clock;
  /** Ends every wait. */
  readonly waits?: AbortSignal | undefined;
}

/** What is left of the limit of an hour, which all who use the account share. */
export interface LeftRequests {
  readonly requests: number;
  /** When it is counted anew, ISO 8601 UTC. */
  readonly until: string;
}

/** A request to the REST API. */
export interface Call extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below the address of the API, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Whose credentials are used. */
  readonly repository?: string | undefined;
  /** See {@link HttpRequest.once}. Room for it is made before ({@link GhcrClient.roomToChange}). */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page of 100 versions with many tags each is below 1 MB. */
const MAX_ANSWER = 16 * 1024 * 1024;
const VERSION = '2022-11-28';
const NEVER = new AbortController().signal;

/**
 * Sends requests to GitHub: to its REST API, which lists, deletes and restores, and to `/v2/` (`oci`) for manifests. One token opens both.
 */
export class GhcrClient {
  readonly name: string;
  readonly oci: OciClient;
  readonly #options: GhcrClientOptions;
  readonly #points: RequestPoints;
  #left: LeftRequests | undefined;
  /** Requests that were begun, and that have ended. */
  #begun = 0;
  #ended = 0;
  #first: Promise<HttpResponse> | undefined;

  constructor(options: GhcrClientOptions) {
    const { name, url, http, credentials, ping, clock, waits } = options;
    this.name = name;
    this.#options = options;
    this.#points = new RequestPoints(clock, waits, (until) => http.heldBack?.(options.api, until) ?? (() => {}));
    const auth = createRegistryAuth({ http, registry: name, url, credentials, ...(ping && { ping }) });
    this.oci = new OciClient({ name, url, send: (request, scopes) => auth.send(request, scopes) });
  }

  /** How messages name a repository, or an image in it: `ghcr.io/team/app`, `ghcr.io/team/app:v1`, `ghcr.io/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /** Waits until a look and a change can be sent right after one another. */
  roomToChange(doing: string): Promise<void> {
    return this.#points.room(READ_POINTS + CHANGE_POINTS, doing);
  }

  /** What is left of the limit of this hour at least, by the last answer and what was sent since; undefined where that is not told. */
  get left(): LeftRequests | undefined {
    return this.#left;
  }

  /** Waits so many milliseconds; false where the run is stopped meanwhile. */
  pause(ms: number): Promise<boolean> {
    return sleepUnless(this.#options.waits, this.#options.clock, ms, NEVER);
  }

  get random(): number {
    return this.#options.clock.random();
  }

  /** Sends a request and gives back the answer whatever its status. Throws `AUTH` without a token: the API tells nobody else anything. */
  async call(call: Call): Promise<HttpResponse> {
    const query = new URLSearchParams(call.query).toString();
    return this.#send(call, `${this.#options.api}${call.path}${query === '' ? '' : `?${query}`}`);
  }

  /** The JSON object that is answered. Throws `AUTH`, `NOT_FOUND`, `REGISTRY_ERROR`, `BAD_RESPONSE`. */
  async get(call: Call): Promise<JsonObject> {
    return this.read(call, await this.call(call));
  }

  /** The same; undefined where GitHub says that what is named is not there. */
  async find(call: Call): Promise<JsonObject | undefined> {
    const response = await this.call(call);
    return isNotFound(response) ? undefined : this.read(call, response);
  }

  /** Reads an answer as a JSON object. */
  async read(call: Call, response: HttpResponse): Promise<JsonObject> {
    if (response.status !== 200) throw await this.refused(call, response);
    return jsonObjectOf(response, call.doing);
  }

  /** The entries of a list, page by page, as the `Link` headers lead. */
  async *pages(call: Call): AsyncGenerator<readonly unknown[]> {
    const query = new URLSearchParams({ ...call.query, per_page: '100' }).toString();
    const first = `${this.#options.api}${call.path}?${query}`;
    for await (const page of followPages(first, async (url) => {
      const response = await this.#send(call, url);
      if (response.status !== 200) throw await this.refused(call, response);
      return response;
    })) {
      yield entriesOf(page, call.doing);
    }
  }

  /** The error for an answer. */
  async refused(call: Call, response: HttpResponse): Promise<ToolError> {
    return refused(call, response, await this.credentials(call.repository));
  }

  credentials(repository: string | undefined): Promise<Credentials | undefined> {
    return this.#options.credentials(repository);
  }

  /** The first request goes alone: before its answer nothing tells whether there is room for two. */
  async #send(call: Call, url: string): Promise<HttpResponse> {
    // Before anything is waited for, so that no two take the last one.
    this.#begun += 1;
    this.#left &&= lessBy(1, this.#left);
    const first = this.#first;
    const response = first ? first.catch(() => undefined).then(() => this.#sendNow(call, url)) : this.#sendNow(call, url);
    this.#first ??= response;
    return response.finally(() => (this.#ended += 1));
  }

  async #sendNow(call: Call, url: string): Promise<HttpResponse> {
    const { method = 'GET', repository, once, signal, doing } = call;
    const token = await this.#token(call, repository);
    const points = method === 'GET' ? READ_POINTS : CHANGE_POINTS;
    if (!once) await this.#points.room(points, doing, signal);
    this.#points.spend(points);
    const endedBefore = this.#ended;
    const response = await this.#options.http.request({
      method,
      url,
      headers: { accept: 'application/vnd.github+json', 'x-github-api-version': VERSION, authorization: `Bearer ${token}` },
      ...(once && { once }),
      maxBytes: MAX_ANSWER,
      ...(signal && { signal }),
    });
    const told = leftOf(response);
    // Others that were begun, and had not ended when this one was sent, may not be counted.
    this.#left = told && lessBy(this.#begun - endedBefore - 1, told);
    return response;
  }

  async #token(call: Call, repository: string | undefined): Promise<string> {
    const credentials = await this.credentials(repository);
    if (credentials && 'username' in credentials) return credentials.password;
    const what = credentials ? `does not take ${kindOfToken(credentials)}` : 'tells nobody anything of packages without a token';
    throw new ToolError('AUTH', `Cannot ${call.doing}: the API of GitHub ${what}, and that is what there is for ${this.name}.`, {
      hint: rightsHint(call, { headers: {} }, undefined),
    });
  }
}

function leftOf({ headers }: HttpResponse): LeftRequests | undefined {
  const { 'x-ratelimit-remaining': remaining = '', 'x-ratelimit-reset': reset = '' } = headers;
  if (!/^\d{1,9}$/.test(remaining) || !/^\d{1,11}$/.test(reset)) return undefined;
  return { requests: Number(remaining), until: new Date(Number(reset) * 1000).toISOString() };
}

function lessBy(count: number, { requests, until }: LeftRequests): LeftRequests {
  return { requests: Math.max(0, requests - count), until };
}

function entriesOf({ body }: HttpResponse, doing: string): readonly unknown[] {
  const json = parseJson(body);
  if (!Array.isArray(json)) throw badAnswer(doing, 'the answer is not a list');
  return json;
}
