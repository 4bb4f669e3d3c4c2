import { onTestFinished } from 'vitest';
import type { Clock } from '../../../../src/http/clock.ts';
import type { ClusterChoice } from '../../../../src/inuse/kubernetes/cluster-access.ts';
import { type KubernetesOptions, readKubernetes } from '../../../../src/inuse/kubernetes/read-kubernetes.ts';
import { type FakeApiServer, type FakeApiServerOptions, startFakeApiServer } from '../../../fakes/kubernetes/fake-api-server.ts';
import { folderWith } from '../../config/temporary-folder.ts';

/** A kubeconfig that `readKubernetes` finds nothing beside: its home is empty, its clock never waits. */
export async function read(choice: ClusterChoice, options: Partial<KubernetesOptions> = {}): ReturnType<typeof readKubernetes> {
  const { signal = new AbortController().signal } = options;
  return readKubernetes(choice, {
    env: {},
    home: '/nonexistent',
    userAgent: 'test',
    serviceAccount: '/nonexistent',
    clock: IMPATIENT,
    ...options,
    signal,
  });
}

/** Sleeps no time at all. */
const IMPATIENT: Clock = { now: Date.now, random: () => 0, sleep: () => Promise.resolve() };

/** An API server that is closed when the test ends. */
export async function withApiServer(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const server = await startFakeApiServer(options);
  onTestFinished(() => server.close());
  return server;
}

interface Entry {
  readonly server: string;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
}

/** The text of a kubeconfig with these contexts; the first is the current one. */
export function kubeconfigText(contexts: Readonly<Record<string, Entry>>): string {
  const entries = Object.entries(contexts);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entries.map(([name, { server, cluster }]) => ({ name: `${name}-cluster`, cluster: { server, ...cluster } })),
    users: entries.map(([name, { user = {} }]) => ({ name: `${name}-user`, user })),
    contexts: entries.map(([name]) => ({ name, context: { cluster: `${name}-cluster`, user: `${name}-user` } })),
    'current-context': entries[0]?.[0],
  });
}

/** A file with {@link kubeconfigText}, in a folder with these other files. */
export async function kubeconfigFile(
  contexts: Readonly<Record<string, Entry>>,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  return `${await folderWith({ ...files, config: kubeconfigText(contexts) })}/config`;
}

/** A Deployment, as the API lists it. */
export function deployment(namespace: string, name: string, image: unknown): Readonly<Record<string, unknown>> {
  return { metadata: { namespace, name }, spec: { template: { spec: { containers: [{ name: 'app', image }] } } } };
}

/** A Pod with one container, started from the image that `imageID` names. */
export function pod(namespace: string, name: string, image: string, imageID = ''): Readonly<Record<string, unknown>> {
  return {
    metadata: { namespace, name },
    spec: { containers: [{ name: 'app', image }] },
    status: { containerStatuses: [{ name: 'app', image, imageID }] },
  };
}
