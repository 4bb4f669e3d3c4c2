import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { hasCode } from '../../distribution/answer-errors.ts';
import type { OciClient } from '../../distribution/client.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { parseRegistryErrors } from '../../http/registry-errors.ts';
import type { Software } from './software.ts';

/** What GitLab's registry says of itself in every answer to `/v2/` (gitlab-org/container-registry, handlers/app.go). */
const FEATURES = 'gitlab-container-registry-features';
/** Where zot tells its version, if it is built with that (project-zot/zot, pkg/extensions/extension_mgmt.go). */
const ZOT_MANAGEMENT = '/v2/_zot/ext/mgmt';
/** What olareg says of a manifest that is not there (olareg/olareg, manifest.go). */
const OLAREG_UNKNOWN = 'tag or digest was not found in repository';
/** What olareg says that a list of tags is (olareg/olareg, tag.go); distribution names a charset (registry/handlers/tags.go). */
const OLAREG_TYPE = 'application/json';
/** Before this version, zot deletes the manifest with all its tags. */
const ZOT_WITH_TAG_DELETION = [2, 1, 2] as const;

/**
 * Finds out, when first asked and by reading alone, whether a registry can take a single tag off. It is asked once, each question is sent
 * once, and whatever does not say yes is no.
 */
export class TagDeletion {
  readonly #client: OciClient;
  readonly #software: () => Promise<Software | undefined>;
  #answer: Promise<boolean> | undefined;

  constructor(client: OciClient, software: () => Promise<Software | undefined>) {
    this.#client = client;
    this.#software = software;
  }

  /** `repository` is one that can be read. */
  async isSupported(repository: string, signal?: AbortSignal): Promise<boolean> {
    this.#answer ??= this.#ask(repository, signal);
    try {
      return await this.#answer;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ToolError) return false;
      throw error;
    }
  }

  /**
   * Asks for a page of a size that is not a number. Distribution 3, which takes single tags off, refuses that with a code of its own;
   * distribution 2.8, which does not, ignores it (distribution, registry/handlers/tags.go and manifests.go); zot refuses it without a word.
   * Olareg, which takes single tags off (types/layout.go, RmDesc), ignores it too, and is known by what it says of a tag that is not there.
   * A negative number would do as well, but crashes olareg and go-containerregistry.
   */
  async #ask(repository: string, signal: AbortSignal | undefined): Promise<boolean> {
    const software = await this.#software();
    if (software?.refusal) return false;
    if (software?.tagDeletion === 'known') return true;
    if (software?.tagDeletion === 'features') return saysTagDelete(await this.#client.get('/v2/', { once: true, signal }));
    const answer = await this.#client.getTags(repository, { n: 'none', once: true, signal });
    if (answer.status === 200 && answer.headers['content-type'] !== OLAREG_TYPE) return false;
    if (answer.status === 200)
      return isOlareg(await this.#client.getManifest(repository, `regprune-check-${randomBytes(16).toString('hex')}`, signal));
    if (answer.status !== 400) return false;
    if (hasCode(answer, 'PAGINATION_NUMBER_INVALID')) return true;
    return answer.body.length === 0 && isNewZot(await this.#client.get(ZOT_MANAGEMENT, { once: true, signal }));
  }
}

function saysTagDelete({ headers }: HttpResponse): boolean {
  return (headers[FEATURES] ?? '').split(',').some((feature) => feature.trim() === 'tag_delete');
}

function isOlareg({ status, body }: HttpResponse): boolean {
  return status === 404 && parseRegistryErrors(body).some(({ code, detail }) => code === 'MANIFEST_UNKNOWN' && detail === OLAREG_UNKNOWN);
}

/** True of a release from that version on. What is built from anything else is not known. */
function isNewZot({ status, body }: HttpResponse): boolean {
  const version = asText(status === 200 ? parseJsonObject(body)?.['releaseTag'] : undefined);
  const parts = /^v?(\d+)\.(\d+)\.(\d+)$/
    .exec(version ?? '')
    ?.slice(1)
    .map(Number);
  if (!parts) return false;
  const differs = ZOT_WITH_TAG_DELETION.findIndex((least, position) => parts[position] !== least);
  return differs === -1 || parts[differs]! > ZOT_WITH_TAG_DELETION[differs]!;
}
