import { setTimeout as wait } from 'node:timers/promises';
import { registryErrorText } from '../../http/registry-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { CollectGarbageOptions, GarbageCollection } from '../registry.ts';
import type { NexusClient } from './client.ts';
import type { NexusRepositories, NexusRepository } from './nexus-repositories.ts';
import { deletesOciManifests } from './oci-manifests.ts';
import { COMPACT, type NexusTask, readTask, readTasks, tasksFor, UNUSED } from './tasks.ts';

export interface CollectionContext {
  readonly client: NexusClient;
  readonly repositories: NexusRepositories;
  /** The Nexus repositories in which something was deleted. */
  readonly emptied: () => readonly NexusRepository[];
}

/** How long a task is left alone before it is asked for again, in milliseconds. */
const POLL = 2000;
const BOTH = `tasks "${UNUSED.title}" and then "${COMPACT.title}" (Administration, System, Tasks)`;

/**
 * Starts the tasks that free space and that somebody has set up: first what deletes unused manifests and layers, then, once that has ended,
 * what compacts the blob store. So without `wait` the first alone is started. None is set up here: a task is a setting of the server.
 */
export async function collectGarbage(
  context: CollectionContext,
  options: CollectGarbageOptions & { readonly pause?: number },
): Promise<GarbageCollection> {
  const { client } = context;
  const { wait: follow, signal } = options;
  const { version } = client;
  if (!version || deletesOciManifests(version)) {
    const which = version ? `This is Nexus ${version.text}` : 'The version of this Nexus is not told';
    return {
      state: 'refused',
      message:
        `${which}, and before 3.71 its task "${UNUSED.title}" may delete OCI manifests that are in use: it is not started from here. ` +
        `If no OCI image is stored there, run the ${BOTH}.`,
    };
  }
  try {
    const unused = tasksFor(await readTasks(client, UNUSED.type, signal), 'repositoryName', namesOf(context.emptied()));
    if (unused.length === 0) return { state: 'refused', message: missing(UNUSED) };
    const before = await runAll(client, unused, signal);
    if (!follow) return { state: 'started', next: `When that has ended, "${COMPACT.title}" gives the space back.` };
    const failed = await end(client, before, options);
    if (failed) return failed;
    const compact = tasksFor(await readTasks(client, COMPACT.type, signal), 'blobstoreName', await blobStoresOf(context));
    if (compact.length === 0) return { state: 'refused', message: `"${UNUSED.title}" has run. ${missing(COMPACT)}` };
    const job = compact.map(({ name }) => name).join(', ');
    return (await end(client, await runAll(client, compact, signal), options)) ?? { state: 'finished', job };
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
    const why = error.message.replace(/[.\s]*$/, '');
    return { state: 'refused', message: `${why}. ${error.hint} Or have somebody run the ${BOTH}.` };
  }
}

function missing({ title }: { readonly title: string }): string {
  return `No task "${title}" is set up for what was deleted: set it up (Administration, System, Tasks), and run with --gc again.`;
}

function namesOf(repositories: readonly NexusRepository[]): ReadonlySet<string> {
  return new Set(repositories.map(({ name }) => name));
}

/** Where that is not known, those of all tasks. */
async function blobStoresOf({ repositories, emptied }: CollectionContext): Promise<ReadonlySet<string>> {
  const settings = await Promise.all(emptied().map((repository) => repositories.settings(repository)));
  return new Set(settings.flatMap((one) => one?.blobStore ?? []));
}

/** Starts tasks; one that runs already is taken for started. Answers them as they were before. */
async function runAll(client: NexusClient, tasks: readonly NexusTask[], signal: AbortSignal | undefined): Promise<readonly NexusTask[]> {
  for (const { id, name, state } of tasks) {
    if (state === 'RUNNING') continue;
    const doing = `start the task "${name}" of ${client.name}`;
    const call = { method: 'POST', doing, privilege: 'nx-tasks-run', path: `/v1/tasks/${encodeURIComponent(id)}/run`, signal } as const;
    const response = await client.call(call);
    if (response.status === 405) {
      throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: it is disabled (Nexus answered ${registryErrorText(response)}).`, {
        hint: 'Enable it (Administration, System, Tasks), and run with --gc again.',
      });
    }
    if (response.status !== 204) throw await client.refused(call, response);
  }
  return tasks;
}

/** Waits until tasks have ended; answers what went wrong with one of them. */
async function end(
  client: NexusClient,
  tasks: readonly NexusTask[],
  { signal, pause = POLL }: CollectGarbageOptions & { readonly pause?: number },
): Promise<GarbageCollection | undefined> {
  for (const task of tasks) {
    let now = await readTask(client, task, signal);
    // Right after it was started, it may still wait for its turn.
    while (now.state !== 'WAITING' || (now.lastRun === task.lastRun && task.state !== 'RUNNING')) {
      await wait(pause, undefined, { ...(signal && { signal }) });
      now = await readTask(client, task, signal);
    }
    if (now.lastResult !== undefined && now.lastResult !== 'OK') {
      const message = `The task "${task.name}" of ${client.name} ended with ${now.lastResult}; the log of Nexus says why.`;
      return { state: 'failed', job: task.name, message };
    }
  }
  return undefined;
}
