import { ServiceError } from '../ecr/operations.ts';
import { ACCOUNT, type AwsServer, type Input, pageOf, startAwsServer } from './aws-server.ts';

interface Image {
  readonly image?: string;
  readonly imageDigest?: string;
}

/** Containers by their names. */
type Containers = Readonly<Record<string, Image>>;

interface FakeService {
  readonly taskDefinition?: string;
  readonly deployments?: readonly string[];
  readonly taskSets?: readonly string[];
  readonly controller?: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL';
  /** The revisions that run now, of those below. */
  readonly current?: readonly string[];
  readonly revisions?: Readonly<Record<string, { readonly taskDefinition?: string; readonly images?: Containers }>>;
  /** Deployments, the oldest first. */
  readonly history?: readonly { readonly revision: string; readonly status: string }[];
}

interface FakeTask {
  readonly taskDefinition: string;
  readonly containers?: Containers;
  readonly status?: 'RUNNING' | 'STOPPED';
  readonly group?: string;
}

interface FakeCluster {
  readonly status?: 'ACTIVE' | 'INACTIVE';
  readonly services?: Readonly<Record<string, FakeService>>;
  readonly tasks?: Readonly<Record<string, FakeTask>>;
  readonly daemons?: Readonly<Record<string, { readonly revisions: Readonly<Record<string, Containers>> }>>;
}

export interface FakeAccount {
  readonly clusters?: Readonly<Record<string, FakeCluster>>;
  /** Images by container, by `family:revision`. */
  readonly definitions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Deregistered, but still there. */
  readonly inactive?: readonly string[];
  /** Answered in the place of the thing of that name where it is asked for. */
  readonly failures?: Readonly<Record<string, string>>;
}

const arn = (rest: string): string => `arn:aws:ecs:eu-central-1:${ACCOUNT}:${rest}`;
const definitionArn = (name: string): string => arn(`task-definition/${name}`);
const nameOf = (text: unknown): string => String(text).split('/').at(-1)!;

/** Amazon ECS: AWS JSON 1.1 with pages of two, and the limits of each call. */
export function startFakeEcs(account: FakeAccount): Promise<AwsServer> {
  return startAwsServer(
    'ecs',
    ({ headers }, body) => ({
      operation: String(headers['x-amz-target']).replace('AmazonEC2ContainerServiceV20141113.', ''),
      input: JSON.parse(body) as Input,
    }),
    ({ operation, input }) => {
      const handler = HANDLERS[operation];
      if (!handler) throw new ServiceError('UnknownOperationException', operation);
      return handler(input, account);
    },
  );
}

function list(field: string, all: readonly unknown[], { nextToken, maxResults }: Input): object {
  const { page, next } = pageOf(all, nextToken, maxResults, 2);
  return { [field]: page, ...(next !== undefined && { nextToken: next }) };
}

function clusterOf(text: unknown, { clusters = {} }: FakeAccount): FakeCluster {
  const cluster = clusters[nameOf(text)];
  if (!cluster || cluster.status === 'INACTIVE') throw new ServiceError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}

/** What was asked for by name, each there or a failure. */
function described(
  field: string,
  asked: unknown,
  most: number,
  { failures = {} }: FakeAccount,
  find: (name: string, text: string) => object | undefined,
): object {
  const texts = asked as readonly string[];
  if (texts.length === 0 || texts.length > most)
    throw new ServiceError('InvalidParameterException', `${texts.length} entries, where 1 to ${most} may be.`);
  const results = texts.map((text) => ({
    text,
    reason: failures[nameOf(text)],
    found: failures[nameOf(text)] === undefined ? find(nameOf(text), text) : undefined,
  }));
  return {
    [field]: results.flatMap(({ found }) => found ?? []),
    failures: results.flatMap(({ text, reason, found }) => (found ? [] : [{ arn: text, reason: reason ?? 'MISSING' }])),
  };
}

function containersOf(containers: Containers = {}, name: 'name' | 'containerName' = 'name'): object[] {
  return Object.entries(containers).map(([key, image]) => ({ [name]: key, ...image }));
}

function revisionOf(
  name: string,
  { clusters = {} }: FakeAccount,
): { readonly taskDefinition?: string; readonly images?: Containers } | undefined {
  return Object.values(clusters).flatMap(({ services = {} }) =>
    Object.values(services).flatMap(({ revisions = {} }) => revisions[name] ?? []),
  )[0];
}

