import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import type { NexusClient } from './client.ts';

/** The tasks that free space, by their type and as the web page names them. */
export const UNUSED = { type: 'repository.docker.gc', title: 'Docker - Delete unused manifests and images' } as const;
export const COMPACT = { type: 'blobstore.compact', title: 'Admin - Compact blob store' } as const;

/** A task that somebody has set up. */
export interface NexusTask {
  readonly id: string;
  readonly name: string;
  /** `WAITING`, `RUNNING`, … */
  readonly state: string;
  readonly lastRun: string | undefined;
  /** `OK`, `FAILED`, `CANCELED`, …; undefined where it never ran. */
  readonly lastResult: string | undefined;
  /** When it runs by itself; undefined where only somebody starts it. */
  readonly nextRun: string | undefined;
  /** What it is set up for; older versions do not tell it. */
  readonly properties: JsonObject;
}

/** All tasks of a type. Throws `AUTH` without the privilege `nx-tasks-read`. */
export async function readTasks(client: NexusClient, type: string, signal?: AbortSignal): Promise<NexusTask[]> {
  const doing = `list the tasks of ${client.name}`;
  const tasks = new Map<string, NexusTask>();
  const bounds = new ListBounds(doing);
  let token: string | undefined;
  do {
    const query = { type, ...(token !== undefined && { continuationToken: token }) };
    const json = await client.getObject({ doing, privilege: 'nx-tasks-read', path: '/v1/tasks', query, signal });
    const listed = 'items' in json ? asList(json['items']) : undefined;
    if (!listed) throw badAnswer(doing, 'the answer is not a list of tasks');
    for (const entry of listed) {
      const object = asObject(entry) ?? {};
      if (object['type'] !== type) continue;
      const task = taskOf(object, doing);
      tasks.set(task.id, task);
    }
    bounds.check(tasks.size);
    token = asText(json['continuationToken']);
    if (token !== undefined) bounds.next(token);
  } while (token !== undefined);
  return [...tasks.values()];
}

/** A task as it is now. */
export async function readTask(client: NexusClient, { id, name }: NexusTask, signal?: AbortSignal): Promise<NexusTask> {
  const doing = `follow the task "${name}" of ${client.name}`;
  return taskOf(await client.getObject({ doing, privilege: 'nx-tasks-read', path: `/v1/tasks/${encodeURIComponent(id)}`, signal }), doing);
}

/** Those of the tasks that are set up for something, or for everything; where a version does not tell for what, all of them. */
export function tasksFor(tasks: readonly NexusTask[], property: string, values: ReadonlySet<string>): NexusTask[] {
  return tasks.filter(({ properties }) => {
    const value = asText(properties[property]);
    return value === undefined || value === '*' || values.has(value);
  });
}

function taskOf(json: JsonObject, doing: string): NexusTask {
  const { id, name, currentState } = json;
  if (typeof id !== 'string' || typeof currentState !== 'string') throw badAnswer(doing, 'it tells a task without an id or state');
  return {
    id,
    name: asText(name) ?? id,
    state: currentState,
    lastRun: asText(json['lastRun']),
    lastResult: asText(json['lastRunResult']),
    nextRun: asText(json['nextRun']),
    properties: asObject(json['properties']) ?? {},
  };
}
