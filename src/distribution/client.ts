import type { RegistryAuth } from '../auth/create-registry-auth.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { Blob } from '../domain/inventory.ts';
import { MANIFEST_TYPES } from '../domain/media-types.ts';
import { isRepositoryName } from '../domain/reference.ts';
import { isTag } from '../domain/tag.ts';
import type { HttpRequest, HttpResponse } from '../http/http-client.ts';
import { followPages } from '../http/next-page.ts';
import { refused } from './answer-errors.ts';

/** Sends a request with the rights it needs, and throws `AUTH` for a 401 or 403 of the registry. */
export type Send = RegistryAuth['send'];

const MIB = 1024 * 1024;
/** The spec lets clients count on 4 MiB (distribution-spec, "Pushing Manifests"); a little more, since some registries take more. */
const MAX_MANIFEST = 5 * MIB;
const MAX_CONFIG = 8 * MIB;
/** distribution 2.8 answers all tags of a repository at once. */
const MAX_LIST = 64 * MIB;
const ACCEPT = MANIFEST_TYPES.join(', ');

export interface GetOptions {
  /** See {@link HttpRequest.once}. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The requests of the OCI distribution-spec that this program makes, with their URLs, scopes and limits. Answers are given back
 * whatever their status.
 */
export class OciClient {
  readonly name: string;
  readonly url: string;
  readonly #send: Send;

  /** `name` is for messages; `url` is the base URL, without `/v2/`. */
  constructor({ name, url, send }: { readonly name: string; readonly url: string; readonly send: Send }) {
    this.name = name;
    this.url = url.replace(/\/+$/, '');
    this.#send = send;
  }

  /** How messages name a repository, or an image in it: `prod/team/app`, `prod/team/app:v1`, `prod/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    const image = `${this.name}/${repository}`;
    return reference === undefined ? image : `${image}${isDigest(reference) ? '@' : ':'}${reference}`;
  }

  getManifest(repository: string, reference: string, signal?: AbortSignal): Promise<HttpResponse> {
    const path = manifestPath(repository, reference);
    return this.#request('GET', path, [pullScope(repository)], { headers: { accept: ACCEPT }, maxBytes: MAX_MANIFEST, signal });
  }

  headManifest(repository: string, reference: string, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#request('HEAD', manifestPath(repository, reference), [pullScope(repository)], { headers: { accept: ACCEPT }, signal });
  }

  /** `once`: see {@link HttpRequest.once}. */
  deleteManifest(repository: string, reference: string, { once = false }: { readonly once?: boolean } = {}): Promise<HttpResponse> {
    return this.#request('DELETE', manifestPath(repository, reference), [`repository:${repository}:pull,delete`], { once });
  }

  putManifest(repository: string, reference: string, mediaType: string, body: Uint8Array): Promise<HttpResponse> {
    const headers = { 'content-type': mediaType };
    return this.#request('PUT', manifestPath(repository, reference), [pushScope(repository)], { headers, body });
  }

  getConfig(repository: string, digest: Digest, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#request('GET', blobPath(repository, digest), [pullScope(repository)], { maxBytes: MAX_CONFIG, signal });
  }

  headBlob(repository: string, digest: Digest): Promise<HttpResponse> {
    return this.#request('HEAD', blobPath(repository, digest), [pullScope(repository)], {});
  }

  /**
   * A blob as it arrives, in `arriving`. The registry may redirect to the storage where it lies. `range`: of RFC 9110, such as `bytes=0-0`;
   * a registry need not heed it.
   */
  getBlob(repository: string, digest: Digest, signal?: AbortSignal, range?: string): Promise<HttpResponse> {
    const headers = range === undefined ? {} : { range };
    return this.#request('GET', blobPath(repository, digest), [pullScope(repository)], { headers, stream: true, signal });
  }

