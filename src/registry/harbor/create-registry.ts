import pLimit from 'p-limit';
import { OciClient, type Send } from '../../distribution/client.ts';
import { ContentStore } from '../../distribution/content-store.ts';
import { hasBlob } from '../../distribution/has-blob.ts';
import { putManifest } from '../../distribution/put-manifest.ts';
import type { Registry } from '../registry.ts';
import { findArtifact, listManifests, type Reading } from './artifacts.ts';
import { readBeside } from './beside.ts';
import { listRepositories } from './catalog.ts';
import { HarborClient, type HarborClientOptions } from './client.ts';
import { checkDelete, deleteManifest, deleteTag } from './deletion.ts';
import { DigestTags } from './digest-tags.ts';
import { collectGarbage } from './garbage-collection.ts';
import { type InventoryContext, readInventory } from './inventory.ts';
import { restoreLabels } from './labels.ts';
import { readManifest } from './manifest-content.ts';
import { Projects } from './projects.ts';
import { PullPolicy } from './pull-policy.ts';
import { readStanding } from './standing.ts';
import { listTags, resolveTag, resolveTags, setTag } from './tags.ts';
import { createScans } from './scans.ts';
import { TakenAlong } from './taken-along.ts';

export interface HarborRegistryOptions extends HarborClientOptions {
  /** Sends requests to `/v2`, with tokens. */
  readonly send: Send;
  /** How much is read side by side, over all repositories; the HTTP client limits the requests. Default 16. */
  readonly concurrency?: number;
  /** Delete what the project lets nobody pull, although it cannot be put back. Default false. */
  readonly deleteUnpullable?: boolean;
}

const DEFAULT_CONCURRENCY = 16;

/** Harbor 2.9 and later, by its REST API; manifests themselves by the OCI API. */
export function createHarborRegistry(given: HarborRegistryOptions): Registry {
  const { send, concurrency = DEFAULT_CONCURRENCY, deleteUnpullable = false, ...options } = given;
  const client = new HarborClient(options);
  const registry = new OciClient({ name: client.name, url: client.url, send });
  const projects = new Projects(client);
  const policy = new PullPolicy(registry, projects, deleteUnpullable);
  const takenAlong = new TakenAlong(policy);
  const digestTags = new DigestTags(client);
  const context: InventoryContext = { type: 'harbor', client, registry, projects, policy, limit: pLimit(concurrency) };
  const reading = (repository: string): Reading => ({ client, repository });
  return {
    name: client.name,
    type: context.type,
    url: client.url,
    repositories: (asked = {}) => listRepositories(client, asked),
    inventory: (repository, asked = {}) => readInventory(context, repository, asked),
    checkDelete: (repository, needs) => checkDelete(reading(repository), projects, needs),
    listTags: (repository) => listTags(reading(repository), registry, projects),
    resolveTag: (repository, tag) => resolveTag(reading(repository), tag),
    resolveTags: (repository) => resolveTags(context, repository),
    tagsOf: (repository, digest) => digestTags.of(repository, digest),
    takenAlong: (repository, digest) => takenAlong.of(reading(repository), digest),
    standing: (repository, digest) => readStanding(reading(repository), policy, digest),
    listManifests: (repository) => listManifests(reading(repository)),
    hasManifest: async (repository, digest) => (await findArtifact(reading(repository), digest)) !== undefined,
    hasBlob: (repository, digest) => hasBlob(registry, repository, digest),
    readManifest: (repository, digest) => readManifest(reading(repository), registry, projects, digest),
    deleteManifest: (repository, digest) => deleteManifest(reading(repository), digest),
    deleteTag: (repository, tag, digest) => deleteTag(reading(repository), tag, digest),
    content: new ContentStore(registry),
    // Where nobody may pull, HEAD finds nothing either.
    putManifest: (repository, manifest, tag) =>
      putManifest(registry, repository, manifest, tag, (reference) => resolveTag(reading(repository), reference)),
    setTag: (repository, digest, tag) => setTag(reading(repository), digest, tag),
    restoreLabels: (repository, digest, names) => restoreLabels(reading(repository), projects, digest, names),
    collectGarbage: (asked) => collectGarbage(client, asked),
    scans: createScans(client, context.limit),
    beside: (repository) => readBeside(client, projects, repository),
  };
}
