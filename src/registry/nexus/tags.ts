import { resolveTag as resolveByRegistry } from '../../distribution/tags.ts';
import type { Digest } from '../../domain/digest.ts';
import type { NexusClient } from './client.ts';
import { type Component, findComponent } from './component.ts';
import type { Components } from './components.ts';
import type { Place, Routing } from './routing.ts';

/** What looks for tags. */
export interface TagSource {
  readonly client: NexusClient;
  readonly routing: Routing;
  readonly components: Components;
}

/**
 * The digest that a tag points to now; undefined if there is no such tag. Asked of the REST API by the tag's component. A tag without one
 * that is known was pushed a moment ago: `/v2` tells of it, which counts as its download.
 */
export async function resolveTag(source: TagSource, repository: string, tag: string): Promise<Digest | undefined> {
  const place = await source.routing.place(repository);
  const known = (await source.components.current(place, repository)).get(tag);
  const now = known && (await readAgain(source, place, repository, known));
  return now ? now.digest : resolveByRegistry(source.client.oci, repository, tag);
}

/** A component as it is now; undefined where it is not there any more, and its tag perhaps under another id. */
export async function readAgain({ client }: TagSource, place: Place, repository: string, known: Component): Promise<Component | undefined> {
  const doing = `read the tag ${client.label(repository, known.tag)}`;
  const now = await findComponent(client, known.id, doing, place.hosted);
  return now?.image === known.image && now.tag === known.tag ? now : undefined;
}
