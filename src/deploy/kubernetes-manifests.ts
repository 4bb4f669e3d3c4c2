import {
  type Document,
  type Node,
  type Pair,
  parseAllDocuments,
  parseDocument,
  type Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { CONFIG_FILE, CREDENTIALS_FOLDER, type MountedConfig } from './mounted-config.ts';

/** What the manifests of a job are filled in with. */
export interface JobSettings {
  readonly kind: 'cronjob' | 'indexed-job';
  /** Of every object that they make. */
  readonly name: string;
  /** A namespace that is there; absent for one of its own, which is made. */
  readonly namespace?: string;
  /** The program's container image. */
  readonly image: string;
  /** Of a CronJob, as cron writes it; UTC. */
  readonly schedule?: string;
  /** Of an Indexed Job: how many shards the repositories are split into. */
  readonly shards?: number;
  /** As the program takes it, and in milliseconds. */
  readonly maxDuration: { readonly text: string; readonly ms: number };
  readonly maxDeletions?: string;
  /** A Secret that is there; absent for one that is made without values. */
  readonly secret?: string;
  /** The URL of a Pushgateway. */
  readonly pushMetrics?: string;
  readonly mounted: MountedConfig;
}

/** Reads a file of the package by its path from there. */
export type ReadTemplate = (path: string) => Promise<string>;

const OWN_NAMESPACE = 'regctl';
const FOLDER = 'src/deploy/kubernetes';
/** What the name of each object begins with in the files there. */
const TEMPLATE_NAME = /^regctl-prune/;
/** What a run needs after `--max-duration` for its deletions under way, report and journal, in milliseconds. */
const ENDING_MS = 10 * 60_000;
/** https, and the port on which API servers listen behind their service. */
const USUAL_PORTS = [443, 6443];

/** Everything that the job needs, as documents in the order in which they can be applied. */
export async function kubernetesManifests(job: JobSettings, read: ReadTemplate): Promise<string> {
  const { name, namespace = OWN_NAMESPACE, secret = name, mounted } = job;
  const documents = async (path: string): Promise<Document[]> =>
    parseAllDocuments(await read(path)).map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document as Document;
    });
  const only = async (path: string): Promise<Document> => (await documents(path))[0] as Document;
  const [own, given, storage, network, rbac, workload, pod] = await Promise.all([
    only(`${FOLDER}/namespace.yaml`),
    only(`${FOLDER}/secret.yaml`),
    documents(`${FOLDER}/storage.yaml`),
    only(`${FOLDER}/network-policy.yaml`),
    documents('src/inuse/kubernetes/rbac.yaml'),
    only(`${FOLDER}/${job.kind}.yaml`),
    only(`${FOLDER}/pod.yaml`),
  ]);
  fillRbac(rbac, name, namespace);
  fillStorage(storage, job);
  fillNetwork(network, job);
  fillSecret(given, name, namespace, mounted);
  fillPod(pod, job, secret);
  fillWorkload(workload, pod, job);
  const all = [
    ...(job.namespace === undefined ? [own] : []),
    ...rbac,
    configMap(name, mounted),
    ...(job.secret === undefined ? [given] : []),
    ...storage,
    network,
    workload,
  ];
  for (const document of all) {
    const kind = document.get('kind') as string;
    if (kind.startsWith('Cluster') || kind === 'Namespace') continue;
    if (kind !== 'PersistentVolumeClaim') document.setIn(['metadata', 'name'], name);
    document.setIn(['metadata', 'namespace'], namespace);
  }
  return all.map((document) => document.toString({ lineWidth: 140, flowCollectionPadding: false }).replace(/^---\n/, '')).join('---\n');
}

/** The account is the job's; the role is the same for all; the binding is of this account alone. */
function fillRbac(documents: readonly Document[], name: string, namespace: string): void {
  for (const document of documents) {
    if (document.get('kind') !== 'ClusterRoleBinding') continue;
    document.setIn(['metadata', 'name'], `regctl-in-use-${namespace}-${name}`);
    document.setIn(['subjects', 0, 'name'], name);
    document.setIn(['subjects', 0, 'namespace'], namespace);
  }
}

function configMap(name: string, { config, files }: MountedConfig): Document {
  const data = Object.fromEntries([[CONFIG_FILE, stringify(config)], ...files.map(({ name: file, text }) => [file, text])]);
  return parseDocument(stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }, { lineWidth: 0 })) as Document;
}

/** Pods of several nodes share the journals, so that the volume must allow it. */
function fillStorage(claims: readonly Document[], { name, kind }: JobSettings): void {
  for (const claim of claims) {
    const own = (claim.getIn(['metadata', 'name']) as string).replace(TEMPLATE_NAME, name);
    claim.setIn(['metadata', 'name'], own);
    if (kind === 'indexed-job') claim.setIn(['spec', 'accessModes', 0], 'ReadWriteMany');
  }
}

