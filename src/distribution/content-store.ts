import { createHash } from 'node:crypto';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { Blob } from '../domain/inventory.ts';
import { asList, asObject, parseJsonObject } from '../domain/json.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Arriving, HttpResponse } from '../http/http-client.ts';
import { badAnswer, isManifestUnknown, isRepositoryUnknown, refused } from './answer-errors.ts';
import type { OciClient } from './client.ts';
import { hasBlob } from './has-blob.ts';
import { hasManifest, openManifest, readManifest } from './manifest-content.ts';
import { putManifest } from './put-manifest.ts';
import { ReferrersApi } from './referrers.ts';
import { resolveTag } from './tags.ts';

/**
 * What images are made of in one registry, to be read and written by the OCI distribution-spec alone ("Pulling blobs", "Pushing a blob
 * monolithically", "Mounting a blob from another repository"). Every method throws `AUTH`, `UNREACHABLE`, `REGISTRY_ERROR` and
 * `BAD_RESPONSE`, and an error is never "not there".
 */
export class ContentStore {
  /** The URL of the registry: stores with the same URL can mount blobs from each other. */
  readonly url: string;
  readonly #client: OciClient;
  readonly #nameOf: (repository: string) => string;
  readonly #referrers: ReferrersApi;

  /** `nameOf`: how the OCI interface calls a repository, where documents have another name for it. */
  constructor(client: OciClient, nameOf: (repository: string) => string = (repository) => repository) {
    this.url = client.url;
    this.#client = client;
    this.#nameOf = nameOf;
    this.#referrers = new ReferrersApi(client);
  }

  /** How messages name a repository, or an image in it. */
  label(repository: string, reference?: string): string {
    return this.#client.label(repository, reference);
  }

