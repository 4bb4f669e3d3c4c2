import type { Digest } from '../../domain/digest.ts';
import { parseJsonObject } from '../../domain/json.ts';
import { SCHEMA1, SIGNED_SCHEMA1 } from '../../domain/media-types.ts';
import type { RawManifest } from '../../domain/raw-manifest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { contentDigest, digestedBytes } from '../../distribution/content-digest.ts';
import { understand } from '../../distribution/manifest-content.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { type QuayClient, repositoryPath } from './client.ts';
import { readRepositorySettings } from './repository-settings.ts';

/** A manifest's bytes, checked against its digest, and what they say. */
interface Opened {
  readonly bytes: Uint8Array;
  readonly document: ManifestDocument;
}

/** Reads manifests by the API, which does not count that as a pull. It shows what has a tag, and what an index with a tag lists. */
export class ManifestSource {
  readonly #client: QuayClient;
  readonly #cache: ContentCache | undefined;

  constructor(client: QuayClient, cache: ContentCache | undefined) {
    this.#client = client;
    this.#cache = cache;
  }

  /**
   * What a manifest says, from the cache where it is kept there; undefined where Quay says that the manifest, or its repository, is not
   * there.
   */
  async document(repository: string, digest: Digest, signal?: AbortSignal): Promise<ManifestDocument | undefined> {
    const kept = this.#cache?.read(digest);
    if (kept) return open(kept, digest, this.#doing(repository, digest)).document;
    const opened = await this.#fetch(repository, digest, signal);
    // A signed one has another digest than its bytes, and is not kept.
    if (opened) await this.#cache?.write(digest, opened.bytes);
    return opened?.document;
  }

  /** A manifest as it is there now; undefined where Quay says that it is not there, in a repository that is. */
  async manifest(repository: string, digest: Digest): Promise<RawManifest | undefined> {
    const opened = await this.#fetch(repository, digest);
    if (opened) return { digest, bytes: opened.bytes, mediaType: opened.document.mediaType };
    await readRepositorySettings(this.#client, repository);
    return undefined;
  }

  async #fetch(repository: string, digest: Digest, signal?: AbortSignal): Promise<Opened | undefined> {
    const doing = this.#doing(repository, digest);
    const path = `${repositoryPath(this.#client, repository)}/manifest/${digest}`;
    const json = await this.#client.find({ doing, path, repository, signal });
    if (!json) return undefined;
    const text = json['manifest_data'];
    if (typeof text !== 'string') throw badAnswer(doing, 'the answer has no manifest');
    return open(Buffer.from(text, 'utf8'), digest, doing);
  }

  #doing(repository: string, digest: Digest): string {
    return `read the manifest ${this.#client.label(repository, digest)}`;
  }
}

function open(bytes: Uint8Array, digest: Digest, doing: string): Opened {
  const json = parseJsonObject(bytes);
  // The API does not tell the type; one of schema 1 does not tell it either.
  const type = json?.['schemaVersion'] !== 1 ? '' : 'signatures' in json ? SIGNED_SCHEMA1 : SCHEMA1;
  const digested = digestedBytes(bytes, type);
  if (!digested || contentDigest(digested, digest) !== digest) throw badAnswer(doing, 'what Quay sent has another digest');
  return { bytes, document: understand(digested, digest, type, doing) };
}
