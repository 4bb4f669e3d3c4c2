import { describe, expect, test } from 'vitest';
import type { InUseImage } from '../../../src/domain/in-use.ts';
import { understood } from '../../../src/inuse/file.ts';
import { SWEEPING } from '../../sweep.ts';
import { textFound } from './text-found.ts';

/** Deep enough for a parser that calls itself to run out of stack. */
const DEEP = SWEEPING ? 100_000 : 20_000;

/** `image by source`, of everything that a text says is in use. */
function read(text: string): string[] {
  return found(text, ({ mentioned }) => !mentioned);
}

/** The same of what is only mentioned. */
function mentioned(text: string): string[] {
  return found(text, (image) => image.mentioned === true);
}

function found(text: string, counts: (image: InUseImage) => boolean): string[] {
  return understood(textFound('in-use', text))
    .filter(counts)
    .map(({ image, source }) => `${'digest' in image ? image.digest : image.reference.text} by ${source}`);
}

/** The problems, without what is wrong elsewhere. */
function problems(text: string): string[] {
  return textFound('in-use', text).problems.map(({ line, message, frame }) => `${line}: ${message}${frame}`);
}

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'web-1' },
  spec: {
    initContainers: [{ name: 'migrate', image: 'team/migrate:v1' }],
    containers: [{ name: 'app', image: 'registry.example.com/team/web:v1' }],
  },
  status: {
    containerStatuses: [
      { name: 'app', image: 'registry.example.com/team/web:v1', imageID: `docker-pullable://registry.example.com/team/web@${DIGEST}` },
    ],
  },
};
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { template: { spec: { containers: [{ name: 'app', image: 'team/web:v2' }] } } },
};
const list = (...items: readonly object[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items }, null, 4);
const WEB = `---
# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
        - name: app
          image: "team/web:v2"
---
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ports}
data:
  9000: shop/web:80
---
apiVersion: v1
kind: Service
metadata: {name: web}
`;

describe('what kubectl prints', () => {
  const found = [
    'team/migrate:v1 by in-use: shop/Pod web-1 (init container migrate)',
    'registry.example.com/team/web:v1 by in-use: shop/Pod web-1 (container app)',
    'registry.example.com/team/web:v1 by in-use: shop/Pod web-1 (container app)',
    `registry.example.com/team/web@${DIGEST} by in-use: shop/Pod web-1 (container app)`,
  ];

  test('a List as JSON', () => {
    expect(read(list(POD, DEPLOYMENT))).toEqual([...found, 'team/web:v2 by in-use: Deployment web (container app)']);
  });

  test('a List as YAML', () => {
    expect(read(`apiVersion: v1\nitems:\n- ${JSON.stringify(POD)}\nkind: List\n`)).toEqual(found);
  });

  test('one object alone, and several that follow each other', () => {
    expect(read(JSON.stringify(POD))).toEqual(found);
    expect(
      read(`${JSON.stringify(POD)}\n${list(DEPLOYMENT)}${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] })}`),
    ).toHaveLength(found.length + 1);
  });

  test('a list of one kind, whose items do not repeat it', () => {
    const { apiVersion: _, kind: __, ...item } = POD;
    expect(read(JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [item] }))).toHaveLength(found.length);
  });

  test('nothing runs', () => {
    expect(read(list())).toEqual([]);
  });

  test('one page of several is not all that runs', () => {
    expect(problems('{"apiVersion": "v1", "kind": "PodList", "metadata": {"continue": "abc"}, "items": []}')).toEqual([
      '1: a PodList that is one page of several: give all of them',
    ]);
  });
});

describe('rendered manifests', () => {
  test('many documents, of which some are empty and some have no image', () => {
    expect(read(WEB)).toEqual(['team/web:v2 by in-use: shop/Deployment web (container app)']);
  });

  test('what a file says about another kind is taken from every container in it, and from every image', () => {
    const rollout =
      'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {strategy: {canary: {podTemplate: ' +
      '{containers: [{image: "team/web:v3"}]}}}}\n';
    const prometheus =
      '---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main}\nspec: {image: "team/prometheus:v3", ' +
      'logo: {image: "https://example.com/a b.png"}}\n';
    expect(read(rollout + prometheus)).toEqual([
      'team/web:v3 by in-use: Rollout web (spec.strategy.canary.podTemplate.containers[0].image)',
      'team/prometheus:v3 by in-use: Prometheus main (spec.image)',
    ]);
  });

  test('an anchor stands for what it names', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers: &all\n    - {name: x, image: "team/web:v2"}\n  ' +
      'containers: *all\n';
    expect(read(text)).toEqual(['team/web:v2 by in-use: Pod a (init container x)', 'team/web:v2 by in-use: Pod a (container x)']);
  });
});

