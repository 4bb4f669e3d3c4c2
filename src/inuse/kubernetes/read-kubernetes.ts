import type { InUseImage } from '../../domain/in-use.ts';
import { printable } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Clock } from '../../http/clock.ts';
import { createHttpClient } from '../../http/create-http-client.ts';
import type { HttpTrace } from '../../http/http-trace.ts';
import { FLUX_GROUP } from '../flux-sources.ts';
import type { ApiServer } from './api-server.ts';
import { type ClusterAccess, type ClusterChoice, findClusters } from './cluster-access.ts';
import { clusterCredentials } from './cluster-credentials.ts';
import { FoundImages } from './found-images.ts';
import { fluxWorkloads } from './flux-workloads.ts';
import { ListForbidden, listWorkloads } from './list-workloads.ts';
import { type Workload, WORKLOADS } from './workloads.ts';

export interface KubernetesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** Called with each try of a request. */
  readonly onTrace?: (trace: HttpTrace) => void;
  /** Nothing may run. */
  readonly mayBeEmpty?: boolean | undefined;
  /** For tests. */
  readonly serviceAccount?: string;
  readonly pageSize?: number;
  readonly clock?: Clock;
}

/** Where the kubelet puts a pod's service account. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const PAGE_SIZE = 500;
const SHOWN_MISTAKES = 20;

/**
 * Everything that the clusters run or would run again. Of the many that run one image, one is named: the first by its text, so that the
 * answer is the same whatever the order, and no longer than there are images.
 *
 * Throws `IN_USE_INVALID` for images that cannot be understood, with all of them; else one error with everything that could not be read, by
 * cluster and resource: `AUTH` (with the missing permission), `UNREACHABLE`, `REGISTRY_ERROR`, `BAD_RESPONSE` (also where one of several
 * clusters runs nothing), `FILE`; `CONFIG_INVALID` for a kubeconfig that makes no sense.
 */
export async function readKubernetes(choice: ClusterChoice, options: KubernetesOptions): Promise<InUseImage[]> {
  const { env, home, serviceAccount = SERVICE_ACCOUNT, mayBeEmpty = false } = options;
  const images: InUseImage[] = [];
  const mistakes: string[] = [];
  const failures: ToolError[] = [];
  const clusters = await findClusters(choice, { env, home, serviceAccount });
  for (const access of clusters) {
    const called = `cluster ${printable(access.name)}`;
    const found = new FoundImages(called);
    try {
      await readCluster(access, called, found, options);
      // Of a single one, whoever asked tells.
      const isEmpty = found.mistakes.length === 0 && found.images.every(({ mentioned }) => mentioned);
      if (isEmpty && clusters.length > 1 && !mayBeEmpty) failures.push(runsNothing(called));
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof ToolError) || error.code === 'CONFIG_INVALID') throw error;
      failures.push(error);
    }
    for (const image of found.images) images.push(image);
    mistakes.push(...found.mistakes);
  }
  if (mistakes.length > 0) {
    const more = mistakes.length > SHOWN_MISTAKES ? [`… and ${mistakes.length - SHOWN_MISTAKES} more`] : [];
    throw new ToolError('IN_USE_INVALID', [...mistakes.slice(0, SHOWN_MISTAKES), ...more].join('\n'), {
      hint: 'Correct or delete these objects. Nothing was planned.',
    });
  }
  const [first] = failures;
  if (first) throw new ToolError(first.code, failures.map(({ message }) => message).join(' '), { hint: first.hint, cause: first.cause });
  return images;
}

function runsNothing(called: string): ToolError {
  return new ToolError('BAD_RESPONSE', `${called} names no image. Where nothing may run there, make it a source with "mayBeEmpty: true".`, {
    hint: 'Check that it is the cluster that is meant.',
  });
}

async function readCluster(access: ClusterAccess, called: string, found: FoundImages, options: KubernetesOptions): Promise<void> {
  const { env, userAgent, signal, onTrace, pageSize = PAGE_SIZE, clock } = options;
  const { headers, tls } = await clusterCredentials(access, signal);
  const { server, proxyUrl } = access.cluster;
  const http = createHttpClient({
    userAgent,
    env,
    signal,
    tls,
    ...(onTrace && { onTrace }),
    ...(proxyUrl && { proxy: proxyUrl }),
    ...(clock && { clock }),
  });
  try {
    await readLists({ called, url: server.replace(/\/+$/, ''), http, headers, pageSize }, found);
  } finally {
    await http.close();
  }
}

/**
 * One list after the other, so that one page at a time is in memory. Every list that may not be read is named; any other failure ends the
 * cluster.
 */
async function readLists(server: ApiServer, found: FoundImages): Promise<void> {
  const forbidden: Workload[] = [];
  for (const workload of [...WORKLOADS, ...(await fluxWorkloads(server))]) {
    try {
      for await (const { items } of listWorkloads(server, workload)) {
        for (const item of items) {
          if (workload.group === FLUX_GROUP) found.addFlux({ ...(item as object), apiVersion: workload.group, kind: workload.kind });
          else found.add({ ...(item as object), kind: workload.kind });
        }
      }
    } catch (error) {
      if (!(error instanceof ListForbidden)) throw error;
      forbidden.push(...error.workloads);
    }
  }
  if (forbidden.length > 0) throw new ListForbidden(server.called, forbidden);
  found.addFluxImages();
}
