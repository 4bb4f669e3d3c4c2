import type { LimitFunction } from 'p-limit';
import { buildManifests } from '../../distribution/build-manifests.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { OciClient } from '../../distribution/client.ts';
import type { ImageConfigs } from '../../distribution/image-config.ts';
import { readConfigs } from '../../distribution/image-configs.ts';
import { pushTimes } from '../../distribution/image-tags.ts';
import { readListedDocuments } from '../../distribution/listed-documents.ts';
import { manifestCapabilities } from '../../distribution/manifest-capabilities.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import { byCodeUnit } from '../../domain/compare.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import type { InventoryOptions } from '../registry.ts';
import type { RepositoryFacts, TagApi } from './tag-api.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly api: () => Promise<TagApi>;
  readonly oci: OciClient;
  readonly cache: ContentCache | undefined;
  /** Manifests that were read and are not indexes, so that they need not be read again for what they list. */
  readonly plain: Set<Digest>;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads a repository: its tags by the API, what they point to and what indexes list by digest over `/v2/`, and the configs of its images.
 * Throws `AUTH`, `UNREACHABLE` and `NOT_FOUND` for the repository as a whole; anything else that cannot be read becomes a problem.
 */
export async function readInventory(
  { type, api, oci, cache, plain, limit }: InventoryContext,
  repository: string,
  { signal, onProgress, wants }: InventoryOptions,
): Promise<RepositoryInventory> {
  signal?.throwIfAborted();
  const problems = new Problems(signal);
  const progress = new ReadingProgress(onProgress);
  let manifests: Manifest[] = [];
  let facts: RepositoryFacts | undefined;
  let domains: readonly string[] | undefined;
  await problems.require(async () => {
    const calls = await api();
    facts = await calls.facts(repository, signal);
    domains = await calls.domains();
    const tags = await calls.tags(repository, { signal });
    const reading = { client: oci, repository, cache, signal };
    const shared = { limit, problems, progress };
    const documents = await readListedDocuments(reading, tags, shared);
    for (const { digest, children } of documents.values()) if (children.length === 0) plain.add(digest);
    const read = { documents, tags: tags.byDigest() };
    const manifestsWith = (configs: ImageConfigs): Manifest[] =>
      buildManifests(read, configs).map((manifest) => ({
        ...manifest,
        ...pushTimes(manifest.tags, tags),
        ...(facts?.locked !== undefined && { locked: true }),
      }));
    const areWanted = (): boolean => wants?.configs({ capabilities: CAPABILITIES, manifests: () => manifestsWith(undefined) }) ?? true;
    manifests = manifestsWith(await readConfigs(reading, read, { ...shared, areWanted }));
  });
  const notes = facts ? notesOf(oci, repository, facts, domains !== undefined) : [];
  const own = new URL(oci.url).host;
  const names = (domains ?? []).filter((domain) => domain !== own).map((domain) => `${domain}/${repository}`);
  return {
    registry: oci.name,
    type,
    repository,
    ...problems.verdict,
    ...(names.length > 0 && { names: [...new Set(names)].toSorted(byCodeUnit) }),
    ...(notes.length > 0 && { notes }),
    capabilities: CAPABILITIES,
    manifests,
  };
}

function notesOf(oci: OciClient, repository: string, { locked, immutable }: RepositoryFacts, knowsDomains: boolean): string[] {
  const label = oci.label(repository);
  return [
    ...(locked === undefined ? [] : [`Nothing can be deleted in ${label}: it ${locked}.`]),
    ...(immutable ? [`Tags in ${label} can be pushed once and not moved; they can be deleted.`] : []),
    `Alibaba Cloud lists the tags of ${oci.name} alone: what is attached to an image by its digest, such as newer signatures, is not seen.`,
    ...(knowsDomains
      ? []
      : [
          `Under which other domains runtimes pull from ${oci.name} is not known: these keys lack cr:ListInstanceEndpoint. Name them as ` +
            'mirrors in the config, or what is in use under them is not seen.',
        ]),
  ];
}

/** What Alibaba Cloud tells: tags and their times, and nothing of what has none. What is deleted there is not given back. */
const CAPABILITIES = manifestCapabilities({
  deleteTag: true,
  listUntagged: false,
  pushedAt: true,
  pulledAt: false,
  tagTimes: true,
  cascades: true,
  undo: false,
});
