import { DescribeClustersCommand, ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { isNamed } from '../../auth/aws/aws-errors.ts';
import { withGivenEndpoint } from '../../auth/aws/given-endpoint.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { InUseImage } from '../../domain/in-use.ts';
import type { AwsCall, AwsCalls } from './aws-calls.ts';
import { nameInArn } from './arn-lists.ts';
import type { EcsCluster } from './ecs-cluster.ts';
import { addDaemons } from './ecs-daemons.ts';
import { addServices } from './ecs-services.ts';
import { addTasks } from './ecs-tasks.ts';
import { type AwsPlaces, type AwsReading, readRegions, type UsedImages } from './read-regions.ts';
import { TaskDefinitions } from './task-definitions.ts';

/**
 * What Amazon ECS runs, and what it would run again: the tasks of every cluster (running, and stopped in the last hour), the task
 * definitions of its services, of their deployments and task sets, the service revisions that ECS could roll back to, daemons, and the
 * newest active task definition of every family. Throws what {@link readRegions} does, and `IN_USE_INVALID` for a text that is not an
 * image.
 */
export function readEcs(places: AwsPlaces, reading: AwsReading): Promise<InUseImage[]> {
  return readRegions(
    { prefix: 'ecs', title: 'ECS', connect: (config) => withGivenEndpoint(new ECSClient(config)), read: readRegion },
    places,
    reading,
  );
}

async function readRegion(client: ECSClient, calls: AwsCalls, found: UsedImages): Promise<void> {
  const definitions = new TaskDefinitions(client, calls, found);
  await definitions.addLatest();
  const send = (nextToken: string | undefined, options: object) =>
    client.send(new ListClustersCommand({ maxResults: 100, nextToken }), options);
  const arns = await calls.list({ action: 'ListClusters', on: 'the region' }, send, ({ clusterArns, nextToken }) => [
    clusterArns,
    nextToken,
  ]);
  await Promise.all(
    arns.map(async (arn) => {
      const name = nameInArn(arn);
      const cluster: EcsCluster = { arn, name, place: `${calls.place} cluster ${name}`, client, calls, definitions, found };
      try {
        await Promise.all([addServices(cluster), addTasks(cluster), addDaemons(cluster)]);
      } catch (error) {
        if (!(error instanceof ToolError) || !isNamed(error.cause, 'ClusterNotFoundException') || !(await isDeleted(cluster))) throw error;
      }
    }),
  );
}

/** True of a cluster that was listed and then deleted: ECS says so. */
async function isDeleted({ arn, name, client, calls }: EcsCluster): Promise<boolean> {
  const call: AwsCall = { action: 'DescribeClusters', on: `cluster ${name}` };
  const { clusters, failures } = await calls.call(call, (options) =>
    client.send(new DescribeClustersCommand({ clusters: [arn] }), options),
  );
  calls.checkFailures(call, failures, 1, calls.listed(call, clusters).length);
  return (clusters ?? []).every(({ status }) => status === 'INACTIVE');
}
