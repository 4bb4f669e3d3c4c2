import { describe, expect, test } from 'vitest';
import { status } from '../../../fakes/kubernetes/fake-api-server.ts';
import { deployment, kubeconfigFile, pod, read, withApiServer } from './reading.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

test('everything that runs or would run again, each image once, with the first of those that use it', async () => {
  const objects = {
    deployments: [deployment('shop', 'web', 'shop/web:v2')],
    replicasets: [deployment('shop', 'web-1', 'shop/web:v1')],
    pods: [
      pod('shop', 'web-2-b', 'shop/web:v2', `docker.io/mirror/web@${DIGEST}`),
      pod('shop', 'web-2-a', 'shop/web:v2', `docker.io/mirror/web@${DIGEST}`),
    ],
  };
  const server = await withApiServer({ objects });

  const images = await read({
    kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster: { 'insecure-skip-tls-verify': true } } }),
  });

  expect(images).toEqual([
    {
      image: { reference: { repository: 'shop/web', tag: 'v2', text: 'shop/web:v2' } },
      source: 'cluster prod: shop/Deployment web (container app)',
    },
    {
      image: { reference: { repository: 'shop/web', tag: 'v1', text: 'shop/web:v1' } },
      source: 'cluster prod: shop/ReplicaSet web-1 (container app)',
    },
    {
      image: { reference: { host: 'docker.io', repository: 'mirror/web', digest: DIGEST, text: `docker.io/mirror/web@${DIGEST}` } },
      source: 'cluster prod: shop/Pod web-2-a (container app)',
    },
  ]);
  const lists = server.requests.filter(({ resource }) => resource !== '');
  expect(new Set(lists.map(({ limit }) => limit))).toEqual(new Set([500]));
  expect(lists.map(({ resource }) => resource).toSorted()).toEqual([
    'controllerrevisions',
    'cronjobs',
    'daemonsets',
    'deployments',
    'jobs',
    'pods',
    'podtemplates',
    'replicasets',
    'replicationcontrollers',
    'statefulsets',
  ]);
});

test('what objects only mention: the image that an operator starts, the volume of a driver, a template in an unusual place', async () => {
  const operator = {
    ...deployment('ops', 'operator', 'ops/operator:v1'),
    metadata: { namespace: 'ops', name: 'operator', annotations: { a: 'ops/proxy:v1' } },
  };
  const volume = { csi: { driver: 'image.csi.k8s.io', volumeAttributes: { image: 'shop/models:v3' } } };
  const web = pod('shop', 'web', 'shop/web:v2');
  const revision = {
    metadata: { namespace: 'shop', name: 'group-1' },
    data: { spec: { worker: { containers: [{ image: 'shop/worker:v7' }] } } },
  };
  const server = await withApiServer({
    objects: {
      deployments: [operator],
      pods: [{ ...web, spec: { ...(web as { spec: object }).spec, volumes: [{ name: 'models', ...volume }] } }],
      controllerrevisions: [revision],
    },
  });

  const images = await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) });

  expect(images.filter(({ mentioned }) => mentioned).map(({ source }) => source)).toEqual([
    'cluster prod: ops/Deployment operator (metadata.annotations.a)',
    'cluster prod: shop/ControllerRevision group-1 (data.spec.worker.containers[0].image)',
    'cluster prod: shop/Pod web (spec.volumes[0].csi.volumeAttributes.image)',
  ]);
});

