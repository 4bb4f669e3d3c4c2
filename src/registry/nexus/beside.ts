import { parseJsonObject } from '../../domain/json.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { askBeside, type Beside } from '../beside.ts';
import type { NexusClient, NexusVersion } from './client.ts';
import { type HostedSettings, type NexusRepositories, type NexusRepository, whyLocked } from './nexus-repositories.ts';
import { deletesOciManifests } from './oci-manifests.ts';
import { COMPACT, type NexusTask, readTasks, tasksFor, UNUSED } from './tasks.ts';
import type { Routing } from './routing.ts';

type Answer = Omit<Beside, 'check'>;

export interface BesideContext {
  readonly client: NexusClient;
  readonly routing: Routing;
  readonly repositories: NexusRepositories;
}

/**
 * What Nexus does by itself: the cleanup policies of the Nexus repository, its deployment policy, and the task that deletes what is unused.
 * Takes `nx-repository-admin-docker-NAME-read` and `nx-tasks-read`.
 */
export async function readBeside({ client, routing, repositories }: BesideContext, repository: string): Promise<readonly Beside[]> {
  const { hosted } = await routing.place(repository);
  const label = `the Nexus repository ${hosted.name}`;
  const settings = async (doing: string): Promise<HostedSettings> => {
    const read = await repositories.settings(hosted);
    if (read) return read;
    throw new ToolError('AUTH', `Cannot ${doing}: Nexus does not show its settings to these credentials.`, {
      hint: `Give a role of this user the privilege nx-repository-admin-${hosted.format}-${hosted.name}-read.`,
    });
  };
  return Promise.all([
    askBeside({
      check: 'retention',
      what: `the cleanup policies of ${label}`,
      ask: async (doing) => retention(client, hosted, await settings(doing)),
    }),
    askBeside({
      check: 'immutable',
      what: `the deployment policy of ${label}`,
      ask: async (doing) => immutable(label, await settings(doing)),
    }),
    askBeside({
      check: 'garbage',
      what: `the tasks of ${client.name}`,
      ask: async () => garbage(client, tasksFor(await readTasks(client, UNUSED.type), 'repositoryName', new Set([hosted.name]))),
    }),
  ]);
}

async function retention(client: NexusClient, { name }: NexusRepository, { cleanupPolicies }: HostedSettings): Promise<Answer> {
  if (cleanupPolicies.length === 0) return { state: 'ok', message: `the Nexus repository ${name} has no cleanup policy` };
  const words = await Promise.all(cleanupPolicies.map((policy) => describePolicy(client, policy)));
  return {
    state: 'warning',
    message: `Nexus itself deletes in the Nexus repository ${name} what one of its cleanup policies matches: ${words.join('; ')}`,
    next: `Let one of the two decide: take them off the repository, or leave it out of the policies here.`,
  };
}

/** With its criteria, where the version has this call and the account may read them. */
async function describePolicy(client: NexusClient, policy: string): Promise<string> {
  const doing = `read the cleanup policy ${policy}`;
  const path = `/internal/cleanup-policies/${encodeURIComponent(policy)}`;
  const response = await client.call({ doing, privilege: 'nx-all', path });
  const json = response.status === 200 ? parseJsonObject(response.body) : undefined;
  const { criteriaLastBlobUpdated: age, criteriaLastDownloaded: idle, criteriaAssetRegex: regex, retain } = json ?? {};
  const criteria = [
    typeof age === 'number' && `older than ${age} days`,
    typeof idle === 'number' && `not downloaded for ${idle} days`,
    typeof regex === 'string' && regex !== '' && `path matches ${regex}`,
    typeof retain === 'number' && `but the newest ${retain}`,
  ].filter((text) => text !== false);
  return criteria.length === 0 ? policy : `${policy} (${criteria.join(', ')})`;
}

function immutable(label: string, { writePolicy }: HostedSettings): Answer {
  const why = whyLocked(writePolicy);
  if (why !== undefined) {
    return { state: 'warning', message: `${label} ${why}`, next: 'Nothing is deleted there until it is set to allow deployments again.' };
  }
  if (writePolicy === 'ALLOW_ONCE') return { state: 'ok', message: `tags of ${label} cannot be moved (ALLOW_ONCE), and can be deleted` };
  return { state: 'ok', message: `tags of ${label} can be moved and deleted` };
}

function garbage({ version }: NexusClient, tasks: readonly NexusTask[]): Answer {
  const [first] = tasks.filter(({ nextRun }) => nextRun !== undefined);
  if (!version || deletesOciManifests(version)) return oldGarbage(version, first);
  if (!first) {
    return {
      state: 'warning',
      message: `no task "${UNUSED.title}" is scheduled, so that space comes back only after somebody starts one`,
      next: `Schedule it, and "${COMPACT.title}" after it (Administration, System, Tasks), or run with --gc --wait.`,
    };
  }
  const result = first.lastResult === undefined ? 'it has not run yet' : `its last run ended with ${first.lastResult}`;
  const state = first.lastResult === undefined || first.lastResult === 'OK' ? 'ok' : 'warning';
  return {
    state,
    message: `what is unused is deleted by the task "${first.name}", next at ${first.nextRun}; ${result}`,
    ...(state === 'warning' && { next: 'The log of Nexus says why.' }),
  };
}

/** Of a Nexus whose task deletes more than what is unused, or whose version is not told, so that it may do so. */
function oldGarbage(version: NexusVersion | undefined, task: NexusTask | undefined): Answer {
  const which = version ? `this is Nexus ${version.text}` : 'the version of this Nexus is not told';
  const title = `the task "${task?.name ?? UNUSED.title}"`;
  const danger = `before 3.71 it may delete OCI manifests in use, and ${which}`;
  const upgrade = version ? 'Upgrade to 3.71 or later' : 'Find out its version, and upgrade it if that is before 3.71';
  return {
    state: 'warning',
    message: task ? `${title} runs at ${task.nextRun}: ${danger}` : `${title} is not scheduled, so that no space comes back: ${danger}`,
    next: task ? `${upgrade}; until then disable the task if OCI images are stored.` : `${upgrade}, and schedule the task only then.`,
  };
}
