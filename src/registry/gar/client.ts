import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import { type Clock, sleepUnless } from '../../http/clock.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { jsonObjectOf } from '../../distribution/answer-errors.ts';
import { OciClient } from '../../distribution/client.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type Asked, isNotFound, refused } from './answer-errors.ts';
import type { GarPlace } from './host.ts';
import { packageResource, parseImageName, tagResource, versionResource, type WholeImageName } from './image-name.ts';
import type { TokenSource } from './token-source.ts';

export interface GarClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  /** What `/v2/` is below. */
  readonly url: string;
  /** What `/v1/` of the Artifact Registry API is below. */
  readonly endpoint: string;
  /** What `/v1/` of the Container Analysis API is below. */
  readonly analysisEndpoint: string;
  readonly place: GarPlace;
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  /** Ends every wait. */
  readonly waits?: AbortSignal | undefined;
}

/** A request to the Artifact Registry API, or with `analysis` to the Container Analysis API. */
export interface Call extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below `/v1/`, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly analysis?: true;
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Milliseconds to wait where the quota is still used up after all tries of the HTTP client: quotas are counted by the minute (Artifact
 * Registry, "Quotas and limits").
 */
const QUOTA_WAITS = [10_000, 20_000, 40_000];
/** A page of 1000 images with their children is some MB. */
const MAX_ANSWER = 64 * 1024 * 1024;

/**
 * Sends requests to an Artifact Registry: to its own API, which tells nearly everything, and to `/v2/` (`oci`) for the bytes of manifests.
 * One token opens both.
 */
export class GarClient {
  readonly name: string;
  readonly place: GarPlace;
  readonly clock: Clock;
  readonly oci: OciClient;
  readonly #endpoint: string;
  readonly #analysisEndpoint: string;
  readonly #http: HttpClient;
  readonly #tokens: TokenSource;
  readonly #waits: AbortSignal | undefined;

  constructor({ name, url, endpoint, analysisEndpoint, place, http, tokens, clock, waits }: GarClientOptions) {
    this.name = name;
    this.place = place;
    this.clock = clock;
    this.#endpoint = endpoint.replace(/\/+$/, '');
    this.#analysisEndpoint = analysisEndpoint.replace(/\/+$/, '');
    this.#http = http;
    this.#tokens = tokens;
    this.#waits = waits;
    this.oci = new OciClient({
      name,
      url,
      send: async (request) => {
        const response = await this.#send(request);
        if (response.status !== 401 && response.status !== 403) return response;
        const writes = request.method === 'PUT';
        const doing = `${writes ? 'put back' : 'read'} ${name}${new URL(request.url).pathname.replace('/v2/', '/')}`;
        throw this.refused({ doing, permission: `artifactregistry.repositories.${writes ? 'upload' : 'download'}Artifacts` }, response);
      },
    });
  }

  /** True once nothing is to be begun any more. */
  get isStopped(): boolean {
    return this.#waits?.aborted === true;
  }

  /** How messages name a repository, or an image in it: `prod/project/repository/app`, `…/app:v1`, `…/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /**
   * The resources behind a repository's name. Throws `NOT_FOUND` for the name of a project or of a repository of Artifact Registry, since
   * the images in these have longer names.
   */
  whole(repository: string): WholeImageName {
    const { project, repository: id, package: image } = parseImageName(repository, this.place);
    if (id !== undefined && image !== undefined) return { project, repository: id, package: image };
    const what = id === undefined || this.place.repository !== undefined ? 'a project' : 'a repository of Artifact Registry';
    throw new ToolError('NOT_FOUND', `${this.label(repository)} is ${what} and no image.`, {
      hint: `Name an image in it, or all of them: ${this.label(repository)}/**.`,
    });
  }

  packageOf(repository: string): string {
    return packageResource(this.whole(repository), this.place);
  }

  versionOf(repository: string, digest: Digest): string {
    return versionResource(this.whole(repository), digest, this.place);
  }

  tagOf(repository: string, tag: string): string {
    return tagResource(this.whole(repository), tag, this.place);
  }

  /** Waits so many milliseconds; answers false, at once, when the run is told to wait for nothing more. */
  pause(ms: number, signal: AbortSignal = new AbortController().signal): Promise<boolean> {
    return sleepUnless(this.#waits, this.clock, ms, signal);
  }

  /** Sends a request and gives back the answer whatever its status. */
  call({ method = 'GET', path, query = {}, body, analysis, once, signal }: Call): Promise<HttpResponse> {
    const text = new URLSearchParams(query).toString();
    return this.#send({
      method,
      url: `${analysis ? this.#analysisEndpoint : this.#endpoint}/v1/${path}${text === '' ? '' : `?${text}`}`,
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      maxBytes: MAX_ANSWER,
      ...(once && { once }),
      ...(signal && { signal }),
    });
  }

  /** The JSON object that is answered. Throws `AUTH`, `NOT_FOUND`, `REGISTRY_ERROR`, `BAD_RESPONSE`. */
  async get(call: Call): Promise<JsonObject> {
    return this.read(call, await this.call(call));
  }

  /** The same; undefined where the API says that what is named is not there, which alone does not tell what of its path is missing. */
  async find(call: Call): Promise<JsonObject | undefined> {
    const response = await this.call(call);
    return isNotFound(response) ? undefined : this.read(call, response);
  }

  /** Reads an answer as a JSON object. */
  read(asked: Asked, response: HttpResponse): JsonObject {
    if (response.status !== 200) throw this.refused(asked, response);
    return jsonObjectOf(response, asked.doing);
  }

  refused(asked: Asked, response: HttpResponse): ToolError {
    return refused(asked, response, this.#tokens.source);
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    for (let round = 0; ; round++) {
      request.signal?.throwIfAborted();
      const token = await this.#tokens.token();
      const response = await this.#http.request({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
      const wait = response.status === 429 && !request.once ? QUOTA_WAITS[round] : undefined;
      if (wait === undefined || !(await this.pause(wait, request.signal))) return response;
    }
  }
}
