import type { JournalImage, PlannedSteps } from '../documents/journal.ts';
import type { Digest } from '../domain/digest.ts';
import type { Manifest, RepositoryInventory } from '../domain/inventory.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Leftovers } from '../plan/leftovers.ts';
import type { Registry } from '../registry/registry.ts';
import { manifestParts } from './manifest-parts.ts';
import { type UnfinishedRun, urlIn } from './unfinished-runs.ts';

/** What earlier runs left in a repository, and the names of their journals. */
export interface LeftoversFound extends Leftovers {
  readonly journals: readonly string[];
}

/**
 * Looks for what earlier runs left half-way in a repository that was just read: manifests that they were to delete and that are still
 * there, although everything that was to be deleted before them is gone. Throws what the registry throws.
 */
export async function findLeftovers(
  registry: Registry,
  inventory: RepositoryInventory,
  runs: readonly UnfinishedRun[],
): Promise<LeftoversFound> {
  const deleted = new Map<Digest, Manifest>();
  const left = new Map<Digest, Manifest>();
  const journals = new Set<string>();
  for (const { name, journal } of runs) {
    for (const place of journal.planned) {
      if (place.repository !== inventory.repository || urlIn(journal, place.registry) !== registry.url) continue;
      for (const planned of journal.steps(place)) {
        const found = await new Search(registry, inventory, planned).leftOf();
        if (found.length === 0) continue;
        journals.add(name);
        for (const manifest of found) left.set(manifest.digest, manifest);
        const images = imagesByDigest(planned);
        for (const { digest, manifest } of journal.intents(place))
          if (manifest) deleted.set(digest, manifestOf(manifest(), images.get(digest)));
      }
    }
  }
  for (const digest of left.keys()) deleted.delete(digest);
  return { deleted: [...deleted.values()], left: [...left.values()], journals: [...journals] };
}

class Search {
  readonly #registry: Registry;
  readonly #inventory: RepositoryInventory;
  readonly #planned: PlannedSteps;
  readonly #listed: ReadonlyMap<Digest, Manifest>;
  readonly #read = new Map<Digest, Promise<RawManifest | undefined>>();

  constructor(registry: Registry, inventory: RepositoryInventory, planned: PlannedSteps) {
    this.#registry = registry;
    this.#inventory = inventory;
    this.#planned = planned;
    this.#listed = new Map(inventory.manifests.map((manifest) => [manifest.digest, manifest]));
  }

  async leftOf(): Promise<Manifest[]> {
    const images = imagesByDigest(this.#planned);
    const left = new Map<Digest, Manifest>();
    for (const step of this.#planned.steps) {
      if (step.op !== 'delete-manifest' || step.after.length === 0) continue;
      let held = false;
      for (const holder of step.after) held ||= !left.has(holder) && (await this.#isThere(holder));
      if (held) continue;
      const raw = await this.#manifest(step.digest);
      if (raw) left.set(step.digest, this.#listed.get(step.digest) ?? manifestOf(raw, images.get(step.digest), []));
    }
    return [...left.values()];
  }

  async #isThere(digest: Digest): Promise<boolean> {
    return this.#listed.has(digest) || (await this.#manifest(digest)) !== undefined;
  }

  #manifest(digest: Digest): Promise<RawManifest | undefined> {
    const read = this.#read.get(digest) ?? this.#registry.readManifest(this.#inventory.repository, digest);
    this.#read.set(digest, read);
    return read;
  }
}

function imagesByDigest({ images }: PlannedSteps): ReadonlyMap<Digest, JournalImage> {
  return new Map(images.map((image) => [image.digest, image]));
}

/** A manifest of an inventory from its bytes and what the plan had said of it. `tags`: those that it has now. */
function manifestOf({ digest, mediaType, bytes }: RawManifest, image?: JournalImage, tags = image?.tags ?? []): Manifest {
  const { children, subject } = readManifestLinks(bytes) ?? { children: [] };
  const { config } = manifestParts(bytes);
  const { pushedAt, createdAt, pulledAt } = image ?? {};
  return {
    digest,
    mediaType,
    size: image?.size ?? bytes.length,
    tags,
    children,
    ...(subject !== undefined && { subject }),
    ...(config !== undefined && { config }),
    ...(pushedAt !== undefined && { pushedAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(pulledAt !== undefined && { pulledAt }),
  };
}
