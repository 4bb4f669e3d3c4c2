import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { badAnswer, hasCode, isRepositoryUnknown, isManifestUnknown, refused } from './answer-errors.ts';
import { asList, asObject, asText, parseJsonObject } from '../domain/json.ts';
import { ListBounds } from './list-bounds.ts';
import { type OciClient, pullScope } from './client.ts';

/** What a registry lists as attached to a manifest. */
export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Undefined where the list does not tell it. */
  readonly artifactType?: string;
}

/**
 * The referrers API of one registry (distribution-spec, "Listing Referrers"). The first look-up shows whether the registry has this
 * API, and the other look-ups wait for it: where it answers 404, nothing is asked again. What is attached is then found by its
 * fallback tags, which are listed with all other tags.
 */
export class ReferrersApi {
  readonly #client: OciClient;
  #there: boolean | undefined;
  #first: Promise<unknown> | undefined;

  constructor(client: OciClient) {
    this.#client = client;
  }

  /**
   * What is attached to a manifest, on all pages; an empty list where the registry has no such API. Throws for any other answer:
   * what is not known is not "nothing".
   */
  async list(repository: string, digest: Digest, signal?: AbortSignal): Promise<readonly Referrer[]> {
    while (this.#there === undefined && this.#first) await this.#first.catch(() => undefined);
    if (this.#there === false) return [];
    const looking = this.#lookUp(repository, digest, signal);
    if (this.#there !== undefined) return looking;
    this.#first = looking;
    try {
      return await looking;
    } finally {
      this.#first = undefined;
    }
  }

  async #lookUp(repository: string, digest: Digest, signal: AbortSignal | undefined): Promise<readonly Referrer[]> {
    const client = this.#client;
    const doing = `list the referrers of ${client.label(repository, digest)}`;
    const first = await client.getReferrers(repository, digest, signal);
    if (this.#there !== true && (await this.#saysNoApi(first, repository, digest, doing, signal))) {
      this.#there = false;
      return [];
    }
    if (first.status !== 200) throw refused(doing, first);
    const found = new Map<Digest, Referrer>();
    const bounds = new ListBounds(doing);
    for await (const page of client.pages(first, doing, [pullScope(repository)], signal)) {
      for (const referrer of referrersOn(page, doing)) found.set(referrer.digest, referrer);
      bounds.check(found.size);
    }
    this.#there = true;
    return [...found.values()];
  }

  /**
   * True of what registries without the API answer: 404, 405, 501 or UNSUPPORTED; 406 (Artifactory); a redirect to a web page
   * elsewhere (GHCR). A 404 that speaks of a repository or manifest counts only where that manifest is there, since a registry with
   * the API never answers 404 then.
   */
  async #saysNoApi(
    response: HttpResponse,
    repository: string,
    digest: Digest,
    doing: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (new URL(response.url).hostname !== new URL(this.#client.url).hostname) return true;
    if ([405, 406, 501].includes(response.status) || hasCode(response, 'UNSUPPORTED')) return true;
    if (response.status !== 404) return false;
    if (!isRepositoryUnknown(response) && !isManifestUnknown(response)) return true;
    const manifest = await this.#client.headManifest(repository, digest, signal);
    if (manifest.status === 200) return true;
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: the manifest went away meanwhile.`, { hint: 'Run again.' });
  }
}

function referrersOn(page: HttpResponse, doing: string): Referrer[] {
  const json = parseJsonObject(page.body);
  const listed = json && 'manifests' in json ? asList(json['manifests']) : undefined;
  if (!listed) throw badAnswer(doing, 'the answer is not an index');
  return listed.map((entry) => {
    const { digest, mediaType, artifactType } = asObject(entry) ?? {};
    if (!isDigest(digest)) throw badAnswer(doing, 'it lists something without a valid digest');
    const type = asText(artifactType);
    return { digest, mediaType: asText(mediaType) ?? '', ...(type !== undefined && { artifactType: type }) };
  });
}
