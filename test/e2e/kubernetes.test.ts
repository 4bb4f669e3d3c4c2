import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request as forward } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { EmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { image, layer } from '../../src/demo/image.ts';
import { push } from '../../src/demo/push.ts';
import { WORKLOADS } from '../../src/inuse/kubernetes/workloads.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { PushOptions } from '../../src/demo/push.ts';
import { keepBuilds, registryWith, tagsIn } from './cli/registry-with-builds.ts';
import { listen } from '../unit/http/loopback-server.ts';
import { withRegistry } from '../unit/demo/with-registry.ts';
import { newUser, type User } from './program.ts';
import { newContainer, skipWithoutMounts } from './servers/container.ts';
import { type KubeApi, type KubeObject, startKubeApi } from './servers/kube-api.ts';
import type { Running } from './servers/run-process.ts';
import { skipWithout } from './servers/server-binaries.ts';
import { SWEEPING } from '../sweep.ts';

const RBAC = fileURLToPath(new URL('../../src/inuse/kubernetes/rbac.yaml', import.meta.url));
const labels = { app: 'web' };
const selector = { matchLabels: labels };

describe.skipIf(skipWithout('kube-apiserver', 'etcd', 'openssl'))(
  'a Kubernetes API server (needs kube-apiserver, etcd and openssl)',
  () => {
    let kube: KubeApi;
    beforeAll(async () => {
      kube = await startKubeApi();
      await kube.must('POST', '/api/v1/namespaces', { metadata: { name: 'regctl' } });
      for (const document of parseAllDocuments(await readFile(RBAC, 'utf8'))) {
        const object = document.toJS() as { readonly kind: string };
        await kube.must('POST', RBAC_PATHS[object.kind] as string, object);
      }
    });
    afterAll(() => kube?.stop());

    /** A namespace of its own for a test, gone with all its objects for those who list when the test ends. */
    async function withNamespace(name: string): Promise<(path: string, kind: string, fields: object) => Promise<string>> {
      await kube.must('POST', '/api/v1/namespaces', { metadata: { name } });
      const made: string[] = [];
      onTestFinished(async () => {
        await eachOf(
          made,
          async (path) => void (await kube.ask('DELETE', path, { gracePeriodSeconds: 0, propagationPolicy: 'Background' })),
        );
      });
      return async (path, kind, fields) => {
        const [group, resource] = path.split(/\/(?=[^/]+$)/) as [string, string];
        const object = { kind, metadata: { name: kind.toLowerCase(), namespace: name }, ...fields } as { metadata: { name: string } };
        await kube.must('POST', `${group}/namespaces/${name}/${resource}`, object);
        const own = `${group}/namespaces/${name}/${resource}/${object.metadata.name}`;
        made.push(own);
        return own;
      };
    }

    /** The ServiceAccount of the documented manifest, by a token of its own. */
    async function serviceAccountToken(): Promise<string> {
      const { status } = await kube.must('POST', '/api/v1/namespaces/regctl/serviceaccounts/regctl/token', {
        spec: { expirationSeconds: 3600 },
      });
      return status?.token as string;
    }

    /** Somebody whose config names the cluster as the source of what is in use. */
    async function userOf(token: string, server = kube.url): Promise<User> {
      const kubeconfig = {
        'current-context': 'prod',
        contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(kube.ca).toString('base64') } }],
        users: [{ name: 'u', user: { token } }],
      };
      return newUser({
        files: {
          'kubeconfig.yaml': JSON.stringify(kubeconfig),
          '.regctlrc.yaml': 'inUse:\n  - kubernetes: {kubeconfig: kubeconfig.yaml}\n',
        },
      });
    }

    test('what it runs or would run again is kept, by whatever name, and the rest goes', async () => {
      const registry = await withRegistry();
      const digests = await pushImages(registry, 20);
      const of = (number: number): string => `${registry.host}/team/app:build-${number}`;
      const template = (...images: readonly string[]): object => ({
        metadata: { labels },
        spec: { containers: images.map((each, index) => ({ name: `app-${index}`, image: each })) },
      });
      const make = await withNamespace('shop');
      await make('/apis/apps/v1/deployments', 'Deployment', { spec: { selector, template: template(of(1)) } });
      await make('/apis/apps/v1/statefulsets', 'StatefulSet', { spec: { selector, serviceName: 'web', template: template(of(2)) } });
      await make('/apis/apps/v1/daemonsets', 'DaemonSet', { spec: { selector, template: template(of(3)) } });
      await make('/apis/batch/v1/jobs', 'Job', {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app-0', image: of(4) }] } } },
      });
      await make('/apis/batch/v1/cronjobs', 'CronJob', {
        spec: {
          schedule: '0 3 * * *',
          suspend: true,
          jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app-0', image: of(5) }] } } } },
        },
      });
      await make('/apis/apps/v1/replicasets', 'ReplicaSet', { spec: { replicas: 0, selector, template: template(of(6)) } });
      await make('/apis/apps/v1/controllerrevisions', 'ControllerRevision', {
        revision: 1,
        data: { spec: { template: { ...template(of(7)), $patch: 'replace' } } },
      });
      await make('/api/v1/replicationcontrollers', 'ReplicationController', {
        spec: { replicas: 0, selector: labels, template: template(of(8)) },
      });
      await make('/api/v1/podtemplates', 'PodTemplate', { template: template(of(9)) });
      const pod = await make('/api/v1/pods', 'Pod', {
        spec: {
          initContainers: [{ name: 'init', image: of(11) }],
          containers: [
            { name: 'app', image: of(10) },
            { name: 'mirrored', image: 'mirror.example.com/other/name:moved' },
            { name: 'loaded', image: 'other/name:loaded' },
          ],
          volumes: [{ name: 'model', image: { reference: of(13) } }],
        },
      });
      await kube.must('PATCH', `${pod}/ephemeralcontainers`, { spec: { ephemeralContainers: [{ name: 'debug', image: of(12) }] } });
      const status = (name: string, imageID: string): object => ({
        name,
        image: 'elsewhere.example.com/x:y',
        imageID,
        ready: true,
        restartCount: 0,
      });
      await kube.must('PATCH', `${pod}/status`, {
        status: {
          containerStatuses: [
            status('app', ''),
            status('mirrored', `docker-pullable://mirror.example.com/other/name@${digests[14]}`),
            status('loaded', configDigest(15)),
          ],
        },
      });
      const user = await userOf(await serviceAccountToken());

      const plan = await user.plan(`${registry.host}/team/app`, '--tags', 'build-*', '--keep-last', '1');

      expect(plan).toMatchObject({ applyable: true, blockedBy: [] });
      expect(keptAs(plan, digests)).toEqual({
        1: 'cluster prod: shop/Deployment deployment (container app-0)',
        2: 'cluster prod: shop/StatefulSet statefulset (container app-0)',
        3: 'cluster prod: shop/DaemonSet daemonset (container app-0)',
        4: 'cluster prod: shop/Job job (container app-0)',
        5: 'cluster prod: shop/CronJob cronjob (container app-0)',
        6: 'cluster prod: shop/ReplicaSet replicaset (container app-0)',
        7: 'cluster prod: shop/ControllerRevision controllerrevision (container app-0)',
        8: 'cluster prod: shop/ReplicationController replicationcontroller (container app-0)',
        9: 'cluster prod: shop/PodTemplate podtemplate (container app-0)',
        10: 'cluster prod: shop/Pod pod (container app)',
        11: 'cluster prod: shop/Pod pod (init container init)',
        12: 'cluster prod: shop/Pod pod (ephemeral container debug)',
        13: 'cluster prod: shop/Pod pod (volume model)',
        14: 'cluster prod: shop/Pod pod (container mirrored)',
        15: 'cluster prod: shop/Pod pod (container loaded)',
      });
      await user.succeed('prune', `${registry.host}/team/app`, '--tags', 'build-*', '--keep-last', '1', '--apply');
      const left = [...Array.from({ length: 15 }, (_, index) => `build-${index + 1}`), 'build-20'];
      expect(tagsIn(registry, 'team/app')).toEqual(left.toSorted());
    });

    test('what Flux runs from registries is kept, in the versions of the API that the cluster serves', async () => {
      const registry = await withRegistry();
      const digests = await pushImages(registry, 5);
      const make = await withNamespace('flux-system');
      await define('OCIRepository', 'ocirepositories', 'v1beta2');
      await define('HelmChart', 'helmcharts', 'v1');
      await define('HelmRepository', 'helmrepositories', 'v1');
      const flux = '/apis/source.toolkit.fluxcd.io';
      const of = (version: string): object => ({ apiVersion: `source.toolkit.fluxcd.io/${version}` });
      await make(`${flux}/v1beta2/ocirepositories`, 'OCIRepository', {
        ...of('v1beta2'),
        spec: { url: `oci://${registry.host}/team/app`, ref: { tag: 'build-1' } },
      });
      const range = await make(`${flux}/v1beta2/ocirepositories`, 'OCIRepository', {
        ...of('v1beta2'),
        metadata: { name: 'range', namespace: 'flux-system' },
        spec: { url: `oci://${registry.host}/team/app`, ref: { semver: '*' } },
        status: { artifact: { revision: `2.0.0@${digests[2]}` } },
      });
      await make(`${flux}/v1/helmrepositories`, 'HelmRepository', {
        ...of('v1'),
        spec: { type: 'oci', url: `oci://${registry.host}/team` },
      });
      const chart = { chart: 'app', version: '3.0.0', sourceRef: { kind: 'HelmRepository', name: 'helmrepository' } };
      await make(`${flux}/v1/helmcharts`, 'HelmChart', { ...of('v1'), spec: chart });
      await push(registry.url, 'team/app', image({ layers: [layer('3', 10)] }), ['3.0.0']);
      const user = await userOf(await serviceAccountToken());
      const words = [`${registry.host}/team/app`, '--tags', '**', '--keep-last', '1'];

      const plan = await user.plan(...words);

      expect(plan).toMatchObject({ applyable: true, blockedBy: [] });
      expect(inUseOf(plan)).toEqual({
        'build-1': 'cluster prod: flux-system/OCIRepository ocirepository',
        'build-2': 'cluster prod: flux-system/OCIRepository range',
        '3.0.0': 'cluster prod: flux-system/HelmChart helmchart',
      });
      await kube.must('DELETE', range);
      expect(Object.keys(inUseOf(await user.plan(...words)))).not.toContain('build-2');
    });

    /** A kind of Flux's objects with everything in it that they may have. */
    async function define(kind: string, plural: string, version: string): Promise<void> {
      const name = `${plural}.source.toolkit.fluxcd.io`;
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
      await kube.must('POST', path, {
        metadata: { name },
        spec: {
          group: 'source.toolkit.fluxcd.io',
          scope: 'Namespaced',
          names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
          versions: [{ name: version, served: true, storage: true, schema }],
        },
      });
      onTestFinished(async () => void (await kube.ask('DELETE', `${path}/${name}`)));
      await expect
        .poll(async () => (await kube.ask('GET', `/apis/source.toolkit.fluxcd.io/${version}/${plural}`)).status, { timeout: 600_000 })
        .toBe(200);
    }

    test.for(WORKLOADS)(
      'the documented permissions are no more than needed: without $resource nothing is deleted',
      async ({ group, resource }) => {
        const registry = await withRegistry();
        await pushImages(registry, 2);
        const rolePath = '/apis/rbac.authorization.k8s.io/v1/clusterroles/regctl-in-use';
        const role = (await kube.must('GET', rolePath)) as unknown as {
          readonly rules: readonly {
            readonly apiGroups?: readonly string[];
            readonly resources?: readonly string[];
            readonly verbs: readonly string[];
          }[];
        };
        const rules = role.rules.map((rule) =>
          rule.apiGroups?.includes(group) ? { ...rule, resources: rule.resources?.filter((each) => each !== resource) } : rule,
        );
        await kube.must('PUT', rolePath, { ...role, rules });
        onTestFinished(async () => {
          await kube.must('PUT', rolePath, { ...role, metadata: { name: 'regctl-in-use', resourceVersion: undefined } });
          await mayList(group, resource, true);
        });
        await mayList(group, resource, false);
        const user = await userOf(await serviceAccountToken());

        const { code, stderr, stdout } = await user.run(
          'prune',
          `${registry.host}/team/app`,
          '--tags',
          'build-*',
          '--keep-last',
          '1',
          '--apply',
        );

        expect(code, stderr).toBe(5);
        expect(stdout + stderr).toContain(
          `cluster prod: may not list ${resource} in ${group === '' ? 'the core API group ("")' : `the API group ${group}`} (403); ` +
            `grant the verb "list"`,
        );
        expect(tagsIn(registry, 'team/app')).toEqual(['build-1', 'build-2']);
      },
    );

    /** Waits until the authorizer knows of a change of a role. */
    async function mayList(group: string, resource: string, expected: boolean): Promise<void> {
      const spec = { user: 'system:serviceaccount:regctl:regctl', resourceAttributes: { verb: 'list', group, resource } };
      await expect
        .poll(async () => (await kube.must('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).status?.allowed, {
          timeout: 600_000,
        })
        .toBe(expected);
    }

    describe.skipIf(skipWithoutMounts())('what "generate" prints (needs unshare, chroot and setpriv, as root or with sudo)', () => {
      test('as a CronJob is taken as it is, its pod is allowed, and its container keeps what runs and deletes the rest', async () => {
        const registry = await withRegistry({ auth: { scheme: 'basic', user: 'cleaner', password: 'of-the-secret' } });
        await pushImages(registry, 4, { auth: { user: 'cleaner', password: 'of-the-secret' } });
        const make = await withNamespace('own');
        const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: `${registry.host}/team/app:build-1` }] } };
        await make('/apis/apps/v1/deployments', 'Deployment', { spec: { selector, template } });
        const auth = '{usernameEnv: PROD_USER, passwordFile: /home/me/password}';
        const user = await newUser({
          files: {
            '.regctlrc.yaml': `registries: {prod: {url: "${registry.url}", auth: ${auth}}}\n`,
            'policies/builds.yaml': keepBuilds(1, '    repositories: ["team/**"]\n'),
          },
        });
        const objects = documentsIn(await user.succeed('generate', 'cronjob', '-q', '-p', 'policies/builds.yaml'));

        for (const object of objects) await kube.apply(object);
        const secret = '/api/v1/namespaces/regctl/secrets/regctl-prune';
        await kube.must('PATCH', secret, { stringData: { PROD_USER: 'cleaner', 'prod.password': 'of-the-secret' } });
        for (const object of objects) await kube.apply(object);
        const { data } = (await kube.must('GET', secret)) as unknown as { readonly data: Readonly<Record<string, string>> };
        const job = objects.find(({ kind }) => kind === 'CronJob') as unknown as {
          readonly spec: { readonly jobTemplate: { readonly spec: JobSpec } };
        };
        const { template: pod } = job.spec.jobTemplate.spec;
        await kube.must('POST', '/api/v1/namespaces/regctl/pods', { ...pod, kind: 'Pod', metadata: { ...pod.metadata, name: 'one' } });
        const { code, stderr, stdout } = await (await inContainer(pod, objects, data)).ended;

        expect(code, stderr + stdout).toBe(0);
        expect(tagsIn(registry, 'team/app')).toEqual(['build-1', 'build-4']);
      });

      test('as an Indexed Job is taken as it is, and its pods share the repositories', async () => {
        const repositories = ['team/a', 'team/b', 'team/c', 'team/d', 'team/e'];
        const registry = await registryWith(Object.fromEntries(repositories.map((name) => [name, 3])));
        const user = await newUser({ files: { 'policy.yaml': keepBuilds(1) } });
        const words = ['--registry', registry.url, '-p', 'policy.yaml', '--shards', '2', '--name', 'shares', '--namespace', 'regctl'];
        const objects = documentsIn(await user.succeed('generate', 'indexed-job', '-q', ...words));

        for (const object of objects) await kube.apply(object);
        expect(objects.map(({ kind }) => kind)).not.toContain('Namespace');
        const { spec } = objects.find(({ kind }) => kind === 'Job') as unknown as { readonly spec: JobSpec };
        const make = await withNamespace('shares');
        await make('/api/v1/pods', 'Pod', { spec: { containers: [{ name: 'app', image: 'elsewhere.example.com/x:y' }] } });
        const ended = await Promise.all(
          ['0', '1'].map(async (index) => (await inContainer(spec.template, objects, {}, { JOB_COMPLETION_INDEX: index })).ended),
        );

        expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([
          [0, expect.anything()],
          [0, expect.anything()],
        ]);
        expect(repositories.map((name) => tagsIn(registry, name))).toEqual(repositories.map(() => ['build-3']));
      });
    });

    /** Starts the container of a pod with exactly its arguments, its environment and its mounts, as the ServiceAccount of the pod. */
    async function inContainer(
      { spec }: JobSpec['template'],
      objects: readonly KubeObject[],
      secrets: Readonly<Record<string, string>>,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Running> {
      const [{ args, env, volumeMounts }] = spec.containers;
      const { data } = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { readonly data: Readonly<Record<string, string>> };
      const { status } = await kube.must('POST', `/api/v1/namespaces/regctl/serviceaccounts/${spec.serviceAccountName}/token`, {
        spec: { expirationSeconds: 3600 },
      });
      const secret = Object.fromEntries(
        Object.entries(secrets).map(([key, value]): [string, string] => [key, Buffer.from(value, 'base64').toString('utf8')]),
      );
      const account = { token: status?.token as string, 'ca.crt': kube.ca };
      const container = await newContainer([
        { path: '/var/run/secrets/kubernetes.io/serviceaccount', files: account },
        ...volumeMounts.map(({ name, mountPath }) => ({
          path: mountPath,
          ...(name === 'config' && { files: data }),
          ...(name === 'credentials' && { files: secret }),
        })),
      ]);
      const { hostname, port } = new URL(kube.url);
      const given = env.flatMap(({ name, value, valueFrom }): [string, string][] => {
        if (value !== undefined) return [[name, value]];
        const given = secret[valueFrom?.secretKeyRef.key as string];
        return given === undefined ? [] : [[name, given]];
      });
      return container.start(args, {
        env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, ...Object.fromEntries(given), ...more },
        user: spec.securityContext.runAsUser,
      });
    }

    test('a token that it does not know is refused, and nothing is deleted', async () => {
      const registry = await withRegistry();
      await pushImages(registry, 2);
      const user = await userOf('no-such-token');
      const { code, stdout, stderr } = await user.run(
        'prune',
        `${registry.host}/team/app`,
        '--tags',
        'build-*',
        '--keep-last',
        '1',
        '--apply',
      );
      expect(code, stderr).toBe(5);
      expect(stdout + stderr).toContain('(401)');
      expect(stdout + stderr).not.toContain('no-such-token');
      expect(tagsIn(registry, 'team/app')).toEqual(['build-1', 'build-2']);
    });

    // Making so many takes longer than all else here.
    test.for(SWEEPING ? [1200] : [])('%i pods are three pages, and a list that etcd has forgotten in between is begun again', async () => {
      const registry = await withRegistry();
      const digests = await pushImages(registry, 4);
      const make = await withNamespace('many');
      const numbers = Array.from({ length: 1200 }, (_, index) => index);
      // In the order of their names the first stands on the first page, and the last on the last.
      const imageOf = (number: number): string => `${registry.host}/team/app:build-${number === 0 ? 1 : number === 1199 ? 3 : 99}`;
      await eachOf(numbers, async (number) => {
        await make('/api/v1/pods', 'Pod', {
          metadata: { name: `web-${String(number).padStart(4, '0')}`, namespace: 'many' },
          spec: { containers: [{ name: 'app', image: imageOf(number) }] },
        });
      });
      const asked: string[] = [];
      const statuses: number[] = [];
      const proxy = await startProxyBefore(
        kube,
        async (path) => {
          if (!path.startsWith('/api/v1/pods?')) return;
          asked.push(path.includes('continue=') ? 'next' : 'first');
          if (asked.length !== 3) return;
          await kube.must('POST', '/api/v1/namespaces', { metadata: { name: 'meanwhile' } });
          await kube.compact();
        },
        (path, status) => void (path.startsWith('/api/v1/pods?') && statuses.push(status)),
      );
      const user = await userOf(kube.adminToken, proxy);

      const plan = await user.plan(`${registry.host}/team/app`, '--tags', 'build-*', '--keep-last', '1');

      expect(asked).toEqual(['first', 'next', 'next', 'first', 'next', 'next']);
      expect(statuses).toEqual([200, 200, 410, 200, 200, 200]);
      expect(keptAs(plan, digests)).toEqual({
        1: 'cluster prod: many/Pod web-0000 (container app)',
        3: 'cluster prod: many/Pod web-1199 (container app)',
      });
      expect(plan.summary.images.delete).toBe(1);
    });
  },
);