describe('what an object only mentions', () => {
  const object = (...parts: readonly object[]): string =>
    parts.map((part) => JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, ...part })).join('\n');
  const APP = 'registry.example.com/team/app';

  test.for<[what: string, part: object, path: string]>([
    ['a package', { spec: { package: `${APP}:v1` } }, 'spec.package'],
    ['an image volume', { spec: { job: { volumes: [{ image: { reference: `${APP}:v1` } }] } } }, 'spec.job.volumes[0].image.reference'],
    ['a variable', { spec: { env: [{ name: 'RELATED_IMAGE_APP', value: `${APP}:v1` }] } }, 'spec.env[0].value'],
    ['an argument', { spec: { args: ['run', `--sidecar=${APP}:v1,other`] } }, 'spec.args[1]'],
    ['a script', { spec: { script: `set -e\ndocker run --rm "${APP}:v1"; exit\n` } }, 'spec.script'],
    ['a manifest in a text', { data: { 'pod.yaml': `spec:\n  containers: [{image: ${APP}:v1}]\n` } }, 'data.pod.yaml'],
    ['an annotation', { metadata: { name: 'a', annotations: { proxy: `${APP}:v1` } } }, 'metadata.annotations.proxy'],
    ['a list of images', { spec: { image: [`${APP}:v1`] } }, 'spec.image[0]'],
    ['an address of an artifact', { spec: { image: `oci://${APP}:v1` } }, 'spec.image'],
    ['the end of a sentence', { status: { message: `Waits for ${APP}:v1.` } }, 'status.message'],
    ['name and tag', { spec: { image: { repository: APP, tag: 'v1' } } }, 'spec.image'],
    [
      'registry, name and tag',
      { spec: { image: { registry: 'registry.example.com', repository: APP.slice(21), tag: 'v1' } } },
      'spec.image',
    ],
    ['what Argo CD fetches', { spec: { source: { repoURL: `oci://${APP}`, targetRevision: 'v1', path: '.' } } }, 'spec.source'],
    ['what Flux fetches, in another object', { spec: { a: [{ spec: { url: `oci://${APP}/`, ref: { tag: 'v1' } } }] } }, 'spec.a[0].spec'],
  ])('%s', ([, part, path]) => {
    expect(read(object(part))).toEqual([]);
    expect(mentioned(object(part))).toContain(`${APP}:v1 by in-use: Thing a (${path})`);
  });

  test('name and digest, a digest alone, and a registry by its address', () => {
    const parts = [
      { spec: { repository: APP, digest: DIGEST } },
      { spec: { was: DIGEST } },
      { spec: { a: `[::1]:5000/app:v1 [::1]:5000/app@${DIGEST}` } },
    ];
    expect(parts.flatMap((part) => mentioned(object(part)))).toEqual([
      `${APP}@${DIGEST} by in-use: Thing a (spec)`,
      `${DIGEST} by in-use: Thing a (spec.digest)`,
      `${DIGEST} by in-use: Thing a (spec.was)`,
      '[::1]:5000/app:v1 by in-use: Thing a (spec.a)',
      `[::1]:5000/app@${DIGEST} by in-use: Thing a (spec.a)`,
    ]);
  });

  test('each text once, and none that the object names in its place', () => {
    expect(mentioned(object({ spec: { package: `${APP}:v1` } }, { spec: { package: `${APP}:v1` } }))).toHaveLength(1);
    expect(mentioned(list(POD, DEPLOYMENT))).toEqual([]);
  });

  test('is no text without a tag and a digest, no address, no time, and nothing that kubectl has noted down of the past', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `{"image":"${APP}:v0"}` };
    const texts = [APP, `https://${APP}`, 'https://example.com:8443/', '2026-01-01T00:00:00Z', '10.0.0.0/8', 'http: //x', 'system:masters'];
    expect(mentioned(object({ metadata: { name: 'a', annotations }, spec: { texts } }))).toEqual([]);
  });

  test('a tag that is a number has lost what it was', () => {
    const text = `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {image: {repository: ${APP}, tag: 1.10}}\n`;
    expect(problems(text)).toEqual(['1: spec.image.tag is a tag that is not a text: put it in quotes, or leave the object out.']);
    expect(problems(text.replace('repository', 'size'))).toEqual([]);
  });
});