const HANDLERS: Readonly<Record<string, (input: Input, account: FakeAccount) => object>> = {
  ListClusters: (input, { clusters = {} }) =>
    list(
      'clusterArns',
      Object.keys(clusters).map((name) => arn(`cluster/${name}`)),
      input,
    ),
  DescribeClusters: (input, account) =>
    described('clusters', input['clusters'], 100, account, (name) => ({
      clusterName: name,
      status: account.clusters?.[name]?.status ?? 'ACTIVE',
    })),
  ListServices: (input, account) =>
    list(
      'serviceArns',
      Object.keys(clusterOf(input['cluster'], account).services ?? {}).map((name) => arn(`service/${nameOf(input['cluster'])}/${name}`)),
      input,
    ),
  DescribeServices: (input, account) =>
    described('services', input['services'], 10, account, (name, text) => {
      const {
        taskDefinition,
        deployments = [],
        taskSets = [],
        controller,
        current = [],
      } = clusterOf(input['cluster'], account).services?.[name] ?? {};
      return {
        serviceArn: text,
        status: 'ACTIVE',
        ...(taskDefinition !== undefined && { taskDefinition: definitionArn(taskDefinition) }),
        ...(controller !== undefined && { deploymentController: { type: controller } }),
        deployments: deployments.map((each) => ({ taskDefinition: definitionArn(each) })),
        ...(taskSets.length > 0 && { taskSets: taskSets.map((each) => ({ taskDefinition: definitionArn(each) })) }),
        ...(current.length > 0 && {
          currentServiceRevisions: current.map((each) => ({ arn: arn(`service-revision/${nameOf(input['cluster'])}/${name}/${each}`) })),
        }),
      };
    }),
  ListServiceDeployments: (input, account) => {
    const name = nameOf(input['service']);
    const { history = [] } = clusterOf(input['cluster'], account).services?.[name] ?? {};
    const deployments = history.map(({ revision, status }, index) => ({
      status,
      createdAt: 1_700_000_000 + index,
      targetServiceRevisionArn: arn(`service-revision/${nameOf(input['cluster'])}/${name}/${revision}`),
    }));
    return list('serviceDeployments', deployments, input);
  },
  DescribeServiceRevisions: (input, account) =>
    described('serviceRevisions', input['serviceRevisionArns'], 20, account, (name, text) => {
      const revision = revisionOf(name, account);
      if (!revision) return undefined;
      const { taskDefinition, images } = revision;
      return {
        serviceRevisionArn: text,
        ...(taskDefinition !== undefined && { taskDefinition: definitionArn(taskDefinition) }),
        containerImages: containersOf(images, 'containerName'),
      };
    }),
  ListTasks: (input, account) => {
    const tasks = Object.entries(clusterOf(input['cluster'], account).tasks ?? {}).filter(
      ([, { status = 'RUNNING' }]) => status === input['desiredStatus'],
    );
    return list(
      'taskArns',
      tasks.map(([id]) => arn(`task/${nameOf(input['cluster'])}/${id}`)),
      input,
    );
  },
  DescribeTasks: (input, account) =>
    described('tasks', input['tasks'], 100, account, (id, text) => {
      const task = clusterOf(input['cluster'], account).tasks?.[id];
      return (
        task && {
          taskArn: text,
          taskDefinitionArn: definitionArn(task.taskDefinition),
          group: task.group,
          desiredStatus: task.status ?? 'RUNNING',
          containers: containersOf(task.containers),
        }
      );
    }),
  ListTaskDefinitionFamilies: (input, { definitions = {}, inactive = [] }) => {
    if (input['status'] !== 'ACTIVE') throw new ServiceError('InvalidParameterException', 'these tests ask for active families');
    const active = Object.keys(definitions).filter((name) => !inactive.includes(name));
    return list('families', [...new Set(active.map((name) => name.split(':')[0]))], input);
  },
  DescribeTaskDefinition: (input, { definitions = {}, inactive = [] }) => {
    const asked = nameOf(input['taskDefinition']);
    const latest = Object.keys(definitions)
      .filter((name) => name.startsWith(`${asked}:`) && !inactive.includes(name))
      .at(-1);
    const name = asked.includes(':') ? asked : latest;
    const containers = name === undefined ? undefined : definitions[name];
    if (!containers) throw new ServiceError('ClientException', 'Unable to describe task definition.');
    return {
      taskDefinition: {
        taskDefinitionArn: definitionArn(name!),
        containerDefinitions: Object.entries(containers).map(([container, image]) => ({ name: container, image })),
      },
    };
  },
  ListDaemons: (input, account) =>
    list(
      'daemonSummariesList',
      Object.keys(clusterOf(input['clusterArn'], account).daemons ?? {}).map((name) => ({
        daemonArn: arn(`daemon/${nameOf(input['clusterArn'])}/${name}`),
      })),
      input,
    ),
  DescribeDaemon: (input, account) => ({
    daemon: {
      daemonArn: input['daemonArn'],
      currentRevisions: [{ arn: arn(`daemon-revision/${Object.keys(daemonOf(input['daemonArn'], account)).at(-1)}`) }],
    },
  }),
  ListDaemonDeployments: (input, account) =>
    list(
      'daemonDeployments',
      Object.keys(daemonOf(input['daemonArn'], account)).map((name, index) => ({
        createdAt: 1_700_000_000 + index,
        targetDaemonRevisionArn: arn(`daemon-revision/${name}`),
      })),
      input,
    ),
  DescribeDaemonRevisions: (input, account) =>
    described('daemonRevisions', input['daemonRevisionArns'], 20, account, (name, text) => {
      const daemons = Object.values(account.clusters ?? {}).flatMap(({ daemons = {} }) => Object.values(daemons));
      return {
        daemonRevisionArn: text,
        containerImages: containersOf(daemons.find(({ revisions }) => revisions[name])?.revisions[name], 'containerName'),
      };
    }),
};

function daemonOf(daemonArn: unknown, { clusters = {} }: FakeAccount): Readonly<Record<string, Containers>> {
  const [cluster = '', name = ''] = String(daemonArn).split('/').slice(-2);
  const daemon = clusters[cluster]?.daemons?.[name];
  if (!daemon) throw new ServiceError('DaemonNotFoundException', 'Daemon not found.');
  return daemon.revisions;
}
