import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject, asText, type JsonObject } from '../../domain/json.ts';
import type { GarClient } from './client.ts';
import { repositoryResource, type WholeImageName } from './image-name.ts';

/** What decides how a repository of Artifact Registry is treated. */
export interface RepositorySettings {
  readonly id: string;
  readonly format: string;
  /** `virtual`: it has nothing of its own. `remote`: it caches another registry. */
  readonly mode: 'standard' | 'virtual' | 'remote';
  /** No tag may be moved or deleted, and so nothing that has one. */
  readonly immutableTags: boolean;
}

const MODES: Readonly<Record<string, RepositorySettings['mode']>> = {
  MODE_UNSPECIFIED: 'standard',
  STANDARD_REPOSITORY: 'standard',
  VIRTUAL_REPOSITORY: 'virtual',
  REMOTE_REPOSITORY: 'remote',
};

/** Reads a `Repository`. Throws `BAD_RESPONSE` for one that is not understood, since deleting may mean something else in it. */
export function readRepositorySettings(json: JsonObject, doing: string): RepositorySettings {
  const id = asText(json['name'])?.split('/repositories/')[1];
  const format = asText(json['format']);
  const mode = MODES[asText(json['mode']) ?? 'MODE_UNSPECIFIED'];
  if (id === undefined || format === undefined) throw badAnswer(doing, 'the answer is not a repository');
  if (!mode) throw badAnswer(doing, `its mode ${JSON.stringify(json['mode']).slice(0, 100)} is not known here`);
  return { id, format, mode, immutableTags: asObject(json['dockerConfig'])?.['immutableTags'] === true };
}

/** The settings of the repository that an image is in, as they are now. */
export async function findRepositorySettings(
  client: GarClient,
  name: Pick<WholeImageName, 'project' | 'repository'>,
  label: string,
  signal?: AbortSignal,
): Promise<RepositorySettings> {
  const doing = `read the settings of the repository of ${label}`;
  const path = repositoryResource(name, client.place);
  return readRepositorySettings(await client.get({ doing, permission: 'artifactregistry.repositories.get', path, signal }), doing);
}
