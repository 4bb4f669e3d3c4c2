import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { isTag } from '../../domain/tag.ts';
import type { HttpRequest, HttpResponse } from '../../http/http-client.ts';
import { followPages } from '../../http/next-page.ts';
import { refused } from '../../distribution/answer-errors.ts';
import { CATALOG_SCOPES, OciClient, pullScope, type Send } from '../../distribution/client.ts';

/** The longest page there is: a larger `n` gets as many (Azure/acr#749). */
const PAGE = 1000;
/** A page of what is read for its beginning. */
const FEW = 100;
/** A thousand manifests with their attributes take less than 1 MB. */
const MAX_LIST = 32 * 1024 * 1024;

interface Rest {
  readonly signal?: AbortSignal | undefined;
  readonly once?: boolean | undefined;
}

/**
 * The requests to ACR's own API that this program makes, below `/acr/v1` (Azure/acr-cli, docs/swagger.yaml), and deletion, which ACR does
 * in its own way. Answers are returned whatever their status. Manifests themselves are read by the OCI API of the same host.
 */
export class AcrClient {
  readonly name: string;
  readonly url: string;
  readonly oci: OciClient;
  readonly #send: Send;

  /** `name` is for messages; `url` is the base URL. */
  constructor({ name, url, send }: { readonly name: string; readonly url: string; readonly send: Send }) {
    this.oci = new OciClient({ name, url, send });
    this.name = name;
    this.url = this.oci.url;
    this.#send = send;
  }

  /** How messages name a repository, or an image in it: `prod/team/app`, `prod/team/app:v1`, `prod/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    return this.oci.label(repository, reference);
  }

  /** What the registry says of a repository: its counts and its locks. */
  getRepository(repository: string, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#request('GET', repositoryPath(repository), [pullScope(repository)], { signal });
  }

  getTag(repository: string, tag: string, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#request('GET', tagPath(repository, tag), [pullScope(repository)], { signal });
  }

  getManifest(repository: string, digest: Digest, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#request('GET', `${repositoryPath(repository)}/_manifests/${checked(digest)}`, [pullScope(repository)], { signal });
  }

  /** All pages of the repositories' names. Throws for a page that is refused. */
  repositoryPages(doing: string, signal?: AbortSignal): AsyncGenerator<HttpResponse> {
    return this.#pages(`/acr/v1/_catalog?n=${PAGE}`, doing, CATALOG_SCOPES, signal);
  }

  /** All pages of the manifests: by digest, or those that were changed last first. */
  manifestPages(
    repository: string,
    doing: string,
    { order, signal }: { readonly order?: 'timedesc'; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<HttpResponse> {
    const query = order === undefined ? `n=${PAGE}` : `n=${FEW}&orderby=${order}`;
    return this.#pages(`${repositoryPath(repository)}/_manifests?${query}`, doing, [pullScope(repository)], signal);
  }

  /** All pages of the tags; with `digest`, of those on it. */
  tagPages(
    repository: string,
    doing: string,
    options: { readonly digest?: Digest; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<HttpResponse> {
    const filter = options.digest === undefined ? '' : `&digest=${encodeURIComponent(checked(options.digest))}`;
    return this.#pages(`${repositoryPath(repository)}/_tags?n=${PAGE}${filter}`, doing, [pullScope(repository)], options.signal);
  }

  /**
   * Deletes a manifest with every tag on it and everything that is attached to it. With `once`, the request is sent immediately or not at
   * all, because the caller has just checked what it is about.
   */
  deleteManifest(repository: string, digest: Digest, options: Pick<HttpRequest, 'once'> = {}): Promise<HttpResponse> {
    return this.#request('DELETE', `/v2/${named(repository)}/manifests/${checked(digest)}`, deleteScopes(repository), options);
  }

  /** Takes one tag off, and leaves the manifest. `once` as above. */
  deleteTag(repository: string, tag: string, options: Pick<HttpRequest, 'once'> = {}): Promise<HttpResponse> {
    return this.#request('DELETE', tagPath(repository, tag), deleteScopes(repository), options);
  }

  #pages(path: string, doing: string, scopes: readonly string[], signal: AbortSignal | undefined): AsyncGenerator<HttpResponse> {
    return followPages(`${this.url}${path}`, async (url) => {
      const page = await this.#send({ method: 'GET', url, maxBytes: MAX_LIST, ...(signal && { signal }) }, scopes);
      if (page.status !== 200) throw refused(doing, page);
      return page;
    });
  }

  #request(method: HttpRequest['method'], path: string, scopes: readonly string[], { signal, once }: Rest): Promise<HttpResponse> {
    return this.#send({ method, url: `${this.url}${path}`, ...(once && { once }), ...(signal && { signal }) }, scopes);
  }
}

function deleteScopes(repository: string): readonly string[] {
  return [`repository:${repository}:pull,delete`];
}

function repositoryPath(repository: string): string {
  return `/acr/v1/${named(repository)}`;
}

function tagPath(repository: string, tag: string): string {
  if (isTag(tag)) return `${repositoryPath(repository)}/_tags/${tag}`;
  throw new ToolError('USAGE', `${JSON.stringify(tag)} is not a tag.`, { hint: 'Name an image as repository:tag or repository@digest.' });
}

/** Throws `USAGE` for a text that is not a name: in a URL, it could mean another repository. */
function named(repository: string): string {
  if (isRepositoryName(repository)) return repository;
  throw new ToolError('USAGE', `${JSON.stringify(repository)} is not the name of a repository.`, {
    hint: 'Names are lower case: letters and digits, with ".", "_", "-" and "/" between them.',
  });
}

function checked(digest: Digest): Digest {
  if (isDigest(digest)) return digest;
  throw new ToolError('USAGE', `${JSON.stringify(digest)} is not a digest.`, {
    hint: 'Name an image as repository:tag or repository@digest.',
  });
}
