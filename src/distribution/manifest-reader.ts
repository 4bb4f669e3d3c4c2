import type { Digest } from '../domain/digest.ts';
import { MANIFEST_TYPES } from '../domain/media-types.ts';
import type { ContentCache } from './cache.ts';
import { isManifestUnknown, refused } from './answer-errors.ts';
import { type ManifestContent, headDigest, openManifest, understand } from './manifest-content.ts';
import { bareType, type ManifestDocument } from './manifest-document.ts';
import type { OciClient } from './client.ts';

/** The repository that is being read, and by what. */
export interface Reading {
  readonly client: OciClient;
  readonly repository: string;
  readonly cache: ContentCache | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Reads the manifests of one repository, each of them only once. */
export class ManifestReader {
  readonly #reading: Reading;
  /** By digest, from the moment they are asked for; undefined where the registry says that there is no such manifest. */
  readonly #documents = new Map<Digest, Promise<ManifestDocument | undefined>>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /**
   * The manifest that a tag points to; undefined where the registry says that the tag does not exist. With `known`, a HEAD first
   * asks for the digest, since the manifest may be in the cache; without, one GET gets all. Throws for any other answer.
   */
  async byTag(tag: string, known: boolean): Promise<ManifestDocument | undefined> {
    const { client, repository, signal } = this.#reading;
    const doing = `read the image ${client.label(repository, tag)}`;
    if (known) {
      const head = await client.headManifest(repository, tag, signal);
      const digest = head.status === 200 ? head.headers['docker-content-digest'] : undefined;
      if (digest !== undefined) return this.byDigest(headDigest(digest, doing), bareType(head.headers['content-type']));
    }
    const response = await client.getManifest(repository, tag, signal);
    if (isManifestUnknown(response)) return undefined;
    if (response.status !== 200) throw refused(doing, response);
    const content = openManifest(response, doing);
    return this.#once(content.digest, () => this.#take(content, '', doing));
  }

  /**
   * The manifest of a digest; undefined where the registry says that it is not there. `mediaType` is what an index or a list says
   * that it is. What is in the cache counts as being there, as the index that lists it says; with `mustBeThere`, a HEAD asks the
   * registry first.
   */
  byDigest(digest: Digest, mediaType: string, { mustBeThere = false } = {}): Promise<ManifestDocument | undefined> {
    return this.#once(digest, async () => {
      const { client, repository, cache, signal } = this.#reading;
      const doing = `read the manifest ${client.label(repository, digest)}`;
      const kept = cache?.read(digest);
      const there = kept && (!mustBeThere || (await client.headManifest(repository, digest, signal)).status === 200);
      if (there) return understand(kept, digest, mediaType, doing);
      const response = await client.getManifest(repository, digest, signal);
      if (isManifestUnknown(response)) return undefined;
      if (response.status !== 200) throw refused(doing, response);
      return this.#take(openManifest(response, doing, digest), mediaType, doing);
    });
  }

  #once(digest: Digest, read: () => Promise<ManifestDocument | undefined>): Promise<ManifestDocument | undefined> {
    let document = this.#documents.get(digest);
    if (!document) {
      document = read();
      this.#documents.set(digest, document);
    }
    return document;
  }

  async #take({ digest, bytes, digested, contentType }: ManifestContent, mediaType: string, doing: string): Promise<ManifestDocument> {
    const type = MANIFEST_TYPES.includes(contentType) || mediaType === '' ? contentType : mediaType;
    const document = { ...understand(digested, digest, type, doing), bytes: bytes.length };
    await this.#reading.cache?.write(digest, bytes);
    return document;
  }
}
