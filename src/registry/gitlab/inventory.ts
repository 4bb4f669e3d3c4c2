import type { LimitFunction } from 'p-limit';
import { buildManifests } from '../../distribution/build-manifests.ts';
import type { ImageConfigs } from '../../distribution/image-config.ts';
import { readConfigs } from '../../distribution/image-configs.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { danglingProblem } from '../../distribution/dangling-problem.ts';
import { manifestCapabilities } from '../../distribution/manifest-capabilities.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import type { ReferrersApi } from '../../distribution/referrers.ts';
import { readTaggedGraph, type TaggedGraph } from '../../distribution/tagged-graph.ts';
import type { DanglingTag, Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import type { InventoryOptions } from '../registry.ts';
import type { GitlabClient } from './client.ts';
import { whyLocked } from './deletion.ts';
import type { Projects } from './projects.ts';
import type { ContainerRepository, Repositories } from './repositories.ts';
import { lockedBy } from './tag-rules.ts';
import { readTagNames } from './tags.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: GitlabClient;
  readonly repositories: Repositories;
  readonly projects: Projects;
  readonly referrers: ReferrersApi;
  readonly cache: ContentCache | undefined;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads a repository: by the API its tags and what protects them, by the registry what they point to, what can be reached from there, and
 * the configs of its images. Throws `AUTH`, `UNREACHABLE` and `NOT_FOUND` for the repository as a whole; anything else that cannot be read
 * becomes a problem.
 *
 * The API's details of a tag are not asked for. Their `created_at` is, with a metadata database, when a tag of that name was set for the
 * first time, wherever it was moved since, and without one what the image says of itself, which its config says too: the one would make a
 * new image old, and the other tells nothing more. Without a database they do not find an OCI index at all, since GitLab accepts images
 * alone there (lib/container_registry/client.rb).
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  options.signal?.throwIfAborted();
  const problems = new Problems(options.signal);
  const reading = new GitlabReading(context, repository, options, problems);
  await problems.require(() => reading.all());
  const { notes, dangling } = reading;
  return {
    registry: context.client.name,
    type: context.type,
    repository,
    ...problems.verdict,
    ...(dangling.length > 0 && { danglingTags: dangling }),
    ...(notes.length > 0 && { notes }),
    capabilities: CAPABILITIES,
    manifests: reading.manifests(),
  };
}

/** The reading of one repository. */
class GitlabReading {
  notes: readonly string[] = [];
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #progress: ReadingProgress;
  #read: TaggedGraph | undefined;
  #configs: ImageConfigs;
  #isLocked: (tag: string) => boolean = () => false;
  #allLocked = false;

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#progress = new ReadingProgress(options.onProgress);
    this.#problems = problems;
  }

  get dangling(): readonly DanglingTag[] {
    return this.#read?.tagged.dangling ?? [];
  }

  async all(): Promise<void> {
    const { client, repositories, referrers, cache, limit } = this.#context;
    const { signal, wants } = this.#options;
    const found = await repositories.find(this.#repository);
    await this.#readProject(found);
    const names = await readTagNames(client, found, { signal });
    this.#progress.found(names.length);
    const reading = { client: client.oci, repository: this.#repository, cache, signal };
    const problems = this.#problems;
    this.#read = await readTaggedGraph(names, { reading, referrers, limit, problems, progress: this.#progress });
    this.#configs = await readConfigs(reading, this.#read.tagged, {
      limit,
      problems,
      progress: this.#progress,
      areWanted: () => wants?.configs({ capabilities: CAPABILITIES, manifests: () => this.manifests() }) ?? true,
    });
    for (const one of this.dangling)
      this.#problems.add(danglingProblem(client.label(this.#repository, one.tag), one, 'or push it again, or delete it in GitLab.'));
  }

  manifests(): Manifest[] {
    if (!this.#read) return [];
    const { tagged, firstSeen } = this.#read;
    return buildManifests({ ...tagged, firstSeen }, this.#configs).map((manifest): Manifest => {
      const lockedTags = manifest.tags.filter(this.#isLocked);
      return { ...manifest, ...(this.#allLocked && { locked: true }), ...(lockedTags.length > 0 && { lockedTags }) };
    });
  }

  /** What keeps tags from being deleted, and what GitLab deletes by itself. */
  async #readProject(found: ContainerRepository): Promise<void> {
    const { client, projects } = this.#context;
    const label = client.label(this.#repository);
    const why = whyLocked(found.status);
    const [project, rules] = await Promise.all([projects.of(found), projects.rulesOf(found)]);
    this.#allLocked = why !== undefined;
    const level = 'known' in project ? project.known.accessLevel : undefined;
    if ('known' in rules) this.#isLocked = lockedBy(rules.known, level);
    this.notes = [
      ...(why === undefined ? [] : [`Nothing can be deleted in ${label}: it ${why}.`]),
      ...('known' in rules
        ? []
        : [
            `Which tags of ${label} are protected is not known, since ${rules.unknown}. GitLab refuses to delete those, and they are ` +
              'then reported as locked.',
          ]),
      ...cleanupNote(label, project),
    ];
  }
}

function cleanupNote(label: string, project: Awaited<ReturnType<Projects['of']>>): string[] {
  if ('unknown' in project) {
    return [`Whether GitLab itself deletes tags of ${label} by a cleanup policy of its project is not known, since ${project.unknown}.`];
  }
  const { path, cleanup } = project.known;
  return cleanup === undefined ? [] : [`GitLab itself deletes tags of ${label} by the cleanup policy of the project ${path}: ${cleanup}.`];
}

/** What GitLab tells: tags, and what images say of themselves; nothing of pushes, pulls, manifests without a tag, and scans. */
const CAPABILITIES = manifestCapabilities({
  deleteTag: true,
  listUntagged: false,
  pushedAt: false,
  pulledAt: false,
  tagTimes: false,
  attachments: true,
});