function fillNetwork(policy: Document, { name, mounted, pushMetrics }: JobSettings): void {
  policy.setIn(['spec', 'podSelector', 'matchLabels', 'app.kubernetes.io/instance'], name);
  const { registries } = mounted.config as { readonly registries: Readonly<Record<string, { readonly url: string }>> };
  const urls = [...Object.values(registries).map(({ url }) => url), ...(pushMetrics === undefined ? [] : [pushMetrics])];
  const ports = new Set([...USUAL_PORTS, ...urls.map(portOf)]);
  const nodes = [...ports].map((port) => flow(policy, { protocol: 'TCP', port }));
  policy.setIn(['spec', 'egress', 1, 'ports'], nodes);
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return Number(port || (protocol === 'http:' ? 80 : 443));
}

/** The words that give the Secret its values. */
function fillSecret(document: Document, name: string, namespace: string, { variables, credentialFiles }: MountedConfig): void {
  const keys = [...variables, ...credentialFiles];
  const patch = JSON.stringify({ stringData: Object.fromEntries(keys.map((key) => [key, '…'])) });
  // The comment above an object belongs to its first key.
  const [first] = (document.contents as YAMLMap<Scalar>).items as [Pair<Scalar>];
  first.key.commentBefore = `${first.key.commentBefore ?? ''}\n   kubectl -n ${namespace} patch secret ${name} -p '${patch}'`;
}

function fillPod(pod: Document, job: JobSettings, secret: string): void {
  const { name, mounted, kind } = job;
  const container = ['spec', 'containers', 0];
  pod.setIn(['metadata', 'labels', 'app.kubernetes.io/instance'], name);
  pod.setIn(['spec', 'serviceAccountName'], name);
  pod.setIn([...container, 'image'], job.image);
  pod.setIn([...container, 'args'], flow(pod, argumentsOf(job)));
  const env = pod.getIn([...container, 'env']) as YAMLSeq;
  for (const variable of mounted.variables)
    env.add(flow(pod, { name: variable, valueFrom: { secretKeyRef: { name: secret, key: variable, optional: true } } }));
  const volumes = pod.getIn(['spec', 'volumes']) as YAMLSeq<YAMLMap>;
  const mounts = pod.getIn([...container, 'volumeMounts']) as YAMLSeq<YAMLMap>;
  for (const volume of volumes.items) {
    const claim = volume.getIn(['persistentVolumeClaim', 'claimName']) as string | undefined;
    if (claim !== undefined) volume.setIn(['persistentVolumeClaim', 'claimName'], claim.replace(TEMPLATE_NAME, name));
    if (volume.get('name') === 'config') volume.setIn(['configMap', 'name'], name);
  }
  if (mounted.credentialFiles.length > 0) {
    const items = mounted.credentialFiles.map((file) => ({ key: file, path: file, mode: 0o440 }));
    mounts.add(flow(pod, { name: 'credentials', mountPath: CREDENTIALS_FOLDER, readOnly: true }) as YAMLMap);
    volumes.add(pod.createNode({ name: 'credentials', secret: { secretName: secret, optional: true, items } }) as YAMLMap);
  }
  // Each share has a cache of its own, which nobody else writes to.
  if (kind === 'indexed-job') mounts.items.find((mount) => mount.get('name') === 'cache')?.set('subPathExpr', '$(JOB_COMPLETION_INDEX)');
}

function argumentsOf({ kind, shards, maxDuration, maxDeletions, pushMetrics }: JobSettings): string[] {
  return [
    'prune',
    '--apply',
    ...(kind === 'indexed-job' ? ['--shard', `/${shards}`] : []),
    '--max-duration',
    maxDuration.text,
    ...(maxDeletions === undefined ? [] : ['--max-deletions', maxDeletions]),
    ...(pushMetrics === undefined ? [] : ['--push-metrics', pushMetrics]),
  ];
}

function fillWorkload(workload: Document, pod: Document, { kind, schedule, shards, maxDuration }: JobSettings): void {
  const spec = kind === 'cronjob' ? ['spec', 'jobTemplate', 'spec'] : ['spec'];
  if (schedule !== undefined) workload.setIn(['spec', 'schedule'], schedule);
  if (shards !== undefined) for (const key of ['completions', 'parallelism']) workload.setIn(['spec', key], shards);
  workload.setIn([...spec, 'activeDeadlineSeconds'], Math.ceil((maxDuration.ms + ENDING_MS) / 1000));
  workload.setIn([...spec, 'template'], pod.contents);
}

/** A value that is written on one line, as its neighbours are. */
function flow(document: Document, value: unknown): Node {
  return document.createNode(value, { flow: true });
}
