import {
  type DaemonDeploymentSummary,
  DescribeDaemonCommand,
  DescribeDaemonRevisionsCommand,
  DescribeDaemonTaskDefinitionCommand,
  ListDaemonDeploymentsCommand,
  ListDaemonsCommand,
} from '@aws-sdk/client-ecs';
import type { AwsCall } from './aws-calls.ts';
import { chunksOf, distinct, nameInArn } from './arn-lists.ts';
import type { EcsCluster } from './ecs-cluster.ts';
import { addContainer } from './image-text.ts';

/** Most revisions in one call (API reference). */
const MOST_REVISIONS = 20;
/** The one before the current is what a failed deployment goes back to. */
const ROLLBACKS = 2;

/** What the daemons of a cluster (of managed instances) run, and were running before. Regions that have no daemons say so. */
export async function addDaemons(cluster: EcsCluster): Promise<void> {
  const { arn, name, client, calls } = cluster;
  const call: AwsCall = { action: 'ListDaemons', on: `cluster ${name}`, emptyIf: ['UnsupportedFeatureException'] };
  const send = (nextToken: string | undefined, options: object) =>
    client.send(new ListDaemonsCommand({ clusterArn: arn, maxResults: 100, nextToken }), options);
  const summaries = await calls.list(call, send, ({ daemonSummariesList, nextToken }) => [daemonSummariesList, nextToken]);
  await Promise.all(summaries.map(({ daemonArn }) => addDaemon(cluster, daemonArn ?? '')));
}

async function addDaemon(cluster: EcsCluster, daemonArn: string): Promise<void> {
  const { client, calls, name, place, found } = cluster;
  const on = `daemon ${nameInArn(daemonArn)} of cluster ${name}`;
  const described = await calls.callUnless(['DaemonNotFoundException'], { action: 'DescribeDaemon', on }, (options) =>
    client.send(new DescribeDaemonCommand({ daemonArn }), options),
  );
  if (!described) return;
  const current = (described.daemon?.currentRevisions ?? []).map(({ arn }) => arn);
  const listCall: AwsCall = { action: 'ListDaemonDeployments', on };
  const send = (nextToken: string | undefined, options: object) =>
    client.send(new ListDaemonDeploymentsCommand({ daemonArn, maxResults: 100, nextToken }), options);
  const deployments = await calls.list(listCall, send, ({ daemonDeployments, nextToken }) => [daemonDeployments, nextToken]);
  const deployed = deployments.toSorted((a, b) => timeOf(b) - timeOf(a)).map(({ targetDaemonRevisionArn }) => targetDaemonRevisionArn);
  const arns = distinct([...current, ...distinct(deployed).slice(0, ROLLBACKS)]);
  await Promise.all(
    chunksOf(arns, MOST_REVISIONS).map(async (daemonRevisionArns) => {
      const call: AwsCall = { action: 'DescribeDaemonRevisions', on };
      const { daemonRevisions, failures } = await calls.call(call, (options) =>
        client.send(new DescribeDaemonRevisionsCommand({ daemonRevisionArns }), options),
      );
      calls.checkFailures(call, failures, daemonRevisionArns.length, calls.listed(call, daemonRevisions).length);
      await Promise.all(
        (daemonRevisions ?? []).map(async ({ containerImages = [], daemonTaskDefinitionArn }) => {
          const images = containerImages.length > 0 ? containerImages : await containersOf(cluster, daemonTaskDefinitionArn ?? '');
          for (const each of images)
            addContainer(each, `${place}: daemon ${nameInArn(daemonArn)} (container ${each.containerName})`, found, calls, call);
        }),
      );
    }),
  );
}

/** For a revision whose images are not resolved yet. */
async function containersOf(
  { client, calls }: EcsCluster,
  daemonTaskDefinition: string,
): Promise<{ readonly containerName: string | undefined; readonly image: string | undefined }[]> {
  const call: AwsCall = { action: 'DescribeDaemonTaskDefinition', on: `daemon task definition ${nameInArn(daemonTaskDefinition)}` };
  const answer = await calls.call(call, (options) =>
    client.send(new DescribeDaemonTaskDefinitionCommand({ daemonTaskDefinition }), options),
  );
  return calls.listed(call, answer.daemonTaskDefinition?.containerDefinitions).map(({ name, image }) => ({ containerName: name, image }));
}

function timeOf({ createdAt }: DaemonDeploymentSummary): number {
  return createdAt?.getTime() ?? 0;
}
