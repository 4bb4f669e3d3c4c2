import { fields, type Fields } from './fields.ts';

/** Where Flux has the objects that name charts and artifacts of registries. */
export const FLUX_GROUP = 'source.toolkit.fluxcd.io';

/** An image that an object of Flux names, as a reference or a digest; or why it does not tell one, a sentence without its subject. */
export type FluxImage<Place> = { readonly object: FluxObject<Place> } & ({ readonly image: string } | { readonly problem: string });

/** An object of Flux, and where it stands. */
export interface FluxObject<Place> {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly spec: Fields;
  readonly status: Fields;
  readonly place: Place;
}

/** One version, and no range of them. Flux asks a registry for the tag of that name. */
const VERSION = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * What Flux runs from registries, beside the images of pods: an `OCIRepository` names it with a tag, a digest or a range of versions, a
 * `HelmChart` together with the `HelmRepository` that it is from. So all objects are gathered first, and understood together.
 *
 * Sources: the API references of OCIRepository, HelmRepository and HelmChart (source-controller).
 */
export class FluxSources<Place> {
  readonly #objects: FluxObject<Place>[] = [];

  /** Takes an object that is one of Flux's sources. False of any other. */
  add(object: Fields, place: Place): boolean {
    const { apiVersion, kind } = object;
    if (String(apiVersion).split('/')[0] !== FLUX_GROUP || typeof kind !== 'string') return false;
    const { namespace, name } = fields(object['metadata']);
    this.#objects.push({
      kind,
      namespace: typeof namespace === 'string' ? namespace : undefined,
      name: typeof name === 'string' ? name : '(no name)',
      spec: fields(object['spec']),
      status: fields(object['status']),
      place,
    });
    return true;
  }

  /** The images that all objects name together, and what cannot be understood. */
  images(): FluxImage<Place>[] {
    return this.#objects.flatMap((object): FluxImage<Place>[] => {
      const told = object.kind === 'OCIRepository' ? ofRepository(object) : object.kind === 'HelmChart' ? this.#ofChart(object) : [];
      return typeof told === 'string' ? [{ object, problem: told }] : told.map((image) => ({ object, image }));
    });
  }

  #ofChart(chart: FluxObject<Place>): string[] | string {
    const { kind = 'HelmRepository', name } = fields(chart.spec['sourceRef']);
    // A chart of a Git repository or a bucket comes from no registry.
    if (kind !== 'HelmRepository') return [];
    const repositories = this.#objects.filter(
      (each) =>
        each.kind === 'HelmRepository' &&
        each.name === name &&
        (each.namespace === chart.namespace || each.namespace === undefined || chart.namespace === undefined),
    );
    const from = `is a chart of the HelmRepository ${String(name)}`;
    if (repositories.length === 0) return `${from}, which is not there: give both together`;
    if (!isText(chart.spec['chart'])) return 'names no chart';
    const urls: string[] = [];
    for (const { spec } of repositories) {
      const url = ociUrl(spec);
      if (url !== undefined) urls.push(url);
      else if (spec['type'] === 'oci' || !/^https?:/.test(String(spec['url'])))
        return `${from}, whose url begins neither with oci:// nor with https://`;
    }
    if (urls.length === 0) return [];
    const revision = fields(chart.status['artifact'])['revision'];
    const versions = [...[chart.spec['version']].filter(isVersion).flatMap(written), ...[revision].filter(isVersion).flatMap(fetched)];
    if (versions.length === 0) return `names a range of versions, and not the one that runs: give its version${AS_IN_CLUSTER}`;
    // Tags have no "+"; Helm writes "_" for it.
    const tags = [...new Set(versions)].map((version) => version.replace('+', '_'));
    return urls.flatMap((url) => tags.map((tag) => `${url}/${chart.spec['chart'] as string}:${tag}`));
  }
}

const AS_IN_CLUSTER = ', or the object as the cluster has it, whose status tells that';

function ofRepository({ spec, status }: FluxObject<unknown>): string[] | string {
  const url = ociUrl(spec);
  if (url === undefined) return 'has no url that begins with oci://';
  const ref = fields(spec['ref']);
  if (isGiven(spec['ref']) && ref !== spec['ref']) return 'has a ref that is not a map with a tag, a digest or a range of versions';
  // A tag such as 6 without quotes is a number in YAML, and who passes it over takes "latest" for what runs.
  const wrong = ['tag', 'digest', 'semver'].find((key) => isGiven(ref[key]) && typeof ref[key] !== 'string');
  if (wrong !== undefined) return `has a ref with a ${wrong} that is not a text: put it in quotes`;
  const { tag, digest, semver } = ref;
  const now = /(?:sha256:|\/)([0-9a-f]{64})$/.exec(String(fields(status['artifact'])['revision']))?.[1];
  const running = now === undefined ? [] : [`sha256:${now}`];
  if (isText(digest)) return [`${url}@${digest}`, ...running];
  if (!isText(semver)) return [`${url}:${isText(tag) ? tag : 'latest'}`, ...running];
  return running.length > 0 ? running : `names a range of versions, and not the one that runs: give a tag or a digest${AS_IN_CLUSTER}`;
}

/** What stands after `oci://`; undefined of a URL of another kind, such as that of a chart repository with an index. */
function ociUrl({ url }: Fields): string | undefined {
  return typeof url === 'string' ? /^oci:\/\/(.+?)\/*$/.exec(url.trim())?.[1] : undefined;
}

/** A version with a "v" is taken for a range, which the same version without it is in. */
function written(version: string): string[] {
  return version.startsWith('v') ? [version, version.slice(1)] : [version];
}

/**
 * What the chart of a revision may be called in its registry: where a chart is given files of values, Flux drops a "v" and puts the
 * generation of the object after "+" (HelmChart, "Artifact").
 */
function fetched(revision: string): string[] {
  const [version = ''] = revision.split('+');
  return version === revision ? written(revision) : [...written(revision), ...written(`v${version.replace(/^v/, '')}`)];
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && VERSION.test(value);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