describe('what Flux runs from registries', () => {
  const repository = (spec: object, more: object = {}): object => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { namespace: 'flux-system', name: 'podinfo' },
    spec,
    ...more,
  });
  const chart = (spec: object, more: object = {}): object => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmChart',
    metadata: { namespace: 'flux-system', name: 'app' },
    spec: { chart: 'app', sourceRef: { kind: 'HelmRepository', name: 'charts' }, ...spec },
    ...more,
  });
  const charts = (spec: object, namespace = 'flux-system'): object => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { namespace, name: 'charts' },
    spec,
  });
  const OCI = charts({ type: 'oci', url: 'oci://registry.example.com/team/' });
  const url = 'oci://registry.example.com/team/app';
  const text = (...objects: readonly object[]): string => objects.map((object) => JSON.stringify(object)).join('\n');

  test.for<[what: string, objects: readonly object[], expected: readonly string[]]>([
    ['a tag', [repository({ url, ref: { tag: '24.9.0' } })], ['registry.example.com/team/app:24.9.0']],
    ['no tag', [repository({ url })], ['registry.example.com/team/app:latest']],
    [
      'a digest, which goes before a tag',
      [repository({ url, ref: { tag: 'v1', digest: DIGEST } })],
      [`registry.example.com/team/app@${DIGEST}`],
    ],
    [
      'a tag, and what it was when it was last fetched',
      [repository({ url, ref: { tag: 'v1' } }, { status: { artifact: { revision: `v1@${DIGEST}` } } })],
      ['registry.example.com/team/app:v1', DIGEST],
    ],
    [
      'a range, of which the cluster tells what it is now',
      [repository({ url, ref: { tag: 'v1', semver: '>= 1.0' } }, { status: { artifact: { revision: `1.2.0@${DIGEST}` } } })],
      [DIGEST],
    ],
    ['a chart', [chart({ version: '24.10.0' }), OCI], ['registry.example.com/team/app:24.10.0']],
    [
      'a chart that comes before its repository in another form',
      [OCI, chart({ version: '1.0.0+build.7' })],
      ['registry.example.com/team/app:1.0.0_build.7'],
    ],
    [
      'a chart that is not yet on the version that it shall have',
      [chart({ version: '2.0.0' }, { status: { artifact: { revision: '1.9.0' } } }), OCI],
      ['registry.example.com/team/app:2.0.0', 'registry.example.com/team/app:1.9.0'],
    ],
    [
      'a range of charts, of which the cluster tells what it is now',
      [chart({ version: '24.x' }, { status: { artifact: { revision: '24.10.0' } } }), OCI],
      ['registry.example.com/team/app:24.10.0'],
    ],
    [
      'a chart with files of values, whose generation Flux puts after the version that it has fetched',
      [chart({ version: '24.x', valuesFiles: ['a.yaml'] }, { status: { artifact: { revision: '24.10.0+3' } } }), OCI],
      ['24.10.0_3', 'v24.10.0', '24.10.0'].map((tag) => `registry.example.com/team/app:${tag}`),
    ],
    [
      'a version with a "v", which is a range that the version without it is in',
      [chart({ version: 'v24.10.0' }), OCI],
      ['v24.10.0', '24.10.0'].map((tag) => `registry.example.com/team/app:${tag}`),
    ],
    ['a chart of a repository with an index', [chart({ version: '1.0.0' }), charts({ url: 'https://charts.example.com' })], []],
    ['a chart of a Git repository', [chart({ version: '1.0.0', sourceRef: { kind: 'GitRepository', name: 'charts' } })], []],
  ])('%s', ([, objects, expected]) => {
    const images = understood(textFound('in-use', text(...objects))).map(({ image }) =>
      'digest' in image ? image.digest : image.reference.text,
    );
    expect(images).toEqual(expected);
  });

  test('says who names it, also in YAML and in a list of one kind', () => {
    expect(
      read(
        'apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata: {name: a}\nspec: {url: "oci://r.example.com/a"}\n',
      ),
    ).toEqual(['r.example.com/a:latest by in-use: OCIRepository a']);
    const { apiVersion: _, kind: __, ...item } = repository({ url }) as { apiVersion: string; kind: string };
    expect(read(JSON.stringify({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepositoryList', items: [item] }))).toEqual([
      'registry.example.com/team/app:latest by in-use: flux-system/OCIRepository podinfo',
    ]);
  });

  test.for<[what: string, objects: readonly object[], expected: RegExp]>([
    ['a number for a tag', [repository({ url, ref: { tag: 6 } })], /OCIRepository podinfo has a ref with a tag that is not a text/],
    ['a number for a range', [repository({ url, ref: { semver: 6 } })], /has a ref with a semver that is not a text/],
    ['a text for a ref', [repository({ url, ref: 'v1' })], /has a ref that is not a map/],
    ['a range', [repository({ url, ref: { semver: '24.x' } })], /OCIRepository podinfo names a range of versions/],
    ['a range of charts', [chart({ version: '24.x' }), OCI], /HelmChart app names a range of versions/],
    ['no version of a chart, which is the newest', [chart({}), OCI], /names a range of versions/],
    [
      'a chart whose repository is not there',
      [chart({ version: '1.0.0' })],
      /HelmRepository charts, which is not there: give both together/,
    ],
    [
      'a chart whose repository is in another namespace',
      [chart({ version: '1.0.0' }), charts({ type: 'oci', url: 'oci://r.example.com' }, 'x')],
      /not there/,
    ],
    ['no url', [repository({})], /has no url that begins with oci:/],
    ['a url that is not filled in', [repository({ url: 'oci://${REGISTRY}/app' })], /is a template that is not rendered/],
    ['one of a chart', [chart({ version: '1.0.0' }), charts({ type: 'oci', url: '${CHARTS}' })], /whose url begins neither with oci:/],
    ['one that may be of any kind', [chart({ version: '1.0.0' }), charts({ url: '${CHARTS}' })], /whose url begins neither with oci:/],
  ])('is refused where it is not told: %s', ([, objects, expected]) => {
    expect(problems(text(...objects))).toEqual([]);
    expect(() => read(text(...objects))).toThrow(
      expect.objectContaining({ code: 'IN_USE_INVALID', message: expect.stringMatching(expected) as string }),
    );
  });
});

