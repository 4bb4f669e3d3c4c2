import { kindOfToken } from '../../auth/auth-errors.ts';
import { basicAuthorization } from '../../auth/basic-authorization.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { isTag } from '../../domain/tag.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { type Asked, refused } from './answer-errors.ts';
import { readSystemInfo, type SystemInfo } from './system-info.ts';

export interface HarborClientOptions {
  /** For messages. */
  readonly name: string;
  /** Base URL, what `/api/v2.0` is below. */
  readonly url: string;
  readonly http: HttpClient;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
}

/** A request to the REST API. */
export interface HarborRequest extends Asked {
  readonly method?: HttpRequest['method'];
  /** Below `/api/v2.0`, escaped, with its query. */
  readonly path: string;
  /** Whose credentials are used: `project/repository`, or a project alone. */
  readonly repository?: string;
  readonly json?: unknown;
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page of 100 artifacts with all that images say of themselves is some hundred kB; images with long annotations make it more. */
const MAX_ANSWER = 64 * 1024 * 1024;

/**
 * Sends requests to Harbor's REST API (api/v2.0/swagger.yaml) with Basic authentication, because unlike `/v2` it does not take tokens.
 * Cookies are never sent, so that Harbor does not ask for a CSRF token.
 */
export class HarborClient {
  readonly name: string;
  readonly url: string;
  readonly #options: HarborClientOptions;
  readonly #signedIn = new Map<Credentials, Promise<SystemInfo>>();

  constructor(options: HarborClientOptions) {
    this.name = options.name;
    this.url = options.url.replace(/\/+$/, '');
    this.#options = options;
  }

  /** How messages name a project, a repository, or an image in it: `prod/team`, `prod/team/app`, `prod/team/app:v1`. */
  label(repository: string, reference?: string): string {
    const image = `${this.name}/${repository}`;
    return reference === undefined ? image : `${image}${isDigest(reference) ? '@' : ':'}${reference}`;
  }

  /** Answers with status 200. Throws `AUTH`, `NOT_FOUND`, `DELETE_DISABLED` or `REGISTRY_ERROR` for any other ({@link refused}). */
  async get(request: HarborRequest): Promise<HttpResponse> {
    const response = await this.send(request);
    if (response.status !== 200) throw await this.refused(request, response);
    return response;
  }

  /**
   * Returns the answer whatever its status. Throws `AUTH` for credentials that Harbor does not know: it would treat them as if there were
   * none, and show what is public.
   */
  async send({ method = 'GET', path, repository, json, once, signal }: HarborRequest): Promise<HttpResponse> {
    const credentials = await this.#options.credentials(repository);
    if (credentials) await this.#signIn(credentials);
    return this.#request({
      method,
      url: `${this.url}/api/v2.0${path}`,
      headers: { ...authorization(credentials), ...(json !== undefined && { 'content-type': 'application/json' }), ...HEADERS },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(once && { once }),
      ...(signal && { signal }),
    });
  }

  /** The error for an answer. */
  async refused(asked: HarborRequest, response: HttpResponse): Promise<ToolError> {
    const credentials = await this.#options.credentials(asked.repository);
    const info = credentials && (await this.#signedIn.get(credentials));
    return refused(asked, response, { credentials, oidc: info?.oidc === true });
  }

  /** What Harbor says of itself to these credentials, asked anew. */
  async systemInfo(repository: string | undefined): Promise<SystemInfo> {
    return this.#readSystemInfo(await this.#options.credentials(repository));
  }

  async #signIn(credentials: Credentials): Promise<SystemInfo> {
    let info = this.#signedIn.get(credentials);
    if (!info) {
      // One that Harbor does not know is not asked for again: accounts get locked for that.
      info = this.#readSystemInfo(credentials);
      this.#signedIn.set(credentials, info);
      info.catch((error: unknown) => {
        if (!(error instanceof ToolError) || error.code !== 'AUTH') this.#signedIn.delete(credentials);
      });
    }
    return info;
  }

  async #readSystemInfo(credentials: Credentials | undefined): Promise<SystemInfo> {
    const asked: Asked = { doing: `log in to ${this.name}` };
    if (credentials && !('username' in credentials)) {
      throw new ToolError(
        'AUTH',
        `Cannot ${asked.doing}: its API takes user and password, and there is only ${kindOfToken(credentials)} for it.`,
        {
          hint: 'Give the name and secret of a robot account, or a user and password.',
        },
      );
    }
    const response = await this.#request({
      method: 'GET',
      url: `${this.url}/api/v2.0/systeminfo`,
      headers: { ...authorization(credentials), ...HEADERS },
    });
    if (response.status !== 200) throw refused(asked, response, { credentials, oidc: false });
    return readSystemInfo(response, asked.doing, credentials);
  }

  #request(request: HttpRequest): Promise<HttpResponse> {
    return this.#options.http.request({ ...request, maxBytes: MAX_ANSWER });
  }
}

/**
 * Projects are always named by their name, even where that is a number, and scan results of both kinds are accepted (swagger,
 * `isResourceName`, `acceptVulnerabilities`).
 */
const HEADERS = {
  accept: 'application/json',
  'x-is-resource-name': 'true',
  'x-accept-vulnerabilities':
    'application/vnd.security.vulnerability.report; version=1.1, application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
};

function authorization(credentials: Credentials | undefined): Record<string, string> {
  return credentials && 'username' in credentials ? { authorization: basicAuthorization(credentials) } : {};
}

/**
 * Splits `project/repository`. Undefined for a name without a slash, which can only be that of a project. Throws `USAGE` for a text that is
 * not a name.
 */
export function splitRepository(name: string): { readonly project: string; readonly repository: string } | undefined {
  if (!isRepositoryName(name)) {
    throw new ToolError('USAGE', `${JSON.stringify(name)} is not the name of a repository.`, {
      hint: 'Names are lower case: letters and digits, with ".", "_", "-" and "/" between them.',
    });
  }
  const slash = name.indexOf('/');
  return slash < 0 ? undefined : { project: name.slice(0, slash), repository: name.slice(slash + 1) };
}

/**
 * The path of a repository. The name of the repository is escaped twice and that of the project once, because Harbor unescapes a
 * repository's name again after its router has done so (src/server/v2.0/handler/util.go, `unescapePathParams`).
 */
export function repositoryPath(name: string): string {
  const parts = splitRepository(name);
  if (!parts)
    throw new ToolError('NOT_FOUND', `There is no repository ${name}: in Harbor, repositories are in projects.`, {
      hint: 'Name it as project/repository.',
    });
  return `/projects/${encodeURIComponent(parts.project)}/repositories/${encodeURIComponent(encodeURIComponent(parts.repository))}`;
}

/** The path of an artifact. */
export function artifactPath(repository: string, reference: string): string {
  if (isTag(reference) || isDigest(reference)) return `${repositoryPath(repository)}/artifacts/${reference}`;
  throw new ToolError('USAGE', `${JSON.stringify(reference)} is neither a tag nor a digest.`, {
    hint: 'Name an image as repository:tag or repository@digest.',
  });
}

/** The path of a tag on the artifact that has it. */
export function tagPath(repository: string, digest: Digest, tag: string): string {
  return `${artifactPath(repository, digest)}/tags/${encodeURIComponent(tag)}`;
}
