import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { askBeside, type Beside } from '../beside.ts';
import type { GarClient } from './client.ts';
import { repositoryResource } from './image-name.ts';
import { readRepositorySettings } from './repository-settings.ts';

/**
 * What Artifact Registry does by itself in the repository that an image is in: its cleanup policies, and whether tags are immutable. Both
 * are settings of the repository, which take `artifactregistry.repositories.get`.
 */
export async function readBeside(client: GarClient, repository: string): Promise<readonly Beside[]> {
  const label = client.label(repository);
  const settings = (doing: string): Promise<JsonObject> => {
    const path = repositoryResource(client.whole(repository), client.place);
    return client.get({ doing, permission: 'artifactregistry.repositories.get', path });
  };
  return Promise.all([
    askBeside({
      check: 'retention',
      what: `the cleanup policies of the repository of ${label}`,
      ask: async (doing) => cleanup(await settings(doing), doing),
    }),
    askBeside({
      check: 'immutable',
      what: `the tag immutability of the repository of ${label}`,
      ask: async (doing) => immutability(await settings(doing), doing),
    }),
  ]);
}

/** Policies that keep only take something from those that delete. In a dry run, none deletes. */
function cleanup(json: JsonObject, doing: string): Omit<Beside, 'check'> {
  const { id } = readRepositorySettings(json, doing);
  const given = json['cleanupPolicies'] === undefined ? {} : asObject(json['cleanupPolicies']);
  const policies = Object.entries(given ?? {}).map(([name, policy]) => ({ name, policy: asObject(policy) }));
  if (!given || policies.some(({ policy }) => policy === undefined)) throw badAnswer(doing, 'its cleanup policies are not understood');
  const deleting = policies.filter(({ policy }) => policy?.['action'] !== 'KEEP');
  if (deleting.length === 0) return { state: 'ok', message: `${id} has no cleanup policy that deletes` };
  const words = deleting.map(({ name, policy }) => `${name} (${conditionWords(asObject(policy?.['condition']))})`).join(', ');
  if (json['cleanupPolicyDryRun'] === true)
    return { state: 'ok', message: `the cleanup policies of ${id} are a dry run, in which nothing is deleted: ${words}` };
  return {
    state: 'warning',
    message: `Artifact Registry itself deletes in ${id} by cleanup policies: ${words}`,
    next:
      'Let one of the two decide: remove these policies (Edit repository, Cleanup policies), or leave the repository out of the ' +
      'policies here.',
  };
}

/** `UNTAGGED, olderThan 86400s`; all conditions must hold. */
function conditionWords(condition: JsonObject = {}): string {
  const { tagState, ...others } = condition;
  const words = Object.entries(others).map(([name, value]) => `${name} ${(asList(value) ?? [value]).map(String).join(' or ')}`);
  return [asText(tagState) ?? 'ANY', ...words].join(', ');
}

function immutability(json: JsonObject, doing: string): Omit<Beside, 'check'> {
  const { id, immutableTags } = readRepositorySettings(json, doing);
  if (!immutableTags) return { state: 'ok', message: `tags of ${id} can be moved and deleted` };
  return {
    state: 'warning',
    message: `tags of ${id} are immutable, so that only images without a tag can be deleted`,
    next: `Plans show them as locked. Where they are to go: gcloud artifacts repositories update ${id} --no-immutable-tags.`,
  };
}
