import { ToolError } from '../../diagnostics/tool-error.ts';
import { fields, type Fields } from '../fields.ts';

/** One image that a Kubernetes object names, as it is written there. */
export interface NamedImage {
  readonly image: string;
  /** Namespace (where the object tells one), kind, name and container: `shop/Deployment web (container app)`. */
  readonly where: string;
}

/** Lists of an object of every kind may lie in each other; nobody nests them deeper. */
const DEEPEST_LIST = 8;

/**
 * The images of one Kubernetes object: what it runs, and what it would run again. It is read by its shape, so that a custom resource with a
 * pod template in the usual place counts too:
 *
 * - a Pod (`spec`), and what has a pod template: `spec.template` (Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController,
 *   Job),
 *   `spec.jobTemplate.spec.template` (CronJob), `template` (PodTemplate), `data.spec.template` (ControllerRevision, whose data patches its
 *   owner);
 * - of each the containers, init containers, ephemeral containers and image volumes;
 * - of a Pod's status what its containers were started from, by name and by digest. What did not start yet has an empty `imageID`, which
 *   says nothing;
 * - the `items` of a List of any kind.
 *
 * An object without images is fine, and so is blank text, which stands where something else fills in the image. Throws `IN_USE_INVALID`
 * where there is something else than text in the place of an image, or else than a list in the place of containers: it may be the image
 * that must not go.
 */
export function imagesOfObject(object: unknown): NamedImage[] {
  return fromObject(object, { depth: 0 });
}

function fromObject(object: unknown, list: { readonly depth: number; readonly kind?: string }): NamedImage[] {
  const { kind, spec, template, data, status, items } = fields(object);
  const who = titleOf({ kind: list.kind, ...fields(object) });
  const patch = fields(fields(data)['spec']);
  const templates = [
    fields(spec)['template'],
    fields(fields(fields(spec)['jobTemplate'])['spec'])['template'],
    template,
    patch['template'],
  ];
  return [
    ...(Array.isArray(items) ? fromItems(items, kind, list.depth) : []),
    ...[spec, ...templates.map((each) => fields(each)['spec'])].flatMap((each) => fromPodSpec(fields(each), who)),
    ...fromPodStatus(fields(status), who),
  ];
}

/** What an object is called: `shop/Deployment web`. */
export function titleOf({ kind, metadata }: Fields): string {
  const { namespace, name: own, generateName } = fields(metadata);
  const place = namespace === undefined ? '' : `${name(namespace)}/`;
  return `${place}${name(kind ?? 'object')} ${name(own ?? generateName ?? '(no name)')}`;
}

/** In a list of one kind, such as PodList, an API server does not repeat the kind. */
function fromItems(items: readonly unknown[], kind: unknown, depth: number): NamedImage[] {
  if (depth === DEEPEST_LIST) throw new ToolError('IN_USE_INVALID', `A ${name(kind)} in more than ${DEEPEST_LIST} lists.`, { hint: HINT });
  const kindOfItems = typeof kind === 'string' && /.List$/.test(kind) ? kind.slice(0, -'List'.length) : undefined;
  return items.flatMap((item) => fromObject(item, { depth: depth + 1, ...(kindOfItems !== undefined && { kind: kindOfItems }) }));
}

const HINT = 'Check the object; nothing was planned.';

function fromPodSpec(spec: Fields, who: string): NamedImage[] {
  return [
    ...entries(spec, 'initContainers', who).flatMap((each) => image(each, 'image', `${who} (init container ${name(each['name'])})`)),
    ...entries(spec, 'containers', who).flatMap((each) => image(each, 'image', `${who} (container ${name(each['name'])})`)),
    ...entries(spec, 'ephemeralContainers', who).flatMap((each) =>
      image(each, 'image', `${who} (ephemeral container ${name(each['name'])})`),
    ),
    ...entries(spec, 'volumes', who).flatMap((each) => image(fields(each['image']), 'reference', `${who} (volume ${name(each['name'])})`)),
  ];
}

/** `image` is what the runtime calls it, `imageID` usually its digest, under whatever repository name it was pulled by. */
function fromPodStatus(status: Fields, who: string): NamedImage[] {
  const kinds = [
    ['initContainerStatuses', 'init container'],
    ['containerStatuses', 'container'],
    ['ephemeralContainerStatuses', 'ephemeral container'],
  ] as const;
  return kinds.flatMap(([key, what]) =>
    entries(status, key, who).flatMap((each) => {
      const where = `${who} (${what} ${name(each['name'])})`;
      // CRI-O may report an image's identifier without its kind.
      const digest = image(each, 'imageID', where).map((found) =>
        /^[0-9a-f]{64}$/.test(found.image) ? { ...found, image: `sha256:${found.image}` } : found,
      );
      return [...image(each, 'image', where), ...digest];
    }),
  );
}

function image(from: Fields, key: string, where: string): NamedImage[] {
  const value = from[key];
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string') throw new ToolError('IN_USE_INVALID', `${where}: ${key} is not text.`, { hint: HINT });
  const text = value.trim();
  return text === '' ? [] : [{ image: text, where }];
}

/** The objects of a list, which may be absent. */
function entries(from: Fields, key: string, who: string): Fields[] {
  const value = from[key];
  if (value === undefined || value === null) return [];
  const all = Array.isArray(value) ? value : [undefined];
  if (all.some((each) => typeof each !== 'object' || each === null))
    throw new ToolError('IN_USE_INVALID', `${who}: ${key} is not a list of objects.`, { hint: HINT });
  return all as Fields[];
}

function name(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '(no name)';
}