describe('a list in pages', () => {
  const pods = Array.from({ length: 7 }, (_, number) => pod('shop', `web-${number}`, `shop/web:v${number}`));

  test('is read to its end', async () => {
    const server = await withApiServer({ objects: { pods } });
    const images = await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) }, { pageSize: 3 });
    expect(images).toHaveLength(7);
    expect(server.requests.filter(({ resource }) => resource === 'pods').map((request) => request.continue)).toEqual([
      undefined,
      '0.3',
      '0.6',
    ]);
  });

  test('begins again when the server no longer knows where it stood', async () => {
    const asked: (string | undefined)[] = [];
    const server = await withApiServer({
      objects: { pods },
      before: (request) => {
        if (request.resource === 'pods') asked.push(request.continue);
        if (request.continue === '0.6') server.compact();
        return false;
      },
    });
    const images = await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) }, { pageSize: 3 });
    expect(images).toHaveLength(7);
    expect(asked).toEqual([undefined, '0.3', '0.6', undefined, '1.3', '1.6']);
  });

  test('does so a few times, and then cannot be read', async () => {
    const server = await withApiServer({
      objects: { pods },
      before: (request) => {
        if (request.continue !== undefined) server.compact();
        return false;
      },
    });
    const attempt = read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) }, { pageSize: 3 });
    await expect(attempt).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: 'cluster prod: the list of pods in the core API group ("") expired each time before it was read (410 Gone).',
    });
    expect(server.requests.filter(({ resource, continue: from }) => resource === 'pods' && from === undefined)).toHaveLength(4);
  });

  test('that goes round in a circle cannot be read', async () => {
    const server = await withApiServer({
      before: ({ resource }, response) => {
        if (resource === 'pods') response.end(JSON.stringify({ kind: 'PodList', metadata: { continue: 'again' }, items: [] }));
        return resource === 'pods';
      },
    });
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
    });
  });
});

describe('a list that fails', () => {
  test('names every resource and permission that is missing', async () => {
    const server = await withApiServer({ forbidden: ['cronjobs', 'controllerrevisions', 'pods'] });
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: 'AUTH',
      message:
        'cluster prod: may not list cronjobs in the API group batch, controllerrevisions in the API group apps, pods in the core ' +
        'API group ("") (403); ' +
        'grant the verb "list" on that in a ClusterRole, see src/inuse/kubernetes/rbac.yaml.',
    });
  });

  const answers: readonly (readonly [number, string, string])[] = [
    [500, 'REGISTRY_ERROR', 'cluster prod: the list of statefulsets in the API group apps was answered with 500: etcd is gone.'],
    [404, 'BAD_RESPONSE', 'cluster prod: the list of statefulsets in the API group apps was answered with 404: etcd is gone.'],
    [302, 'BAD_RESPONSE', 'cluster prod: the list of statefulsets in the API group apps was answered with 302: etcd is gone.'],
    [401, 'AUTH', 'cluster prod: the API server does not accept the credentials of the kubeconfig or ServiceAccount (401).'],
  ];
  test.for(answers)('%d', async ([code, error, message]) => {
    const server = await withApiServer({
      before: ({ resource }, response) => {
        if (resource === 'statefulsets') status(response.setHeader('location', `${server.url}/elsewhere`), code, 'Failure', 'etcd is gone');
        return resource === 'statefulsets';
      },
    });
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: error,
      message,
    });
    expect(server.requests.filter(({ path }) => path === '/elsewhere')).toEqual([]);
  });

  test.for([
    ['JSON that is cut off', '{"kind":"StatefulSetList","items":['],
    ['a page for people', '<html>Sign in</html>'],
    ['nothing', ''],
    ['another list', '{"kind":"PodList","items":[]}'],
    ['a list without items', '{"kind":"StatefulSetList","metadata":{}}'],
    ['no object', 'null'],
    ['a place that is no text', '{"kind":"StatefulSetList","metadata":{"continue":7},"items":[]}'],
  ] as const)('%s', async ([, text]) => {
    const server = await withApiServer({
      before: ({ resource }, response) => {
        if (resource === 'statefulsets') response.end(text);
        return resource === 'statefulsets';
      },
    });
    const message = 'cluster prod: the answer to the list of statefulsets is not a whole StatefulSetList.';
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message,
    });
  });

  test('a connection that is cut', async () => {
    const server = await withApiServer({
      before: ({ resource }, response) => {
        if (resource === 'pods') response.destroy();
        return resource === 'pods';
      },
    });
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('cluster prod: GET ') as string,
    });
  });

  test('is asked for again where that may help', async () => {
    let failures = 2;
    const server = await withApiServer({
      objects: { pods: [pod('shop', 'web', 'shop/web:v1')] },
      before: ({ resource }, response) => {
        if (resource !== 'pods' || failures === 0) return false;
        failures -= 1;
        status(response, 500, 'InternalError', 'once more');
        return true;
      },
    });
    expect(await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).toHaveLength(1);
  });

  test('ends with the run that is stopped', async () => {
    const controller = new AbortController();
    const server = await withApiServer({
      before: ({ resource }) => {
        if (resource === 'jobs') controller.abort(new Error('stopped'));
        return resource === 'jobs';
      },
    });
    await expect(
      read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) }, { signal: controller.signal }),
    ).rejects.toThrow('stopped');
  });
});

