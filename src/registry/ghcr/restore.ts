import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { contentDigest, digestedBytes } from '../../distribution/content-digest.ts';
import { readManifest } from '../../distribution/manifest-content.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import type { Digest } from '../../domain/digest.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import { isNotFound } from './answer-errors.ts';
import type { Call, GhcrClient } from './client.ts';
import { isThere } from './is-there.ts';
import { digestsOf, type PackageVersions } from './versions.ts';

/** What restoring takes ("Restore a package version for an organization"); setting tags again over `/v2/` takes the second. */
const RESTORES = ['read:packages', 'write:packages'] as const;

/** A package when something of it was first put back. */
interface Before {
  readonly deleted: Map<Digest, number>;
  readonly tags: ReadonlyMap<string, Digest>;
}

/** Puts back what was deleted. */
export class Restore {
  readonly #client: GhcrClient;
  readonly #versions: PackageVersions;
  readonly #before = new Map<string, Promise<Before>>();

  constructor(client: GhcrClient, versions: PackageVersions) {
    this.#client = client;
    this.#versions = versions;
  }

  /**
   * Puts a manifest back by GitHub's own call, or sets a tag on one that is there. Throws `REGISTRY_ERROR` where GitHub has not got it any
   * more, and `BAD_RESPONSE` where the bytes have another digest.
   */
  async put(repository: string, manifest: RawManifest, tag?: string): Promise<void> {
    const { digest, mediaType, bytes } = manifest;
    const doing = `put back the version ${this.#client.label(repository, digest)}`;
    const digested = digestedBytes(bytes, mediaType);
    if (!digested || contentDigest(digested, digest) !== digest)
      throw badAnswer(doing, 'the bytes that were kept of it have another digest');
    if (tag !== undefined) await putManifest(this.#client.oci, repository, manifest, tag);
    else if (!(await isThere(this.#client, this.#versions, repository, digest))) await this.#restore(repository, digest, doing);
  }

  async #restore(repository: string, digest: Digest, doing: string): Promise<void> {
    const before = await this.#beforeOf(repository);
    const id = before.deleted.get(digest) ?? (await this.#versions.deleted(repository)).get(digest);
    if (id === undefined) throw lost(doing, 'it is not among the deleted versions any more');
    const path = `${await this.#versions.pathOf(repository, id)}/restore`;
    const call: Call = { doing, scopes: RESTORES, method: 'POST', path, repository };
    const response = await this.#client.call(call);
    if (isNotFound(response)) throw lost(doing, registryErrorText(response));
    if (response.status !== 204) {
      if (response.status < 300) throw badAnswer(doing, `the answer is ${registryErrorText(response)}, and 204 was expected`);
      throw await this.#client.refused(call, response);
    }
    this.#versions.remember(repository, digest, id);
    const restored = await this.#versions.find(repository, digest);
    if (!restored) throw badAnswer(doing, 'GitHub answered that it was restored, and does not list it');
    before.deleted.delete(digest);
    for (const tag of restored.tags) await this.#giveBack(repository, tag, before.tags.get(tag), digest);
  }

  /** What a version takes from a newer one when it comes back, if GitHub lets it, goes back there: a newer push has the word. */
  async #giveBack(repository: string, tag: string, holder: Digest | undefined, digest: Digest): Promise<void> {
    if (holder === undefined || holder === digest) return;
    const manifest = await readManifest(this.#client.oci, repository, holder);
    if (manifest) await putManifest(this.#client.oci, repository, manifest, tag);
  }

  #beforeOf(repository: string): Promise<Before> {
    let before = this.#before.get(repository);
    if (!before) {
      before = this.#read(repository).catch((error: unknown) => {
        this.#before.delete(repository);
        throw error;
      });
      this.#before.set(repository, before);
    }
    return before;
  }

  async #read(repository: string): Promise<Before> {
    const versions = await this.#versions.list(repository);
    const tags = digestsOf(versions, `list the versions of ${this.#client.label(repository)}`);
    return { deleted: new Map(await this.#versions.deleted(repository)), tags };
  }
}

/** The code of the OCI API says that it is gone for good. */
function lost(doing: string, why: string): ToolError {
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: ${why} (MANIFEST_UNKNOWN).`, {
    hint: 'GitHub keeps deleted versions for 30 days, and only while the package is there. Push the image again.',
  });
}
