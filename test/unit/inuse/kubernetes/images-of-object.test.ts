import { expect, test } from 'vitest';
import { imagesOfObject } from '../../../../src/inuse/kubernetes/images-of-object.ts';

const HEX = '0123456789abcdef'.repeat(4);
const DIGEST = `sha256:${HEX}`;
const metadata = { namespace: 'shop', name: 'web' };
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'shop/web:v1' }] } };

test.for([
  ['Deployment', { spec: { template } }],
  ['StatefulSet', { spec: { template } }],
  ['DaemonSet', { spec: { template } }],
  ['ReplicaSet', { spec: { replicas: 0, template } }],
  ['ReplicationController', { spec: { template } }],
  ['Job', { spec: { template } }],
  ['CronJob', { spec: { jobTemplate: { spec: { template } } } }],
  ['PodTemplate', { template }],
  ['ControllerRevision', { revision: 3, data: { spec: { template: { ...template, $patch: 'replace' } } } }],
  ['Pod', { spec: template.spec }],
  ['Rollout', { apiVersion: 'argoproj.io/v1alpha1', spec: { template } }],
] as const)('%s', ([kind, fields]) => {
  expect(imagesOfObject({ kind, metadata, ...fields })).toEqual([{ image: 'shop/web:v1', where: `shop/${kind} web (container app)` }]);
});

test('every container and image volume of a pod, and what its containers were started from', () => {
  const pod = {
    kind: 'Pod',
    metadata,
    spec: {
      initContainers: [{ name: 'migrate', image: 'shop/migrate:v1' }],
      containers: [{ name: 'app', image: 'shop/web:v1' }],
      ephemeralContainers: [{ name: 'debug', image: 'busybox' }],
      volumes: [
        { name: 'model', image: { reference: 'shop/model:v2' } },
        { name: 'config', configMap: { name: 'x' } },
      ],
    },
    status: {
      initContainerStatuses: [{ name: 'migrate', image: 'docker.io/shop/migrate:v1', imageID: `docker-pullable://shop/migrate@${DIGEST}` }],
      containerStatuses: [{ name: 'app', image: DIGEST, imageID: HEX }],
      ephemeralContainerStatuses: [{ name: 'debug', image: 'busybox', imageID: '' }],
    },
  };
  expect(imagesOfObject(pod)).toEqual([
    { image: 'shop/migrate:v1', where: 'shop/Pod web (init container migrate)' },
    { image: 'shop/web:v1', where: 'shop/Pod web (container app)' },
    { image: 'busybox', where: 'shop/Pod web (ephemeral container debug)' },
    { image: 'shop/model:v2', where: 'shop/Pod web (volume model)' },
    { image: 'docker.io/shop/migrate:v1', where: 'shop/Pod web (init container migrate)' },
    { image: `docker-pullable://shop/migrate@${DIGEST}`, where: 'shop/Pod web (init container migrate)' },
    { image: DIGEST, where: 'shop/Pod web (container app)' },
    { image: DIGEST, where: 'shop/Pod web (container app)' },
    { image: 'busybox', where: 'shop/Pod web (ephemeral container debug)' },
  ]);
});

test('the objects of a list; in one of one kind they need not say theirs', () => {
  const item = { metadata, spec: { template } };
  expect(imagesOfObject({ kind: 'DeploymentList', items: [item] })).toEqual([
    { image: 'shop/web:v1', where: 'shop/Deployment web (container app)' },
  ]);
  expect(imagesOfObject({ kind: 'List', items: [{ kind: 'List', items: [{ kind: 'Job', ...item }] }] })).toEqual([
    { image: 'shop/web:v1', where: 'shop/Job web (container app)' },
  ]);
});

test('an object that is rendered for any namespace, or gets its name later', () => {
  expect(imagesOfObject({ kind: 'Deployment', metadata: { name: 'web' }, spec: { template } })).toEqual([
    { image: 'shop/web:v1', where: 'Deployment web (container app)' },
  ]);
  expect(imagesOfObject({ kind: 'Job', metadata: { generateName: 'import-' }, spec: { template } })).toEqual([
    { image: 'shop/web:v1', where: 'Job import- (container app)' },
  ]);
});

test.for([
  undefined,
  null,
  'text',
  7,
  {},
  { kind: 'ConfigMap', data: { spec: 'x', template: '{}' } },
  { kind: 'Service', metadata, spec: { ports: [] } },
  { kind: 'Pod', metadata, spec: { containers: null } },
])('an object without images has none: %j', (object) => {
  expect(imagesOfObject(object)).toEqual([]);
});

test('blank text stands where something else fills in the image, and is not an image', () => {
  expect(
    imagesOfObject({ kind: 'Deployment', metadata, spec: { template: { spec: { containers: [{ name: 'app', image: ' ' }] } } } }),
  ).toEqual([]);
});

test.for([
  [{ containers: [{ name: 'app', image: 7 }] }, 'shop/Pod web (container app): image is not text.'],
  [{ containers: [{ name: 'app', image: { repository: 'x' } }] }, 'shop/Pod web (container app): image is not text.'],
  [{ volumes: [{ name: 'model', image: { reference: ['x'] } }] }, 'shop/Pod web (volume model): reference is not text.'],
  [{ containers: { name: 'app' } }, 'shop/Pod web: containers is not a list of objects.'],
  [{ containers: ['shop/web'] }, 'shop/Pod web: containers is not a list of objects.'],
] as const)('what is in the place of an image and is not one is an error: %j', ([spec, message]) => {
  expect(() => imagesOfObject({ kind: 'Pod', metadata, spec })).toThrow(expect.objectContaining({ code: 'IN_USE_INVALID', message }));
});
