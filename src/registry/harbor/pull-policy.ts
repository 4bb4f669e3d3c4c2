import type { OciClient } from '../../distribution/client.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Unreadable } from '../registry.ts';
import { splitRepository } from './client.ts';
import type { Projects } from './projects.ts';

/**
 * What nobody may pull. A project can forbid to pull images with findings of a severity, or without a signature
 * (src/server/middleware/vulnerable, contenttrust): Harbor then answers 412 on `/v2`, and no other API has the bytes of a manifest.
 * Deleting them is allowed all the same.
 */
export class PullPolicy {
  readonly #registry: OciClient;
  readonly #projects: Projects;
  readonly #deletesUnpullable: boolean;

  /** `deletesUnpullable`: what the config says, that such images are deleted although they cannot be put back. */
  constructor(registry: OciClient, projects: Projects, deletesUnpullable: boolean) {
    this.#registry = registry;
    this.#projects = projects;
    this.#deletesUnpullable = deletesUnpullable;
  }

  /** What the reader of a plan should know of it, in whole sentences; undefined where it forbids nothing. */
  async note(repository: string): Promise<string | undefined> {
    const project = await this.#forbidding(repository);
    if (project === undefined) return undefined;
    const policy =
      `The project ${this.#registry.label(project)} lets nobody pull some of its images, for their findings or for want of ` +
      'a signature';
    return this.#deletesUnpullable
      ? `${policy}. As the config says ("deleteUnpullable"), they are deleted without a copy, and "undo" cannot put them back.`
      : `${policy}. They cannot be kept for "undo", and are not deleted unless the config of this registry says ` +
          '"harbor: {deleteUnpullable: true}".';
  }

  /** Why a manifest cannot be read; undefined where it can. HEAD does not count as a pull. */
  async unreadable(repository: string, digest: Digest): Promise<Unreadable | undefined> {
    const project = await this.#forbidding(repository);
    if (project === undefined) return undefined;
    const response = await this.#registry.headManifest(repository, digest);
    if (response.status !== 412) return undefined;
    return { why: `the project ${project} lets nobody pull it, so that it could not be put back`, deletable: this.#deletesUnpullable };
  }

  /** The name of the project if it forbids some pulls. Of one that is not shown to these credentials, that is not known. */
  async #forbidding(repository: string): Promise<string | undefined> {
    const project = await this.#projects.find(splitRepository(repository)?.project ?? '');
    return project?.forbidsPulls === true ? project.name : undefined;
  }
}