test('an image that cannot be understood is an error with every one of them, naming who has it', async () => {
  const server = await withApiServer({
    objects: {
      deployments: [deployment('shop', 'web', 'Shop/Web:v1'), deployment('shop', 'api', 7), deployment('shop', 'good', 'shop/good:v1')],
      pods: [pod('shop', 'web-1', 'Shop/Web:v1')],
    },
  });
  const attempt = read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) });
  await expect(attempt).rejects.toMatchObject({
    code: 'IN_USE_INVALID',
    message:
      'cluster prod: shop/Deployment web (container app): the image "Shop/Web:v1" is neither an image reference, such as ' +
      'registry.example.com/team/app:v1, nor a digest, such as sha256: and 64 hexadecimal digits.\n' +
      'cluster prod: shop/Deployment api (container app): image is not text.',
  });
});

describe('Flux', () => {
  const repository = {
    metadata: { namespace: 'flux-system', name: 'podinfo' },
    spec: { url: 'oci://registry.example.com/team/podinfo', ref: { semver: '6.x' } },
    status: { artifact: { revision: `6.1.0@${DIGEST}` } },
  };
  const chart = {
    metadata: { namespace: 'flux-system', name: 'app' },
    spec: { chart: 'app', version: '1.2.0', sourceRef: { kind: 'HelmRepository', name: 'charts' } },
  };
  const charts = {
    metadata: { namespace: 'flux-system', name: 'charts' },
    spec: { type: 'oci', url: 'oci://registry.example.com/charts' },
  };
  const objects = { ocirepositories: [repository], helmcharts: [chart], helmrepositories: [charts], pods: [pod('a', 'b', 'shop/web:v1')] };

  test.for<[what: string, flux: Record<string, string[]>, paths: string[]]>([
    ['in one version', { v1: ['gitrepositories', 'helmcharts', 'helmrepositories', 'ocirepositories'] }, ['v1', 'v1', 'v1']],
    [
      'of which some objects are in an older one',
      { v1: ['helmcharts', 'helmrepositories'], v1beta2: ['ocirepositories'] },
      ['v1beta2', 'v1', 'v1'],
    ],
  ])('what it runs from registries is in use, %s', async ([, flux, versions]) => {
    const server = await withApiServer({ objects, flux });
    const images = await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) });
    expect(images.slice(1)).toMatchObject([
      { image: { digest: DIGEST }, source: 'cluster prod: flux-system/OCIRepository podinfo' },
      { image: { reference: { repository: 'charts/app', tag: '1.2.0' } }, source: 'cluster prod: flux-system/HelmChart app' },
    ]);
    expect(server.requests.map(({ path }) => path).filter((path) => /fluxcd.io.*(?:charts|repositories)$/.test(path))).toEqual(
      ['ocirepositories', 'helmcharts', 'helmrepositories'].map(
        (resource, n) => `/apis/source.toolkit.fluxcd.io/${versions[n]}/${resource}`,
      ),
    );
  });

  test('is not there, or has none of these objects: nothing else is asked', async () => {
    for (const flux of [{}, { v1: ['gitrepositories'] }]) {
      const server = await withApiServer({ objects, flux });
      expect(await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).toHaveLength(1);
    }
  });

  test('a range of which nothing tells what runs is an error that names the object', async () => {
    const { status: _, ...unresolved } = repository;
    const flux = { v1: ['ocirepositories', 'helmcharts', 'helmrepositories'] };
    const server = await withApiServer({ objects: { ocirepositories: [unresolved], helmcharts: [chart] }, flux });
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: 'IN_USE_INVALID',
      message: expect.stringMatching(
        /^cluster prod: flux-system\/OCIRepository podinfo names a range of versions.*\ncluster prod: flux-system\/HelmChart app is a chart of the HelmRepository charts, which is not there/,
      ) as string,
    });
  });

  test('may not be listed: the missing permission is named', async () => {
    const server = await withApiServer({ flux: { v1: ['ocirepositories', 'helmcharts'] }, forbidden: ['ocirepositories'] });
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('may not list ocirepositories in the API group source.toolkit.fluxcd.io (403)') as string,
    });
  });

  test.for<[number, string, string]>([
    [403, '{}', 'AUTH'],
    [404, '{}', 'BAD_RESPONSE'],
    [500, '{}', 'REGISTRY_ERROR'],
    [200, '{"kind": "APIGroupList"}', 'BAD_RESPONSE'],
    [200, '<html>', 'BAD_RESPONSE'],
  ])('whether it is there cannot be told: %d %s', async ([code, text, error]) => {
    const server = await withApiServer({
      before: ({ path }, response) => {
        if (path === '/apis') response.writeHead(code).end(text);
        return path === '/apis';
      },
    });
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: error,
      message: expect.stringMatching(/^cluster prod: .*\/apis/) as string,
    });
  });
});