  /**
   * Begins the upload of a blob. 202 gives the address to send it to. With `mount`, the registry may answer 201 instead: it took the blob
   * from that repository of its own.
   */
  startUpload(repository: string, mount?: { readonly digest: Digest; readonly from: string }, signal?: AbortSignal): Promise<HttpResponse> {
    const query = mount ? `?mount=${encodeURIComponent(mount.digest)}&from=${encodeURIComponent(mount.from)}` : '';
    const scopes = [pushScope(repository), ...(mount ? [pullScope(mount.from)] : [])];
    return this.#request('POST', `${repositoryPath(repository)}/blobs/uploads/${query}`, scopes, { signal });
  }

  /** Sends a whole blob to the address (`location`) that {@link startUpload} was given, and closes the upload. */
  putBlob(repository: string, location: string, blob: Blob, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<HttpResponse> {
    const url = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`;
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) };
    return this.#send({ method: 'PUT', url, headers, body, once: true, signal }, [pushScope(repository)]);
  }

  /** The first page of the tags. Without `n`, distribution answers all of them at once, so that nothing can move between two pages. */
  getTags(repository: string, { n, ...options }: GetOptions & { readonly n?: number | 'none' } = {}): Promise<HttpResponse> {
    const query = n === undefined ? '' : `?n=${n}`;
    const path = `${repositoryPath(repository)}/tags/list${query}`;
    return this.#request('GET', path, [pullScope(repository)], { ...options, maxBytes: MAX_LIST });
  }

  /** What is at a path of the registry that concerns no repository. */
  get(path: string, options: GetOptions = {}): Promise<HttpResponse> {
    return this.#request('GET', path, [], options);
  }

  /** The first page of the repositories. */
  getCatalog(n: number, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#list(`/v2/_catalog?n=${n}`, CATALOG_SCOPES, signal);
  }

  /** The first page of what is attached to a manifest. */
  getReferrers(repository: string, digest: Digest, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#list(`${repositoryPath(repository)}/referrers/${digest}`, [pullScope(repository)], signal);
  }

  /**
   * The given first page of a list and all pages that follow it. Throws for a page that is refused, and `BAD_RESPONSE` for one that
   * leads to another host.
   */
  pages(first: HttpResponse, doing: string, scopes: readonly string[], signal?: AbortSignal): AsyncGenerator<HttpResponse> {
    let ready: HttpResponse | undefined = first;
    return followPages(first.url, async (url) => {
      const page = ready ?? (await this.#send({ method: 'GET', url, maxBytes: MAX_LIST, signal }, scopes));
      ready = undefined;
      if (page.status !== 200) throw refused(doing, page);
      return page;
    });
  }

  #list(path: string, scopes: readonly string[], signal: AbortSignal | undefined): Promise<HttpResponse> {
    return this.#request('GET', path, scopes, { maxBytes: MAX_LIST, signal });
  }

  #request(
    method: HttpRequest['method'],
    path: string,
    scopes: readonly string[],
    { headers, body, maxBytes, once, stream, signal }: Omit<HttpRequest, 'method' | 'url' | 'follow'>,
  ): Promise<HttpResponse> {
    return this.#send({ method, url: `${this.url}${path}`, headers, body, maxBytes, once, stream, signal }, scopes);
  }
}

/** What reading a repository needs. */
export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

/** What writing to a repository needs. */
function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

export const CATALOG_SCOPES: readonly string[] = ['registry:catalog:*'];

/** Throws `USAGE` for what is not the name of a repository: in a URL, it could mean another repository. */
function repositoryPath(repository: string): string {
  if (isRepositoryName(repository)) return `/v2/${repository}`;
  throw new ToolError('USAGE', `${JSON.stringify(repository)} is not the name of a repository.`, {
    hint: 'Names are lower case: letters and digits, with ".", "_", "-" and "/" between them.',
  });
}

function blobPath(repository: string, digest: Digest): string {
  return `${repositoryPath(repository)}/blobs/${digest}`;
}

function manifestPath(repository: string, reference: string): string {
  if (isTag(reference) || isDigest(reference)) return `${repositoryPath(repository)}/manifests/${reference}`;
  throw new ToolError('USAGE', `${JSON.stringify(reference)} is neither a tag nor a digest.`, {
    hint: 'Name an image as repository:tag or repository@digest.',
  });
}