  /** Whether a manifest is there. False also where the registry does not know the repository yet: it is made by the first push. */
  hasManifest(repository: string, digest: Digest): Promise<boolean> {
    return unlessNoRepository(hasManifest(this.#client, this.#nameOf(repository), digest), false);
  }

  /** A manifest's bytes, checked against the digest; undefined where it is not there. */
  readManifest(repository: string, digest: Digest): Promise<RawManifest | undefined> {
    return readManifest(this.#client, this.#nameOf(repository), digest);
  }

  /** Writes a manifest byte for byte, under its digest or a tag, and looks whether it is there. */
  putManifest(repository: string, manifest: RawManifest, tag?: string): Promise<void> {
    return putManifest(this.#client, this.#nameOf(repository), manifest, tag);
  }

  /** The digest that a tag points to; undefined where there is no such tag, or no such repository yet. */
  resolveTag(repository: string, tag: string): Promise<Digest | undefined> {
    return unlessNoRepository(resolveTag(this.#client, this.#nameOf(repository), tag), undefined);
  }

  /** The digests that the registry lists as attached to a manifest by their `subject`; none where it has no such list. */
  async referrersOf(repository: string, digest: Digest): Promise<ReadonlySet<Digest>> {
    return new Set((await this.#referrers.list(this.#nameOf(repository), digest)).map((referrer) => referrer.digest));
  }

  /** What the index under a tag lists, as it is written there; undefined where there is no such tag. */
  async readIndex(repository: string, tag: string): Promise<readonly unknown[] | undefined> {
    const doing = `read the index ${this.label(repository, tag)}`;
    const response = await this.#client.getManifest(this.#nameOf(repository), tag);
    if (isManifestUnknown(response) || isRepositoryUnknown(response)) return undefined;
    if (response.status !== 200) throw refused(doing, response);
    const listed = asList(parseJsonObject(openManifest(response, doing).bytes)?.['manifests']);
    if (!listed?.every((entry) => asObject(entry) !== undefined)) throw badAnswer(doing, 'it is not an index');
    return listed;
  }

  hasBlob(repository: string, digest: Digest): Promise<boolean> {
    return hasBlob(this.#client, this.#nameOf(repository), digest);
  }

  /**
   * Whether a blob is there with its size, and can be read: its first byte is. HEAD says yes in distribution for what the garbage
   * collection took while the registry ran, as long as its cache of descriptors knows it.
   */
  async canReadBlob(repository: string, { digest, size }: Blob, signal?: AbortSignal): Promise<boolean> {
    const response = await this.#client.getBlob(this.#nameOf(repository), digest, signal, 'bytes=0-0');
    const { status, headers, arriving } = response;
    try {
      // 416: there is no first byte.
      if (status === 404 || status === 416) return status === 416 && size === 0;
      if ((status !== 200 && status !== 206) || !arriving) throw refused(`read the blob ${this.label(repository, digest)}`, response);
      const whole = status === 200 ? headers['content-length'] : headers['content-range']?.split('/')[1];
      if (whole !== undefined && whole !== '*' && Number(whole) !== size) return false;
      return size === 0 || (await arrives(arriving));
    } finally {
      arriving?.cancel();
    }
  }

  /**
   * The bytes of a blob as they arrive, checked as they do: what has another size or another digest throws before its last bytes are handed
   * over, so that nobody can take it for whole.
   */
  async readBlob(repository: string, blob: Blob, signal?: AbortSignal): Promise<Arriving> {
    const doing = `read the blob ${this.label(repository, blob.digest)}`;
    const response = await this.#client.getBlob(this.#nameOf(repository), blob.digest, signal);
    const { status, headers, arriving } = response;
    if (status !== 200 || !arriving) {
      arriving?.cancel();
      throw refused(doing, response);
    }
    const announced = headers['content-length'];
    if (announced !== undefined && Number(announced) !== blob.size) {
      arriving.cancel();
      throw badAnswer(doing, `it has ${announced} bytes, and the manifest says ${blob.size}`);
    }
    return { [Symbol.asyncIterator]: () => checked(arriving, blob, doing), cancel: () => arriving.cancel() };
  }

  /**
   * Brings a blob into a repository: the registry takes it from `from`, a repository of its own, if it can; else it is read by `read` and
   * sent in one piece. Looks afterwards whether it can be read. One try: what was sent of it cannot be sent again.
   */
  async writeBlob(
    repository: string,
    blob: Blob,
    { read, from, signal }: { readonly read: () => Promise<Arriving>; readonly from: string | undefined; readonly signal: AbortSignal },
  ): Promise<void> {
    const name = this.#nameOf(repository);
    const doing = `write the blob ${this.label(repository, blob.digest)}`;
    const mount = from === undefined ? undefined : { digest: blob.digest, from: this.#nameOf(from) };
    const started = await this.#client.startUpload(name, mount, signal);
    if (started.status !== 202 && !(mount && started.status === 201)) throw noUpload(doing, started, this.label(repository));
    if (started.status === 202) {
      const location = started.headers['location'];
      if (location === undefined || !URL.canParse(location, started.url))
        throw badAnswer(doing, 'the registry does not say where to send it');
      const content = await read();
      try {
        const done = await this.#client.putBlob(name, new URL(location, started.url).href, blob, content, signal);
        if (done.status < 200 || done.status >= 300) throw refused(doing, done);
      } finally {
        content.cancel();
      }
    }
    if (!(await this.canReadBlob(repository, blob, signal)))
      throw badAnswer(doing, 'the registry took it, and it cannot be read from there afterwards');
  }
}

/** Whether any bytes do. A connection that breaks before them says no: what is sent once more is not lost. */
async function arrives(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  try {
    for await (const chunk of chunks) if (chunk.length > 0) return true;
  } catch {
    return false;
  }
  return false;
}

async function unlessNoRepository<Answer>(asked: Promise<Answer>, otherwise: Answer): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ToolError && error.code === 'NOT_FOUND') return otherwise;
    throw error;
  }
}

/** The chunks of a blob, each held back until the next one shows that it is not the last. */
async function* checked(chunks: AsyncIterable<Uint8Array>, { digest, size }: Blob, doing: string): AsyncGenerator<Uint8Array> {
  const algorithm = digest.slice(0, digest.indexOf(':'));
  const hash = createHash(algorithm);
  let read = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of reading(chunks, doing)) {
    read += chunk.length;
    if (read > size) throw badAnswer(doing, `it is longer than the ${size} bytes that the manifest says`);
    hash.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  if (read !== size) throw badAnswer(doing, `it ended after ${read} bytes, and the manifest says ${size}`);
  const found = `${algorithm}:${hash.digest('hex')}`;
  if (found !== digest) throw badAnswer(doing, `what the registry sent has the digest ${found}`);
  if (held) yield held;
}

/** The same chunks. A connection that breaks is told as the fault of this registry, and not of the one that they are sent on to. */
async function* reading(chunks: AsyncIterable<Uint8Array>, doing: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw new ToolError('UNREACHABLE', `Cannot ${doing}: the connection was lost on the way: ${(error as Error).message}.`, {
      hint: 'Run again.',
      transient: true,
      cause: error,
    });
  }
}

/** Some registries make a repository by the first push, others want it to be there. */
function noUpload(doing: string, response: HttpResponse, repository: string): ToolError {
  const { code, message } = refused(doing, response);
  if (response.status !== 404) return refused(doing, response);
  return new ToolError(code, message, {
    hint: `Make the repository ${repository}, or the project that it belongs to: this program does not.`,
  });
}
