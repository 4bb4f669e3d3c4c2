import { DescribeTasksCommand, type DesiredStatus, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import type { AwsCall } from './aws-calls.ts';
import { chunksOf, nameInArn } from './arn-lists.ts';
import type { EcsCluster } from './ecs-cluster.ts';
import { addContainer } from './image-text.ts';

/** Most tasks in one call (API reference). */
const MOST_TASKS = 100;
/**
 * A task that is still to start has RUNNING as its desired status; PENDING never is one. ECS shows those that have stopped for an hour:
 * what runs hourly is among them.
 */
const STATUSES: readonly DesiredStatus[] = ['RUNNING', 'STOPPED'];
/** What containers of a daemon's task are defined by. */
const DAEMON = /:daemon-task-definition\//;

/** What the tasks of a cluster run, whoever has started them. */
export async function addTasks(cluster: EcsCluster): Promise<void> {
  const { arn, name, client, calls } = cluster;
  const list = (desiredStatus: DesiredStatus): Promise<string[]> => {
    const send = (nextToken: string | undefined, options: object) =>
      client.send(new ListTasksCommand({ cluster: arn, desiredStatus, maxResults: 100, nextToken }), options);
    return calls.list({ action: 'ListTasks', on: `cluster ${name}` }, send, ({ taskArns, nextToken }) => [taskArns, nextToken]);
  };
  const arns = [...new Set((await Promise.all(STATUSES.map(list))).flat())];
  await Promise.all(
    chunksOf(arns, MOST_TASKS).map(async (chunk) => {
      const call: AwsCall = { action: 'DescribeTasks', on: `${chunk.length} tasks of cluster ${name}` };
      const { tasks, failures } = await calls.call(call, (options) =>
        client.send(new DescribeTasksCommand({ cluster: arn, tasks: chunk }), options),
      );
      calls.checkFailures(call, failures, chunk.length, calls.listed(call, tasks).length);
      await Promise.all((tasks ?? []).map((task) => addTask(cluster, task, call)));
    }),
  );
}

/**
 * Containers that ECS adds itself may tell no image; those of the task definition are read there. That of a task that has stopped may be
 * deleted since, and then nothing starts it again.
 */
async function addTask(
  { place, calls, found, definitions }: EcsCluster,
  { taskDefinitionArn, containers = [], group, desiredStatus }: Task,
  call: AwsCall,
): Promise<void> {
  if (!taskDefinitionArn) throw calls.misunderstood(call, 'a task has no task definition');
  const who = group?.startsWith('service:') ? `service ${group.slice('service:'.length)}` : `task of ${nameInArn(taskDefinitionArn)}`;
  const source = `${place}: ${who}`;
  for (const container of containers) addContainer(container, `${source} (container ${container.name})`, found, calls, call);
  if (desiredStatus !== 'STOPPED' && !DAEMON.test(taskDefinitionArn)) await definitions.add(taskDefinitionArn, source);
}
