import {
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  ListServiceDeploymentsCommand,
  ListServicesCommand,
  type Service,
  type ServiceDeploymentBrief,
} from '@aws-sdk/client-ecs';
import type { AwsCall } from './aws-calls.ts';
import { chunksOf, distinct, nameInArn } from './arn-lists.ts';
import type { EcsCluster } from './ecs-cluster.ts';
import { addContainer } from './image-text.ts';

/** Most services in one call, and most revisions (API reference). */
const MOST_SERVICES = 10;
const MOST_REVISIONS = 20;
/** Deployments that led to nothing that ECS would go back to. Every other one is under way, or succeeded. */
const LEFT_BEHIND: readonly string[] = ['STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];
/**
 * How many revisions that were deployed well are in use: the one that runs, and the one before it, to which a person or an alarm rolls
 * back.
 */
const ROLLBACKS = 2;

/** What the services of a cluster would start again. */
export async function addServices(cluster: EcsCluster): Promise<void> {
  const { arn, name, client, calls } = cluster;
  const send = (nextToken: string | undefined, options: object) =>
    client.send(new ListServicesCommand({ cluster: arn, maxResults: 100, nextToken }), options);
  const arns = await calls.list({ action: 'ListServices', on: `cluster ${name}` }, send, ({ serviceArns, nextToken }) => [
    serviceArns,
    nextToken,
  ]);
  await Promise.all(
    chunksOf(arns, MOST_SERVICES).map(async (chunk) => {
      const call: AwsCall = { action: 'DescribeServices', on: `${chunk.length} services of cluster ${name}` };
      const { services, failures } = await calls.call(call, (options) =>
        client.send(new DescribeServicesCommand({ cluster: arn, services: chunk }), options),
      );
      calls.checkFailures(call, failures, chunk.length, calls.listed(call, services).length);
      await Promise.all((services ?? []).map((service) => addService(cluster, service, call)));
    }),
  );
}

async function addService(cluster: EcsCluster, service: Service, call: AwsCall): Promise<void> {
  const { serviceArn, taskDefinition, deployments = [], taskSets = [] } = service;
  if (!serviceArn) throw cluster.calls.misunderstood(call, 'a service has no ARN');
  const name = nameInArn(serviceArn);
  // A deleted service stays to be seen for a while, and starts nothing.
  if (service.status === 'INACTIVE') return;
  const used = [taskDefinition, ...deployments.map((each) => each.taskDefinition), ...taskSets.map((each) => each.taskDefinition)];
  const definitions = distinct(used);
  // With deployments made from outside (EXTERNAL) the task sets alone tell, and before the first of them nothing does.
  if (definitions.length === 0 && service.deploymentController?.type !== 'EXTERNAL')
    throw cluster.calls.misunderstood(call, `the service ${name} has no task definition`);
  const source = `${cluster.place}: service ${name}`;
  await Promise.all([
    ...definitions.map((each) => cluster.definitions.add(each, source)),
    addRevisions(cluster, service, serviceArn, source),
  ]);
}

/** The revisions that ECS has started or could go back to, with the digests that it has resolved. */
async function addRevisions(cluster: EcsCluster, service: Service, serviceArn: string, source: string): Promise<void> {
  const { calls, client } = cluster;
  const on = `service ${nameInArn(serviceArn)} of cluster ${cluster.name}`;
  const current = (service.currentServiceRevisions ?? []).map(({ arn }) => arn);
  const arns = distinct([...current, ...(await deployed(cluster, service, serviceArn, on))]);
  await Promise.all(
    chunksOf(arns, MOST_REVISIONS).map(async (serviceRevisionArns) => {
      const call: AwsCall = { action: 'DescribeServiceRevisions', on };
      const { serviceRevisions, failures } = await calls.call(call, (options) =>
        client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }), options),
      );
      calls.checkFailures(call, failures, serviceRevisionArns.length, calls.listed(call, serviceRevisions).length);
      await Promise.all(
        (serviceRevisions ?? []).map(async ({ containerImages = [], taskDefinition }) => {
          for (const each of containerImages) addContainer(each, `${source} (container ${each.containerName})`, cluster.found, calls, call);
          // Not resolved yet, or not recorded.
          if (containerImages.length === 0 && taskDefinition) await cluster.definitions.add(taskDefinition, source);
        }),
      );
    }),
  );
}

/** Revisions by the deployments of the service. Only ECS's own deployments have any; the task sets of others were read. */
async function deployed(
  { arn, calls, client }: EcsCluster,
  { deploymentController }: Service,
  service: string,
  on: string,
): Promise<(string | undefined)[]> {
  if ((deploymentController?.type ?? 'ECS') !== 'ECS') return [];
  // Either the service was deleted just now, or the region has no such deployments.
  const call: AwsCall = { action: 'ListServiceDeployments', on, emptyIf: ['ServiceNotFoundException', 'UnsupportedFeatureException'] };
  const send = (nextToken: string | undefined, options: object) =>
    client.send(new ListServiceDeploymentsCommand({ cluster: arn, service, maxResults: 100, nextToken }), options);
  const all = await calls.list(call, send, ({ serviceDeployments, nextToken }) => [serviceDeployments, nextToken]);
  const done = all.filter(({ status }) => status === 'SUCCESSFUL').toSorted((a, b) => timeOf(b) - timeOf(a));
  const underWay = all.filter(({ status }) => status !== 'SUCCESSFUL' && !LEFT_BEHIND.includes(status ?? ''));
  const lastDone = [...new Set(done.map(({ targetServiceRevisionArn }) => targetServiceRevisionArn))].slice(0, ROLLBACKS);
  return [...lastDone, ...underWay.map(({ targetServiceRevisionArn }) => targetServiceRevisionArn)];
}

function timeOf({ createdAt }: ServiceDeploymentBrief): number {
  return createdAt?.getTime() ?? 0;
}
