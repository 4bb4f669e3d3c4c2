import type { LimitFunction } from 'p-limit';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Blob, Capabilities, RepositoryInventory } from '../../domain/inventory.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { ManifestReader } from '../../distribution/manifest-reader.ts';
import { Problems } from '../../distribution/problems.ts';
import type { InventoryOptions } from '../registry.ts';
import type { Attached } from './attached.ts';
import type { ManifestAttributes } from './attributes.ts';
import { buildManifests } from './build-manifests.ts';
import type { AcrClient } from './client.ts';
import { findManifest, type Listing, readListing } from './listing.ts';
import type { ResourcePolicies } from './resource-policies.ts';
import type { Reading } from './tag-list.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: AcrClient;
  readonly cache: ContentCache | undefined;
  readonly policies: ResourcePolicies | undefined;
  /** Whether requests were sent without credentials, since there are none. */
  readonly isAnonymous: () => boolean;
  /** How many manifests are read side by side, over all repositories. */
  readonly limit: LimitFunction;
  readonly attached: Attached;
  /** True of a repository that the registry's catalogue named. */
  readonly isListed: (repository: string) => boolean;
}

/**
 * What ACR tells. It tells nothing of pulls and scans. Build time and labels stand in an image's config, which would take two more requests
 * for each image. `cascades`: what is attached to a manifest by its `subject` is deleted with it (container-registry-manage-artifact.md);
 * the children of an index are not.
 */
const CAPABILITIES: Capabilities = {
  deleteTag: true,
  listUntagged: true,
  pushedAt: true,
  createdAt: false,
  pulledAt: false,
  tagTimes: true,
  labels: false,
  annotations: true,
  platforms: true,
  artifactType: true,
  vulnerability: false,
  attachments: true,
  cascades: true,
};

/**
 * Reads a repository: the repository itself, one request for each 1000 manifests and each 1000 tags, and every manifest that is not in the
 * cache. Every manifest is needed, because the lists do not tell how manifests belong together: any of them may have a subject, with which
 * ACR deletes it, and a running image may be known only by the digest of its config. ACR does not record reading as a pull. Throws `AUTH`,
 * `UNREACHABLE` and `NOT_FOUND` for the repository as a whole; anything else that cannot be read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  const { client, type, policies, isListed, isAnonymous } = context;
  const problems = new Problems(options.signal);
  let read: Pick<RepositoryInventory, 'manifests' | 'danglingTags'> = { manifests: [] };
  await problems.require(async () => {
    try {
      read = await readManifests(context, repository, options, problems);
    } catch (error) {
      // ACR drops a repository with its last manifest.
      if (!(error instanceof ToolError) || error.code !== 'NOT_FOUND' || !isListed(repository)) throw error;
    }
  });
  const said = await policies?.read(options.signal);
  // While soft delete holds what was deleted, the same image cannot be pushed.
  const undo = said?.recoverableDays === undefined ? {} : { undo: false };
  return {
    registry: client.name,
    type,
    url: client.url,
    repository,
    ...problems.verdict,
    ...said,
    ...(isAnonymous() && { notes: [...(said?.notes ?? []), readByAnybody(client.name)] }),
    capabilities: { ...CAPABILITIES, ...undo },
    ...read,
  };
}

function readByAnybody(name: string): string {
  return (
    `The registry ${name} was read without credentials, as it lets everybody. ` +
    'To delete something, log in: there was nothing to log in with.'
  );
}

async function readManifests(
  { client, cache, limit, attached }: InventoryContext,
  repository: string,
  options: InventoryOptions,
  problems: Problems,
): Promise<Pick<RepositoryInventory, 'manifests' | 'danglingTags'>> {
  const { signal, onProgress } = options;
  const reading: Reading = { client, repository, signal };
  let done = 0;
  let total = 0;
  const listing = await readListing(reading, problems, (found) => onProgress?.(done, (total += found)));
  total = listing.manifests.size;
  // Each manifest is read once, so that no reader need remember it.
  const read = ({ digest, mediaType }: ManifestAttributes) =>
    new ManifestReader({ client: client.oci, repository, cache, signal }).byDigest(digest, mediaType);
  const documents = new Map<Digest, ManifestDocument>();
  const shared = new SharedParts();
  await limit.map([...listing.manifests.values()], async (manifest) => {
    const document = await problems.attempt(async () => (await read(manifest)) ?? missing(reading, listing, manifest));
    if (document) documents.set(document.digest, shared.in(document));
    onProgress?.(++done, total);
  });
  if (problems.list.length === 0) attached.note(repository, listing.manifests.values(), documents);
  const { dangling } = listing;
  return { manifests: buildManifests(listing, documents), ...(dangling.length > 0 && { danglingTags: dangling }) };
}

/**
 * Decides about a manifest that is listed and then not there. Undefined if it was deleted in the meantime: it is left out of the inventory,
 * so that it is not touched. Throws if it is still listed, which happens only in a damaged registry.
 */
async function missing(reading: Reading, { manifests }: Listing, { digest }: ManifestAttributes): Promise<undefined> {
  if (await findManifest(reading, digest)) {
    const image = reading.client.label(reading.repository, digest);
    throw new ToolError('REGISTRY_ERROR', `The registry lists ${image}, and says that it is not there. Push it again or delete it.`, {
      hint: 'Run again.',
    });
  }
  manifests.delete(digest);
  return undefined;
}

/** Layers that many images have, each kept once: the largest part of what is known of a large repository. */
class SharedParts {
  readonly #known = new Map<Digest, Blob>();

  in(document: ManifestDocument): ManifestDocument {
    if (!document.parts) return document;
    const parts = document.parts.map((part) => {
      const known = this.#known.get(part.digest);
      if (known?.size === part.size) return known;
      this.#known.set(part.digest, part);
      return part;
    });
    return { ...document, parts };
  }
}
