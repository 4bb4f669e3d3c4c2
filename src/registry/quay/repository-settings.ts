import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText } from '../../domain/json.ts';
import { type QuayClient, repositoryPath } from './client.ts';

/** What Quay says of a repository itself. */
export interface RepositorySettings {
  /** `NORMAL`, or why nothing can be changed in it: `READ_ONLY`, `MIRROR`, `ORG_MIRROR`, `MARKED_FOR_DELETION`. */
  readonly state: string;
  /** Its namespace is an organization, and not a user. */
  readonly ofOrganization: boolean;
  /** Seconds for which its deleted tags can be restored (the time machine); undefined where that is not told. */
  readonly restorableSeconds: number | undefined;
}

/** Reads the settings of a repository. Throws `NOT_FOUND` for one that is not there. */
export async function readRepositorySettings(client: QuayClient, repository: string, signal?: AbortSignal): Promise<RepositorySettings> {
  const doing = `read the repository ${client.label(repository)}`;
  const json = await client.get({ doing, path: repositoryPath(client, repository), query: { includeTags: 'false' }, repository, signal });
  const state = asText(json['state']);
  const seconds = json['tag_expiration_s'];
  if (state === undefined) throw badAnswer(doing, 'the answer does not tell the state of the repository');
  return {
    state,
    ofOrganization: json['is_organization'] !== false,
    restorableSeconds: typeof seconds === 'number' && seconds >= 0 ? seconds : undefined,
  };
}

/** Why nothing can be deleted in a repository, as the end of a sentence that begins with its name; undefined where it can. */
export function whyLocked(state: string): string | undefined {
  if (state === 'NORMAL') return undefined;
  if (state === 'READ_ONLY') return 'is read-only';
  if (state === 'MIRROR' || state === 'ORG_MIRROR') return 'mirrors a repository of another registry';
  return state === 'MARKED_FOR_DELETION' ? 'is about to be deleted as a whole' : `is in the state ${JSON.stringify(state)}`;
}