/** What a test reads of the spec of a Job. */
interface JobSpec {
  readonly template: {
    readonly metadata: object;
    readonly spec: {
      readonly serviceAccountName: string;
      readonly securityContext: { readonly runAsUser: number };
      readonly containers: readonly [
        {
          readonly args: readonly string[];
          readonly env: readonly {
            readonly name: string;
            readonly value?: string;
            readonly valueFrom?: { readonly secretKeyRef: { readonly key: string } };
          }[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        },
      ];
    };
  };
}

function documentsIn(text: string): KubeObject[] {
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as KubeObject;
  });
}

const RBAC_PATHS: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/regctl/serviceaccounts',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

function imageOfBuild(number: number): ReturnType<typeof image> {
  return image({ layers: [layer(`build ${number}`, 100)], created: new Date(Date.UTC(2020, 0, number)).toISOString() });
}

/** Pushes `build-1` … `build-N`, the last one newest. Answers their digests, by number. */
async function pushImages(registry: EmbeddedRegistry, count: number, options: PushOptions = {}): Promise<string[]> {
  const digests = [''];
  for (let number = 1; number <= count; number++)
    digests.push(await push(registry.url, 'team/app', imageOfBuild(number), [`build-${number}`], options));
  return digests;
}

function configDigest(number: number): string {
  const { config } = JSON.parse(imageOfBuild(number).bytes.toString()) as { readonly config: { readonly digest: string } };
  return config.digest;
}

