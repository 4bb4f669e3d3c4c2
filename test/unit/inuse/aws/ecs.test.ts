import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readEcs } from '../../../../src/inuse/aws/ecs.ts';
import { type AwsServer, KEYS } from '../../../fakes/aws-workloads/aws-server.ts';
import { type FakeAccount, startFakeEcs } from '../../../fakes/aws-workloads/fake-ecs.ts';
import { folderWith } from '../../config/temporary-folder.ts';
import { digestOf, HOST, lines, reading, stubAws, use } from './aws-fixture.ts';

const PLACES = { regions: ['eu-central-1'] };
const start = (account: FakeAccount): Promise<AwsServer> => use('ECS', startFakeEcs(account));
const read = async (account: FakeAccount): Promise<string[]> => {
  await start(account);
  return lines(await readEcs(PLACES, reading()));
};
/** A task definition with one container. */
const app = (tag: string): { readonly app: string } => ({ app: `${HOST}/app:${tag}` });

beforeEach(() => stubAws());
afterEach(() => vi.unstubAllEnvs());

describe('services', () => {
  test('are in use by the task definitions of the service, of its deployments and of its task sets, deregistered or not', async () => {
    const found = await read({
      clusters: {
        prod: {
          services: {
            web: { taskDefinition: 'web:1', deployments: ['web:1', 'web:2'] },
            blue: { taskDefinition: 'web:3', taskSets: ['web:3', 'web:4'], controller: 'CODE_DEPLOY' },
            ext: { taskSets: ['web:5'], controller: 'EXTERNAL' },
          },
        },
      },
      definitions: { 'web:1': app('1'), 'web:2': app('2'), 'web:3': app('3'), 'web:4': app('4'), 'web:5': app('5'), 'web:6': app('6') },
      inactive: ['web:1', 'web:2', 'web:3', 'web:4', 'web:5', 'web:6'],
    });
    expect(found).toEqual([
      `ECS eu-central-1 cluster prod: service blue (container app): ${HOST}/app:3`,
      `ECS eu-central-1 cluster prod: service blue (container app): ${HOST}/app:4`,
      `ECS eu-central-1 cluster prod: service ext (container app): ${HOST}/app:5`,
      `ECS eu-central-1 cluster prod: service web (container app): ${HOST}/app:1`,
      `ECS eu-central-1 cluster prod: service web (container app): ${HOST}/app:2`,
    ]);
  });

  test('are in use by the digests of their revisions: those that run, are on their way, and the one to roll back to', async () => {
    const revision = (
      character: string,
    ): { readonly images: { readonly app: { readonly image: string; readonly imageDigest: string } } } => ({
      images: { app: { image: `${HOST}/app:stable`, imageDigest: digestOf(character) } },
    });
    const history = ['a', 'b', 'c'].map((name) => ({ revision: name, status: 'SUCCESSFUL' }));
    const found = await read({
      clusters: {
        prod: {
          services: {
            web: {
              taskDefinition: 'web:1',
              current: ['0'],
              revisions: { 0: revision('0'), a: revision('a'), b: revision('b'), c: revision('c'), d: revision('d'), e: revision('e') },
              history: [...history, { revision: 'd', status: 'ROLLBACK_SUCCESSFUL' }, { revision: 'e', status: 'IN_PROGRESS' }],
            },
          },
        },
      },
      definitions: { 'web:1': app('stable') },
      inactive: ['web:1'],
    });
    const digests = found.flatMap((line) => /sha256:(.)/.exec(line)?.[1] ?? []);
    expect(digests).toEqual(['0', 'b', 'c', 'e']);
  });

  test('have a revision whose images are not resolved yet read by its task definition', async () => {
    const found = await read({
      clusters: {
        prod: {
          services: {
            web: {
              taskDefinition: 'web:1',
              history: [{ revision: 'a', status: 'PENDING' }],
              revisions: { a: { taskDefinition: 'web:2' } },
            },
          },
        },
      },
      definitions: { 'web:1': app('1'), 'web:2': app('2') },
      inactive: ['web:1', 'web:2'],
    });
    expect(found).toHaveLength(2);
  });

  test('of any number are described ten at a time', async () => {
    const services = Object.fromEntries(Array.from({ length: 23 }, (_, n) => [`s${n}`, { taskDefinition: 'web:1' }]));
    const fake = await start({ clusters: { prod: { services } }, definitions: { 'web:1': app('1') } });
    const warned = vi.spyOn(process, 'emitWarning');
    const traced = vi.fn();
    process.on('warning', traced);
    expect(await readEcs(PLACES, reading())).toHaveLength(24);
    expect(
      fake.calls.filter(({ operation }) => operation === 'DescribeServices').map(({ input }) => (input['services'] as string[]).length),
    ).toEqual([10, 10, 3]);
    expect(fake.calls.filter(({ operation }) => operation === 'DescribeTaskDefinition')).toHaveLength(1);
    process.off('warning', traced);
    expect([...warned.mock.calls, ...traced.mock.calls]).toEqual([]);
  });
});