describe('several clusters', () => {
  test('are all read', async () => {
    const [prod, stage] = [
      await withApiServer({ objects: { pods: [pod('shop', 'web', 'shop/web:v1')] } }),
      await withApiServer({ objects: { pods: [pod('shop', 'web', 'shop/web:v2')] } }),
    ];
    const kubeconfig = await kubeconfigFile({ prod: { server: prod.url }, stage: { server: stage.url } });
    const images = await read({ kubeconfig, contexts: ['stage', 'prod', 'stage'] });
    expect(images.map(({ source }) => source)).toEqual([
      'cluster stage: shop/Pod web (container app)',
      'cluster prod: shop/Pod web (container app)',
    ]);
    expect(stage.requests.filter(({ resource }) => resource !== '')).toHaveLength(10);
  });

  test('one in which nothing runs is not the one that was meant, unless the config says that this may be', async () => {
    const [prod, stage] = [await withApiServer({ objects: { pods: [pod('shop', 'web', 'shop/web:v1')] } }), await withApiServer()];
    const kubeconfig = await kubeconfigFile({ prod: { server: prod.url }, stage: { server: stage.url } });
    const choice = { kubeconfig, contexts: ['prod', 'stage'] };
    await expect(read(choice)).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringMatching(/^cluster stage names no image/) as string,
    });
    expect(await read(choice, { mayBeEmpty: true })).toHaveLength(1);
    // Of a single one, the source is told.
    expect(await read({ kubeconfig, contexts: ['stage'] })).toEqual([]);
  });

  test('each that fails is told', async () => {
    const [prod, stage] = [await withApiServer({ forbidden: ['pods'] }), await withApiServer({ tokens: ['other'] })];
    const kubeconfig = await kubeconfigFile({ prod: { server: prod.url }, stage: { server: stage.url } });
    const attempt = read({ kubeconfig, contexts: ['prod', 'stage'] });
    await expect(attempt).rejects.toThrow(
      /^cluster prod: may not list pods .* cluster stage: the API server does not accept the credentials .*\(401\)\.$/,
    );
  });
});
