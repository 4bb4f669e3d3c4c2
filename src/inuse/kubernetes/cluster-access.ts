import { access } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js';
import { didYouMean } from '../../diagnostics/nearest.ts';
import { isNotThere } from '../../diagnostics/system-error.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Kubeconfig, readKubeconfig } from './kubeconfig.ts';

/** Where a cluster is, and who we are there. */
export interface ClusterAccess {
  /** The context's name, or `in-cluster`. */
  readonly name: string;
  readonly cluster: Cluster;
  readonly user: User;
}

/** Which clusters are read, as the config says. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly contexts?: readonly string[];
}

/** Where kubeconfigs and the service account of a pod are found. */
export interface Surroundings {
  /** Where KUBECONFIG and, in a pod, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Folder of the pod's service account. */
  readonly serviceAccount: string;
}

/**
 * The clusters of the named contexts, or of the current one; of the kubeconfig that is named, or that KUBECONFIG or the home folder has.
 * Without any, the cluster that this runs in. Throws `FILE` where there is none of these, and `CONFIG_INVALID` for a context that is not in
 * the kubeconfig, or not whole.
 */
export async function findClusters({ kubeconfig, contexts }: ClusterChoice, surroundings: Surroundings): Promise<ClusterAccess[]> {
  const files = kubeconfig === undefined ? await usualFiles(surroundings) : [kubeconfig];
  if (files.length === 0) return [await inCluster(surroundings, contexts)];
  const config = await readKubeconfig(files);
  const names = contexts ?? (config.currentContext === undefined ? [] : [config.currentContext]);
  if (names.length === 0) {
    throw new ToolError('CONFIG_INVALID', `The kubeconfig ${config.files} has no current context.`, {
      hint: 'Name the contexts in the config: inUse: [{kubernetes: {contexts: [...]}}].',
    });
  }
  return [...new Set(names)].map((name) => clusterOf(config, name));
}

/** Those of KUBECONFIG that are there, as kubectl does, but not none of them; or the one in the home folder. */
async function usualFiles({ env, home }: Surroundings): Promise<string[]> {
  const named = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  const candidates = named.length > 0 ? named : [path.join(home, '.kube', 'config')];
  const there: string[] = [];
  for (const file of candidates) if (await exists(file)) there.push(file);
  if (named.length > 0 && there.length === 0) {
    throw new ToolError('FILE', `KUBECONFIG names ${named.join(', ')}, which cannot be read.`, {
      hint: 'Correct or unset it, or name a kubeconfig in the config.',
    });
  }
  return there;
}

function clusterOf({ contexts, clusters, users, files }: Kubeconfig, name: string): ClusterAccess {
  const hint = 'Correct the context; `kubectl config get-contexts` lists them.';
  const context = contexts.find((each) => each.name === name);
  if (!context) {
    const names = contexts.map((each) => each.name);
    throw new ToolError(
      'CONFIG_INVALID',
      `The kubeconfig ${files} has no context ${name}${didYouMean(name, names)}` +
        `${names.length === 0 ? '' : ` (it has ${names.join(', ')})`}.`,
      { hint },
    );
  }
  const cluster = clusters.find((each) => each.name === context.cluster);
  if (!cluster)
    throw new ToolError('CONFIG_INVALID', `The context ${name} in ${files} names the cluster ${context.cluster}, which is not there.`, {
      hint,
    });
  // The library's types say that every context has a user; without one, we are nobody in particular.
  const wanted = context.user as string | undefined;
  const user = wanted === undefined ? { name: '' } : users.find((each) => each.name === wanted);
  if (!user)
    throw new ToolError('CONFIG_INVALID', `The context ${name} in ${files} names the user ${wanted}, which is not there.`, { hint });
  if (!URL.canParse(cluster.server) || !/^https?:/.test(cluster.server))
    throw new ToolError('CONFIG_INVALID', `The server of the cluster ${cluster.name} in ${files} is not a web address.`, { hint });
  return { name, cluster, user };
}

/** Its token is short-lived and written anew: it is read again while it is used. */
async function inCluster({ env, home, serviceAccount }: Surroundings, contexts: ClusterChoice['contexts']): Promise<ClusterAccess> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const tokenFile = path.join(serviceAccount, 'token');
  const inPod = host !== '' && (await exists(tokenFile));
  if (!inPod || contexts) {
    const why = contexts ? `to find ${contexts.join(', ')} in` : 'and this is not a pod with a service account';
    throw new ToolError(
      'FILE',
      `There is no kubeconfig ${why}: name one in the config or in KUBECONFIG, or put it at ${path.join(home, '.kube', 'config')}.`,
      {
        hint: 'In a pod, leave out "contexts" and give the pod a ServiceAccount that may list what src/inuse/README.md names.',
      },
    );
  }
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  return {
    name: 'in-cluster',
    cluster: {
      name: 'in-cluster',
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      caFile: path.join(serviceAccount, 'ca.crt'),
      skipTLSVerify: false,
    },
    user: { name: 'service account', authProvider: { name: 'tokenFile', config: { tokenFile } } },
  };
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    // A file that is there and may not be read is an error where it is read, not a reason to look elsewhere.
    return !isNotThere(error);
  }
}