describe('tasks', () => {
  test(
    'are in use by what was written and by what was started, running or stopped just now, and by the task definition of those ' +
      'that run',
    async () => {
      const found = await read({
        clusters: {
          prod: {
            tasks: {
              1: {
                taskDefinition: 'job:7',
                containers: { app: { image: `${HOST}/app:7`, imageDigest: digestOf('7') }, 'ecs-service-connect': {} },
              },
              2: {
                taskDefinition: 'job:8',
                status: 'STOPPED',
                containers: { app: { image: `${HOST}/app:8`, imageDigest: digestOf('8') } },
              },
              3: { taskDefinition: 'job:9', group: 'service:web' },
            },
          },
        },
        definitions: { 'job:7': { app: `${HOST}/app:7`, sidecar: `${HOST}/proxy:1` }, 'job:9': app('9') },
        inactive: ['job:7', 'job:9'],
      });
      const place = 'ECS eu-central-1 cluster prod:';
      expect(found).toEqual([
        `${place} service web (container app): ${HOST}/app:9`,
        `${place} task of job:7 (container app): ${HOST}/app:7`,
        `${place} task of job:7 (container app): ${digestOf('7')}`,
        `${place} task of job:7 (container sidecar): ${HOST}/proxy:1`,
        `${place} task of job:8 (container app): ${HOST}/app:8`,
        `${place} task of job:8 (container app): ${digestOf('8')}`,
      ]);
    },
  );

  test('of any number are described a hundred at a time', async () => {
    const tasks = Object.fromEntries(Array.from({ length: 230 }, (_, n) => [`t${n}`, { taskDefinition: 'job:1' }]));
    const fake = await start({ clusters: { prod: { tasks } }, definitions: { 'job:1': app('1') } });
    await readEcs(PLACES, reading());
    expect(
      fake.calls.filter(({ operation }) => operation === 'DescribeTasks').map(({ input }) => (input['tasks'] as string[]).length),
    ).toEqual([100, 100, 30]);
  });

  test('that end between the list and the look are fine; any other failure is an error', async () => {
    const account: FakeAccount = { clusters: { prod: { tasks: { 1: { taskDefinition: 'job:1' } } } }, definitions: { 'job:1': app('1') } };
    expect(await read({ ...account, failures: { 1: 'MISSING' } })).toHaveLength(1);
    await start({ ...account, failures: { 1: 'INTERNAL' } });
    await expect(readEcs(PLACES, reading())).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('DescribeTasks of 1 tasks of cluster prod failed for') as string,
    });
  });
});