describe('what is not understood is told in its place, and is never passed over', () => {
  const pod = (image: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      image: ${image}\n`;

  test.for<[what: string, text: string, expected: string | RegExp]>([
    [
      'a template that is not rendered',
      pod('"{{ .Values.image }}"'),
      '7: Pod a (container app): "{{ .Values.image }}" is a template that is not rendered',
    ],
    ['one without quotes', pod('{{ .Values.image }}'), /^7: a key must be text/],
    [
      'a variable that is not replaced',
      pod('team/app:${TAG}'),
      '7: Pod a (container app): "team/app:${TAG}" is a template that is not rendered',
    ],
    [
      'such a variable in another kind',
      'apiVersion: x/v1\nkind: Y\nmetadata: {name: a}\nspec: {image: "team/app:$(TAG)"}\n',
      '4: Y a (spec.image): "team/app:$(TAG)" is a template that is not rendered',
    ],
    [
      'a variable of a shell in another kind',
      'apiVersion: x/v1\nkind: Y\nmetadata: {name: a}\nspec: {image: "team/app:$TAG"}\n',
      '4: Y a (spec.image): "team/app:$TAG" is a template that is not rendered',
    ],
    [
      "a template of Flux's operator",
      'apiVersion: x/v1\nkind: Y\nmetadata: {name: a}\nspec: {image: "team/app:<< inputs.tag >>"}\n',
      '4: Y a (spec.image): "team/app:<< inputs.tag >>" is a template that is not rendered',
    ],
    ['no reference', pod('"Team/App"'), /^7: Pod a \(container app\): "Team\/App" is neither an image reference/],
    ['an image that is no text', pod('[a]'), /^1: .*image is not text/],
    ['a NUL byte', pod('"team/app:v1\\0"'), /^1: Pod a \(container app\): "team\/app:v1\\u0000" is neither an image reference/],
    ['a values file', 'image:\n  repository: team/app\n  tag: v1\n', /^1: not a Kubernetes object: it has no "apiVersion" and "kind"/],
    ['a chart', 'apiVersion: v2\nname: web\nversion: 1.0.0\n', /^1: not a Kubernetes object/],
    ['a list in YAML', '---\n- team/app:v1\n', /^2: not a Kubernetes object: expected a map/],
    ['an object in a list', list({ name: 'x' }), /^1: not a Kubernetes object/],
    ['a template of Helm', `{{- if .Values.on }}\n${pod('team/app:v1')}{{- end }}\n`, /^\d+: /],
    ['a key that stands twice', `${pod('team/app:v1')}      image: team/app:v2\n`, '8: "image" stands here twice, first in line 7'],
    ['the key __proto__', pod('team/app:v1').replace('metadata', '__proto__'), '3: unknown key "__proto__"'],
    [
      'a merge key',
      'x: &x {image: "team/app:v1"}\napiVersion: v1\nkind: Pod\nspec: {containers: [{<<: *x}]}\n',
      '4: "<<" merges nothing here, since YAML 1.2 has no merge keys: write out what it stands for',
    ],
    ['a tag', pod('!env IMAGE'), /^7: /],
    ['more than one document of which one is broken', `${WEB}---\nkind: [\n`, /^\d+: not valid YAML/],
    ['half of JSON', list(DEPLOYMENT).slice(0, -20), /: the text ends within the object that begins in line 1: it is not whole$/],
    ['half of a string', '{"kind": "Po', /^1: the text ends within the object that begins in line 1/],
    ['JSON with something after it', `${list(DEPLOYMENT)}\nError: the server went away\n`, /: not valid JSON: expected an object here$/],
    ['JSON with a comma too many', '{"apiVersion": "v1",\n"kind": "Pod",}', '2: not valid JSON'],
    ['a key that stands twice in JSON', '{"kind": "Pod", "spec": {"a": [{}],\n"\\u0061": 1}}', '2: "a" stands twice in one object'],
    ['JSON that is nested without end', `{"a":${'['.repeat(DEEP)}`, '1: nested more than 64 levels deep'],
    ['YAML that is nested without end', `kind: ${'['.repeat(DEEP)}`, /nested more than 64 levels deep$/],
  ])('%s', ([, text, expected]) => {
    const told = problems(text);
    if (typeof expected === 'string') expect(told).toEqual([expected]);
    else expect(told[0]).toMatch(expected);
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'IN_USE_INVALID' }));
  });

  test('a list without its objects', () => {
    expect(problems('{"apiVersion": "v1", "kind": "PodList", "items": null}')).toEqual([]);
    expect(problems('{"apiVersion": "v1", "kind": "PodList", "metadata": {}}')).toEqual([expect.stringMatching(/^1: a PodList without/)]);
    expect(problems('{"apiVersion": "v1", "kind": "List", "items": {}}')).toEqual([expect.stringMatching(/^1: a List without/)]);
    expect(problems('{"apiVersion": "x/v1", "kind": "AllowList", "metadata": {"name": "a"}, "spec": {}}')).toEqual([]);
  });

  test('a key __proto__ in JSON changes nothing, and hides nothing', () => {
    expect(read('{"apiVersion": "v1", "kind": "Pod", "__proto__": {"containers": [{"image": "team/app:v1"}]}}')).toEqual([
      'team/app:v1 by in-use: Pod (no name) (__proto__.containers[0].image)',
    ]);
  });

  test('aliases of aliases are not followed', () => {
    const bomb = [
      'apiVersion: v1',
      'kind: Pod',
      'a0: &a0 [x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 9 }, () => `*a${n}`).join(', ')}]`),
    ].join('\n');
    expect(problems(bomb)).toEqual([expect.stringMatching(/aliases stand for too much/)]);
  });

  test('YAML that would take too much memory is refused before it is read', () => {
    expect(() => problems(`kind: Pod\n#${' '.repeat(9 * 2 ** 20)}`)).toThrow(
      expect.objectContaining({ code: 'FILE', hint: expect.stringContaining('JSON') as string }),
    );
  });

  test('what may be a secret is not shown', () => {
    const text = 'apiVersion: v1\nkind: Secret\nstringData: {a: hunter2, a: hunter2}\n';
    expect(problems(text).join()).not.toContain('hunter2');
    expect(problems('{"stringData": {"a": "hunter2" "b"}}').join()).not.toContain('hunter2');
  });

  test.for<[string, object]>([
    ['a kustomization', { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', images: [] }],
    ['a transformer of kustomize', { apiVersion: 'builtin', kind: 'ImageTagTransformer', imageTag: { name: 'team/app', newTag: 'v1' } }],
    ['a release of Flux', { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', metadata: { name: 'web' } }],
    [
      'a kustomization of Flux that changes images',
      { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', spec: { images: [] } },
    ],
    [
      'an application of Argo CD of a chart',
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', spec: { sources: [{ chart: 'web' }] } },
    ],
    [
      'a set of these',
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', spec: { template: { spec: { source: { helm: {} } } } } },
    ],
    ['a chart of k3s', { apiVersion: 'helm.cattle.io/v1', kind: 'HelmChart' }],
    ['the values that k3s puts into a chart', { apiVersion: 'helm.cattle.io/v1', kind: 'HelmChartConfig' }],
    ['a list that an API server has refused', { apiVersion: 'v1', kind: 'Status', status: 'Failure', code: 403 }],
    ['a table', { apiVersion: 'meta.k8s.io/v1', kind: 'Table', rows: [{ cells: ['team/app:v1'] }] }],
    ['a list of metadata', { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadataList', items: [{ metadata: { name: 'web' } }] }],
  ])('what runs does not stand in %s', ([, object]) => {
    expect(problems(JSON.stringify(object))).toEqual([expect.stringMatching(/: give (?:what|the)/)]);
  });

  test('an artifact that Argo CD fetches is in use by its tag, its digest, or what the cluster tells of a range', () => {
    const application = (targetRevision: unknown, status: object = {}): string =>
      JSON.stringify({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: 'a' },
        spec: { source: { repoURL: 'oci://registry.example.com/team/app', path: '.', targetRevision } },
        status,
      });
    const images = (text: string): string[] => mentioned(text).map((line) => line.replace(/ by .*/, ''));
    expect(images(application('1.2.0'))).toEqual(['registry.example.com/team/app:1.2.0']);
    expect(images(application(DIGEST))).toContain(`registry.example.com/team/app@${DIGEST}`);
    expect(images(application('1.x', { sync: { revision: DIGEST } }))).toContain(DIGEST);
    for (const range of ['1.x', '>= 1.0', '1.*', '', undefined, 1.1])
      expect(problems(application(range))).toEqual([
        expect.stringMatching(/Application a does not tell which version of an artifact runs/),
      ]);
  });

  test('an application of Argo CD that applies a folder as it is says nothing of its own', () => {
    expect(read(JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', spec: { source: { path: 'shop' } } }))).toEqual(
      [],
    );
  });
});

describe('the form of a text', () => {
  test.for([
    'team/app:v1\n',
    `${DIGEST}\n`,
    '# kind: Pod\nteam/app:v1 # image: x\n',
    'localhost:5000/app\n',
    '  team/app:v1\n',
    '[::1]:5000/team/app:v1\n',
    '\ufeffteam/app:v1\n\ufeff# two files\n\ufeff\n',
  ])('is a list: %j', (text) => {
    expect(read(text)).toHaveLength(1);
  });

  test('nothing at all, and bytes that are no text, are a list', () => {
    expect(read('')).toEqual([]);
    expect(problems('\0\0\0')).toEqual([expect.stringMatching(/^1: neither an image reference/)]);
  });

  test('is YAML as soon as one line has a key and its value', () => {
    expect(problems('team/app:v1\nimage: team/web:v1\n')).toEqual([expect.not.stringContaining('neither an image reference')]);
  });

  test.for(['team/app:v1\nnginx:\n', 'nginx:\nteam/app:v1\n', 'team/app:v1\r\nregistry.example.com/team/web: # the tag?\r\n', 'nginx:'])(
    'is a list where a line has lost its tag, which is told in its place: %j',
    (text) => {
      expect(problems(text)).toEqual([expect.stringMatching(/^[12]: neither an image reference/)]);
    },
  );

  test.for(['kind:\n  Pod\n', 'images:\n- team/app:v1\n', 'a: # b\n\n  c: d\n', '---\n', '%YAML 1.2\n', '"kind": Pod\n'])(
    'is YAML: %j',
    (text) => {
      expect(problems(text).join()).not.toContain('neither an image reference');
    },
  );

  test('byte-order marks are read over in every form', () => {
    expect(read(`\ufeff${list(DEPLOYMENT)}\n\ufeff${list(DEPLOYMENT)}`)).toHaveLength(2);
    expect(read(`\ufeff${WEB}---\n\ufeff${WEB}`)).toHaveLength(2);
  });
});

test('a name that is no text changes nothing', () => {
  const odd = { toString: 1, valueOf: 1 };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: odd, namespace: odd },
    spec: { containers: [{ name: odd, image: 'team/app:v1' }] },
  };
  expect(read(JSON.stringify(pod))).toHaveLength(1);
});

test('a name cannot write to the terminal', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a\u001b[2J\nb' },
    spec: { containers: [{ name: 'app', image: 'team/app:v1' }] },
  };
  expect(read(JSON.stringify(pod))).toEqual(['team/app:v1 by in-use: Pod a b (container app)']);
});
