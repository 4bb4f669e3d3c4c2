import { isDigest } from '../domain/digest.ts';
import { isTag } from '../domain/tag.ts';
import { fields, type Fields } from './fields.ts';

/**
 * Why an object does not tell the images that will run: it is input of a program that changes or makes others. Undefined of one that is
 * what it says.
 *
 * Sources: the reference of `kustomization.yaml` (kustomize), the HelmRelease and Kustomization APIs of Flux, the Application API of Argo
 * CD, the HelmChart and HelmChartConfig APIs of k3s; Status, Table and PartialObjectMetadata of Kubernetes (meta/v1).
 */
export function unrenderedBy(object: Fields): string | undefined {
  const { apiVersion, kind } = object;
  const group = String(apiVersion).split('/')[0];
  const spec = fields(object['spec']);
  const said = ANSWERS[String(kind)];
  if (said !== undefined && ['v1', 'meta.k8s.io'].includes(group ?? '')) return said;
  // What generates or changes objects for kustomize is of the group "builtin".
  if (group === 'kustomize.config.k8s.io' || group === 'builtin') return 'changes images of other files: give what kustomize builds of it';
  if (group === 'helm.toolkit.fluxcd.io' && kind === 'HelmRelease') return CHART;
  if (group === 'helm.cattle.io' && (kind === 'HelmChart' || kind === 'HelmChartConfig')) return CHART;
  if (group === 'kustomize.toolkit.fluxcd.io' && ['images', 'patches', 'postBuild', 'components'].some((key) => spec[key] !== undefined)) {
    return 'changes images of other files: give what Flux builds of it';
  }
  if (group !== 'argoproj.io' || (kind !== 'Application' && kind !== 'ApplicationSet')) return undefined;
  const application = kind === 'Application' ? spec : fields(fields(spec['template'])['spec']);
  const sources = [application['source'], ...(Array.isArray(application['sources']) ? application['sources'] : [])].map(fields);
  if (sources.some((source) => ['chart', 'helm', 'kustomize', 'plugin'].some((key) => source[key] !== undefined))) return CHART;
  return sources.some(isRange) && !isDigest(fields(fields(object['status'])['sync'])['revision']) ? RANGE : undefined;
}

/** True of an artifact of a registry whose tag is not told: Argo CD takes a range of versions too. */
function isRange({ repoURL, targetRevision }: Fields): boolean {
  if (typeof repoURL !== 'string' || !repoURL.startsWith('oci://')) return false;
  if (typeof targetRevision !== 'string') return true;
  return !isDigest(targetRevision) && (!isTag(targetRevision) || /(?:^|\.)x(?:\.|$)/i.test(targetRevision));
}

const RANGE = 'does not tell which version of an artifact runs: give its tag or digest in quotes, or the object as the cluster has it';

/** What an API server answers in place of the objects that it was asked for. */
const ANSWERS: Readonly<Record<string, string>> = {
  Status: 'is an error of the API server, or what it says of something else that was done: give the objects that were asked for',
  Table: 'shows objects without their images: give what is printed with -o json or -o yaml',
  PartialObjectMetadata: 'is an object without its images: give the whole one',
};

const CHART = 'is made into other objects, and their images do not stand here: give what is rendered of it';