test('the newest active task definition of every family is in use: a schedule may run it', async () => {
  const found = await read({
    definitions: { 'a:1': app('1'), 'a:2': app('2'), 'a:3': app('3'), 'b:1': { app: 'nginx' }, 'c:1': app('c') },
    inactive: ['a:3'],
  });
  expect(found).toEqual([
    `ECS eu-central-1: task definition a:2 (container app): ${HOST}/app:2`,
    'ECS eu-central-1: task definition b:1 (container app): nginx',
    `ECS eu-central-1: task definition c:1 (container app): ${HOST}/app:c`,
  ]);
});

test('daemons are in use by the revision that runs and the one before it; regions without them are fine', async () => {
  const revisions = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [name, { agent: { image: `${HOST}/agent:${name}`, imageDigest: digestOf(name) } }]),
  );
  const account: FakeAccount = { clusters: { prod: { daemons: { watch: { revisions } } } } };
  expect((await read(account)).map((line) => line.slice(-3))).toEqual([`t:b`, `t:c`, 'bbb', 'ccc']);
  const fake = await start(account);
  fake.refuse('ListDaemons', 'UnsupportedFeatureException', 'not in this region');
  expect(await readEcs(PLACES, reading())).toEqual([]);
});

describe('clusters', () => {
  test('are all read, page by page, in every region', async () => {
    const cluster = (tag: string): object => ({ tasks: { [tag]: { taskDefinition: `x:${tag}` } } });
    const fake = await start({
      clusters: { a: cluster('1'), b: cluster('2'), c: cluster('3') },
      definitions: { 'x:1': app('1'), 'x:2': app('2'), 'x:3': app('3') },
    });
    const found = lines(await readEcs({ regions: ['eu-central-1', 'us-east-1'] }, reading()));
    expect(found.filter((line) => line.includes('cluster'))).toHaveLength(6);
    expect(new Set(fake.calls.map(({ region }) => region))).toEqual(new Set(['eu-central-1', 'us-east-1']));
  });

  test('that are deleted run nothing; one that is not found for another reason is an error', async () => {
    expect(await read({ clusters: { old: { status: 'INACTIVE' } } })).toEqual([]);
    const fake = await start({ clusters: { prod: {} } });
    fake.refuse('ListServices', 'ClusterNotFoundException', 'Cluster not found.');
    await expect(readEcs(PLACES, reading())).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
  });
});

const WHOLE: FakeAccount = {
  clusters: {
    prod: {
      services: {
        web: {
          taskDefinition: 'web:1',
          history: [{ revision: 'a', status: 'SUCCESSFUL' }],
          revisions: { a: { images: { app: { image: 'app:1' } } } },
        },
      },
      tasks: { 1: { taskDefinition: 'web:1' } },
      daemons: { watch: { revisions: { z: { agent: { image: 'agent:1' } } } } },
    },
  },
  definitions: { 'web:1': app('1') },
};

test.each([
  ['ListTaskDefinitionFamilies', 'the region'],
  ['DescribeTaskDefinition', 'task definition web'],
  ['ListClusters', 'the region'],
  ['ListServices', 'cluster prod'],
  ['DescribeServices', '1 services of cluster prod'],
  ['ListServiceDeployments', 'service web of cluster prod'],
  ['DescribeServiceRevisions', 'service web of cluster prod'],
  ['ListTasks', 'cluster prod'],
  ['DescribeTasks', '1 tasks of cluster prod'],
  ['ListDaemons', 'cluster prod'],
  ['DescribeDaemon', 'daemon watch of cluster prod'],
  ['ListDaemonDeployments', 'daemon watch of cluster prod'],
  ['DescribeDaemonRevisions', 'daemon watch of cluster prod'],
])('a refused %s is an error that names the permission', async (operation, on) => {
  const fake = await start(WHOLE);
  fake.refuse(operation, 'AccessDeniedException');
  const error = await readEcs(PLACES, reading()).catch((error: unknown) => error);
  expect(error).toMatchObject({
    code: 'AUTH',
    message: expect.stringContaining(`ECS eu-central-1 runs: ${operation} of ${on} was refused`) as string,
  });
  expect((error as Error).message).toContain(`It needs ecs:${operation} on ${on}`);
});

