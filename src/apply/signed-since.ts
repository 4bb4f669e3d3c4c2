import { digestKey, parseDigestTag } from '../domain/attachment.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { asObject, asText, parseJsonObject } from '../domain/json.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import { isSignatureType } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Registry } from '../registry/registry.ts';
import type { Holds } from './holds.ts';
import type { RunState } from './run-state.ts';
import { sideBySide } from './side-by-side.ts';

/**
 * Holds what was signed after the plan was made in another repository (COSIGN_REPOSITORY), with the indexes that list it: no tag of its own
 * repository tells of that. Looked for before the first deletion.
 */
export async function holdSignedSince({ plan, changes, registry, concurrency }: RunState, holds: Holds): Promise<void> {
  const { repositories = [], signed: before = [] } = plan.signaturesIn ?? {};
  const signed = new Set(before);
  const unsigned = changes.flatMap(({ op, digest }) => (op === 'delete-manifest' && !signed.has(digest) ? [digest] : []));
  for (const name of unsigned.length === 0 ? [] : repositories) {
    const store = await SignatureStore.open(registry, name);
    await sideBySide(unsigned, concurrency, async (digest) => {
      if (await store.signs(digest)) await holds.holdAttached(digest, `${digest} was signed in ${name} after the plan was made`);
    });
  }
}

/** A repository that holds the signatures of others, as it is now. */
class SignatureStore {
  readonly #registry: Registry;
  readonly #name: string;
  /** Keys of digests, with a tag that attaches something to each: by `.sig`, or as the fallback of a list of referrers. */
  readonly #tags = { signatures: new Set<string>(), lists: new Map<string, string>() };

  private constructor(registry: Registry, name: string) {
    this.#registry = registry;
    this.#name = name;
  }

  static async open(registry: Registry, name: string): Promise<SignatureStore> {
    const store = new SignatureStore(registry, name);
    for (const tag of await listTags(registry, name)) {
      const { key, suffix } = parseDigestTag(tag) ?? {};
      if (key !== undefined && suffix === 'sig') store.#tags.signatures.add(key);
      if (key !== undefined && suffix === '') store.#tags.lists.set(key, tag);
    }
    return store;
  }

  async signs(digest: Digest): Promise<boolean> {
    const key = digestKey(digest);
    if (this.#tags.signatures.has(key)) return true;
    const tag = this.#tags.lists.get(key);
    const list = tag === undefined ? undefined : await this.#registry.resolveTag(this.#name, tag);
    const listed = list && (await this.#read(list));
    const referrers = (await this.#registry.referrersOf?.(this.#name, digest)) ?? [];
    for (const one of new Set([...((listed && readManifestLinks(listed.bytes)?.children) ?? []), ...referrers])) {
      const manifest = await this.#read(one);
      if (manifest && isSignature(manifest)) return true;
    }
    return false;
  }

  #read(digest: Digest): Promise<RawManifest | undefined> {
    return this.#registry.readManifest(this.#name, digest);
  }
}

function isSignature({ bytes }: RawManifest): boolean {
  const manifest = parseJsonObject(bytes);
  return [manifest?.['artifactType'], asObject(manifest?.['config'])?.['mediaType']].some((type) => isSignatureType(asText(type) ?? ''));
}

/** Nothing where the repository is gone: some registries have none that has lost its last tag. */
async function listTags(registry: Registry, repository: string): Promise<readonly string[]> {
  try {
    return await registry.listTags(repository);
  } catch (error) {
    if (error instanceof ToolError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}
