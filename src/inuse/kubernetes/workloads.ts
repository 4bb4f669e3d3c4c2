import { FLUX_GROUP } from '../flux-sources.ts';

/** One kind of object that names images, as the API lists it. */
export interface Workload {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
}

const apps = (resource: string, kind: string): Workload => ({ group: 'apps', version: 'v1', resource, kind });
const batch = (resource: string, kind: string): Workload => ({ group: 'batch', version: 'v1', resource, kind });
const core = (resource: string, kind: string): Workload => ({ group: '', version: 'v1', resource, kind });

/**
 * What a cluster runs, and what would bring an image back: `kubectl rollout undo` takes a ReplicaSet with zero replicas or a
 * ControllerRevision. Owners stand before what they make: whatever is made while the lists are read is in a list that is read later. The
 * ClusterRole in `rbac.yaml` is for exactly these and Flux's.
 */
export const WORKLOADS: readonly Workload[] = [
  batch('cronjobs', 'CronJob'),
  batch('jobs', 'Job'),
  apps('deployments', 'Deployment'),
  apps('statefulsets', 'StatefulSet'),
  apps('daemonsets', 'DaemonSet'),
  apps('replicasets', 'ReplicaSet'),
  apps('controllerrevisions', 'ControllerRevision'),
  core('replicationcontrollers', 'ReplicationController'),
  core('podtemplates', 'PodTemplate'),
  core('pods', 'Pod'),
];

/**
 * What Flux runs from registries, in a cluster that has Flux; the version is the one that the cluster serves. A chart stands before its
 * repository.
 */
export const FLUX_WORKLOADS: readonly Omit<Workload, 'version'>[] = [
  { group: FLUX_GROUP, resource: 'ocirepositories', kind: 'OCIRepository' },
  { group: FLUX_GROUP, resource: 'helmcharts', kind: 'HelmChart' },
  { group: FLUX_GROUP, resource: 'helmrepositories', kind: 'HelmRepository' },
];

/** The path of a list over all namespaces. */
export function listPath({ group, version, resource }: Workload): string {
  return `${group === '' ? '/api' : `/apis/${group}`}/${version}/${resource}`;
}