test('throttling is ridden out', async () => {
  const fake = await start(WHOLE);
  fake.throttle(7);
  expect(await readEcs(PLACES, reading())).not.toEqual([]);
});

test.each([
  'ListTaskDefinitionFamilies',
  'ListClusters',
  'ListServices',
  'DescribeServices',
  'ListServiceDeployments',
  'ListTasks',
  'DescribeTasks',
  'ListDaemons',
  'DescribeDaemonRevisions',
])('an answer of %s without its list is an error and not an empty list', async (operation) => {
  const fake = await start(WHOLE);
  fake.instead(operation, {});
  await expect(readEcs(PLACES, reading())).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining(`${operation} of `) as string,
  });
});

test('an answer that says nothing of what was asked for is an error', async () => {
  const fake = await start(WHOLE);
  fake.instead('DescribeServices', { services: [], failures: [] });
  await expect(readEcs(PLACES, reading())).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('nothing of 1 of the 1') as string,
  });
});

test('pages that go round in a circle are an error', async () => {
  const fake = await start(WHOLE);
  fake.instead('ListClusters', { clusterArns: [], nextToken: 'again' });
  await expect(readEcs(PLACES, reading())).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
});

test('any other error is told as the service says it', async () => {
  const fake = await start(WHOLE);
  fake.refuse('ListClusters', 'InvalidParameterException', 'nonsense');
  await expect(readEcs(PLACES, reading())).rejects.toMatchObject({
    code: 'REGISTRY_ERROR',
    message: expect.stringContaining('InvalidParameterException: nonsense') as string,
  });
});

test('a text that is not an image is told with its source', async () => {
  await start({ definitions: { 'web:1': { app: 'Not An Image' } } });
  await expect(readEcs(PLACES, reading())).rejects.toMatchObject({
    code: 'IN_USE_INVALID',
    message: expect.stringContaining('ECS eu-central-1: task definition web:1 (container app): the image "Not An Image"') as string,
  });
});

describe('the region', () => {
  test.each(['AWS_REGION', 'AWS_DEFAULT_REGION'])('comes from %s where the config names none', async (name) => {
    const fake = await start({});
    await readEcs({}, reading({ env: { [name]: 'eu-north-1' } }));
    expect(fake.calls.map(({ region }) => region)).toEqual(['eu-north-1', 'eu-north-1']);
  });

  test('comes from the profile that the config names, as the credentials do', async () => {
    const profile = `region = eu-west-3\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n`;
    const folder = await folderWith({ config: `[profile reader]\n${profile}` });
    stubAws({ AWS_CONFIG_FILE: path.join(folder, 'config') });
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    const fake = await start({});
    await readEcs({ profile: 'reader' }, reading());
    expect(fake.calls.map(({ region }) => region)).toEqual(['eu-west-3', 'eu-west-3']);
  });

  test('that nothing tells is an error', async () => {
    await expect(readEcs({}, reading())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('region') as string,
    });
  });
});

test('credentials that are nowhere are an error that says where they may be, and nothing is written to stderr', async () => {
  const warned = vi.spyOn(process, 'emitWarning');
  const written = vi.spyOn(process.stderr, 'write');
  await start({});
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  await expect(readEcs(PLACES, reading())).rejects.toMatchObject({
    code: 'AUTH',
    message: expect.stringContaining('AWS_PROFILE') as string,
  });
  expect([...warned.mock.calls, ...written.mock.calls]).toEqual([]);
});

test('the signal stops it', async () => {
  const fake = await start(WHOLE);
  fake.throttle(1000);
  const stop = new AbortController();
  const clock = {
    now: () => 0,
    random: () => 0,
    sleep: async (_ms: number, signal: AbortSignal) => (stop.abort(new Error('stopped')), signal.throwIfAborted()),
  };
  await expect(readEcs(PLACES, reading({ signal: stop.signal, clock }))).rejects.toThrow('stopped');
});
