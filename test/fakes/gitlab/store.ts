import type { StoredRepository } from '../../../src/demo/registry-storage.ts';
import { RegistryStorage } from '../../../src/demo/registry-storage.ts';
import type { Digest } from '../../../src/domain/digest.ts';

interface StoredTagRule {
  readonly tag_name_pattern: string;
  readonly minimum_access_level_for_push: string | null;
  readonly minimum_access_level_for_delete: string | null;
}

export interface StoredProject {
  readonly id: number;
  /** `group/project` */
  readonly path: string;
  readonly rules: StoredTagRule[];
  /** As `container_expiration_policy`. */
  cleanup: object | undefined;
}

/** A repository as Rails knows it. */
export interface RailsRepository {
  readonly id: number;
  readonly project: StoredProject;
  readonly path: string;
  status: string | null;
}

/** What a GitLab holds: in its own database projects and the names of repositories, in its registry the images. */
export class GitlabStore {
  readonly registry = new RegistryStorage();
  readonly projects: StoredProject[] = [];
  readonly #repositories = new Map<string, RailsRepository>();
  /** When each tag (`team/app:v1`) was set for the first time, milliseconds since the epoch. */
  readonly createdAt = new Map<string, number>();

  addProject(path: string): StoredProject {
    const project: StoredProject = { id: 100 + this.projects.length, path, rules: [], cleanup: undefined };
    this.projects.push(project);
    return project;
  }

  /** By id or path. */
  project(key: string): StoredProject | undefined {
    return this.projects.find(({ id, path }) => String(id) === key || path === key);
  }

  /** Every repository that was pushed to; it belongs to the project with the longest path that its name begins with. */
  repositories(): RailsRepository[] {
    for (const [path, { listed }] of this.registry.repositories) {
      if (!listed || this.#repositories.has(path)) continue;
      const project = this.projects
        .filter((one) => path === one.path || path.startsWith(`${one.path}/`))
        .toSorted((a, b) => b.path.length - a.path.length)[0];
      if (project) this.#repositories.set(path, { id: 1000 + this.#repositories.size, project, path, status: null });
    }
    return [...this.#repositories.values()];
  }

  repository(path: string): RailsRepository {
    return this.repositories().find((one) => one.path === path)!;
  }

  content({ path }: RailsRepository): StoredRepository {
    return this.registry.repository(path);
  }

  /**
   * Collects the manifests that no tag leads to and no index with a tag lists, as the registry does by itself, a day after the last tag
   * went. Layers stay for another day.
   */
  collectManifests(path: string): void {
    const { tags, manifests } = this.registry.repository(path);
    const held = new Set<Digest>(tags.values());
    // A set grows while it is walked: what is added is visited too.
    for (const digest of held) for (const child of manifests.get(digest)?.fields.children ?? []) held.add(child.digest as Digest);
    for (const digest of manifests.keys()) if (!held.has(digest)) manifests.delete(digest);
  }
}
