import type { Manifest, RepositoryInventory } from '../domain/inventory.ts';
import { DAY_MS } from '../domain/time.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { PlanContext } from '../plan/planner.ts';
import type { Policy } from '../policy/policy.ts';
import { unbounded } from './unbounded.ts';
import { digestNumber } from './digest-number.ts';
import type { NextTags } from './next-tags.ts';
import type { Family, Push } from './push-family.ts';

/** From pushes that are closer together nobody can tell how often they come: somebody may have copied a whole repository. */
const SHORTEST = DAY_MS / 2;
/** Without pushes for so long, and for longer than ever between two of them, nobody can tell that they go on: a weekend has no pushes. */
const QUIET = 3 * DAY_MS;

/**
 * A policy that keeps the last ten leaves nothing to see of a hundred others that came in the same month. This finds the families
 * whose images are all younger than the time that is looked at, since the policy deletes older ones: they go on as often as they have come
 * since the first that is still there. Each is answered with the milliseconds after which it comes again.
 */
export function cutFamilies(
  families: readonly Family[],
  inventory: RepositoryInventory,
  policy: Policy,
  tags: NextTags,
  span: number,
  context: PlanContext,
): ReadonlyMap<Family, number> {
  const { now } = context;
  const asked = families.flatMap((family, index) => {
    const pushes = family.streams.flatMap((stream) => stream.pushes).toSorted((a, b) => a.time - b.time);
    const [first, last] = [pushes[0] as Push, pushes.at(-1) as Push];
    const longest = Math.max(QUIET, ...pushes.slice(1).map(({ time }, place) => time - (pushes[place] as Push).time));
    if (family.hasBefore || last.time - first.time < SHORTEST || now - last.time > longest) return [];
    // Of K pushes there are K-1 gaps in the time since the first.
    const period = Math.max(DAY_MS, ((now - first.time) * pushes.length) / (pushes.length - 1));
    const names = tags.earlier(first.node.ordinaryTags, span);
    return names && period < span ? [{ family, period, older: olderThan(first, names, now - span, index) }] : [];
  });
  if (asked.length === 0) return new Map();
  const manifests = [...inventory.manifests, ...asked.map(({ older }) => older)];
  const { repositories } = makePlan(
    { kind: 'Inventory', formatVersion: '1.0', takenAt: '', repositories: [{ ...inventory, manifests }] },
    unbounded({ ...context, policies: [policy] }),
  );
  const gone = new Set(
    repositories.flatMap(({ images }) => images.filter(({ action }) => action === 'delete').map(({ digest }) => digest)),
  );
  return new Map(asked.flatMap(({ family, period, older }) => (gone.has(older.digest) ? [[family, period]] : [])));
}

/** An image like this one, as it would have been pushed at another time: is it one that the policy takes? */
function olderThan({ node: { manifest } }: Push, names: readonly string[], time: number, index: number): Manifest {
  const at = new Date(time).toISOString();
  return {
    digest: digestNumber(index),
    mediaType: manifest.mediaType,
    size: manifest.size,
    children: [],
    tags: names,
    tagTimes: Object.fromEntries(names.map((tag) => [tag, at])),
    pushedAt: at,
    createdAt: at,
    ...(manifest.labels && { labels: manifest.labels }),
    ...(manifest.annotations && { annotations: manifest.annotations }),
    ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
    ...(manifest.platforms && { platforms: manifest.platforms }),
  };
}