/** By number of the build, who uses what is kept as in use. */
function keptAs(plan: Plan, digests: readonly string[]): Record<number, string | undefined> {
  const images = plan.repositories.flatMap((repository) => repository.images);
  const entries = images.flatMap(({ digest, reasons }) =>
    reasons.flatMap(({ code, by }) => (code === 'in_use' ? [[digests.indexOf(digest), by] as const] : [])),
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => a - b));
}

/** An HTTP proxy of this machine in front of the API server, which waits for `before` and tells each answer. */
async function startProxyBefore(
  kube: KubeApi,
  before: (path: string) => Promise<void>,
  after: (path: string, status: number) => void,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '';
    void before(path).then(() => {
      const passed = forward(kube.url + path, { method: incoming.method, headers: incoming.headers, ca: kube.ca }, (answer) => {
        after(path, answer.statusCode ?? 0);
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    });
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

/** Side by side, sixteen at a time. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
}

/** Who holds each image that is in use, by its tags. */
function inUseOf(plan: Plan): Record<string, string | undefined> {
  const reasons = plan.repositories.flatMap(({ images }) =>
    images.flatMap(({ tags, reasons: all }) => all.flatMap(({ code, by }) => (code === 'in_use' ? [[tags.join(), by] as const] : []))),
  );
  return Object.fromEntries(reasons);
}
