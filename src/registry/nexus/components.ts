import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ImageTags } from '../../distribution/image-tags.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { asList, asObject } from '../../domain/json.ts';
import type { NexusClient } from './client.ts';
import { browsePrivilege, type Component, componentOf } from './component.ts';
import type { NexusRepository } from './nexus-repositories.ts';
import type { Place } from './routing.ts';

/** The tags of each image of a Nexus repository. */
type Images = Map<string, ImageTags<Component>>;

/** A list for plans: what was taken of it is not kept any longer. */
interface Planned {
  readonly images: Promise<Images>;
  readonly taken: Set<string>;
}

/**
 * The tags of images. Nexus lists them by its own repositories alone, with all the images in one, so that a list is read once for all
 * images that are asked about. The search of Nexus would find those of one image, but its index may lag behind.
 */
export class Components {
  readonly #client: NexusClient;
  readonly #planned = new Map<string, Planned>();
  readonly #current = new Map<string, Promise<Images>>();

  constructor(client: NexusClient) {
    this.#client = client;
  }

  /** The names of all images in a Nexus repository, by a list that {@link take} then uses. */
  async images(hosted: NexusRepository): Promise<string[]> {
    const planned = this.#plan(hosted);
    return [...(await planned.images).keys()];
  }

  /** The tags of an image, by name, for a plan. What is asked for again is read anew. */
  async take({ hosted, image }: Place, repository: string): Promise<ImageTags<Component>> {
    const known = this.#planned.get(hosted.name);
    const planned = known && !known.taken.has(image) ? known : this.#plan(hosted);
    planned.taken.add(image);
    const images = await this.#for(repository, planned.images);
    const components = images.get(image) ?? new ImageTags<Component>();
    images.delete(image);
    return components;
  }

  /** The tags of an image as they were when they were first asked for, to be looked at and deleted one by one. */
  async current({ hosted, image }: Place, repository: string): Promise<ImageTags<Component>> {
    let images = this.#current.get(hosted.name);
    if (!images) {
      images = this.#list(hosted);
      this.#current.set(hosted.name, images);
      const listed = images;
      images.catch(() => this.#drop(hosted, listed));
    }
    const all = await this.#for(repository, images);
    let components = all.get(image);
    if (!components) all.set(image, (components = new ImageTags<Component>()));
    return components;
  }

  /** The same from a new list. `before` is what was not enough: where somebody has renewed it meanwhile, that list serves. */
  async renewed(place: Place, repository: string, before: ImageTags<Component>): Promise<ImageTags<Component>> {
    const now = await this.current(place, repository);
    if (now !== before) return now;
    this.#current.delete(place.hosted.name);
    return this.current(place, repository);
  }

  #plan(hosted: NexusRepository): Planned {
    const planned = { images: this.#list(hosted), taken: new Set<string>() };
    this.#planned.set(hosted.name, planned);
    planned.images.catch(() => {
      if (this.#planned.get(hosted.name) === planned) this.#planned.delete(hosted.name);
    });
    return planned;
  }

  #drop({ name }: NexusRepository, images: Promise<Images>): void {
    if (this.#current.get(name) === images) this.#current.delete(name);
  }

  async #list(hosted: NexusRepository): Promise<Images> {
    const { name } = hosted;
    const doing = `list the components of the Nexus repository ${name} of ${this.#client.name}`;
    const call = { doing, privilege: browsePrivilege(hosted), path: '/v1/components' };
    const images: Images = new Map();
    const ids = new Set<string>();
    const bounds = new ListBounds(doing);
    let token: string | undefined;
    do {
      const query = { repository: name, ...(token !== undefined && { continuationToken: token }) };
      const json = await this.#client.getObject({ ...call, query });
      const listed = 'items' in json ? asList(json['items']) : undefined;
      if (!listed) throw badAnswer(doing, 'the answer is not a list of components');
      for (const entry of listed) {
        const object = asObject(entry);
        if (!object) throw badAnswer(doing, 'it lists something that is not a component');
        if (typeof object['id'] === 'string') ids.add(object['id']);
        const component = componentOf(object, doing);
        if (!component) continue;
        let tags = images.get(component.image);
        if (!tags) images.set(component.image, (tags = new ImageTags<Component>()));
        tags.add(component);
      }
      bounds.check(ids.size);
      const next = json['continuationToken'] ?? undefined;
      if (next !== undefined && (typeof next !== 'string' || next === ''))
        throw badAnswer(doing, 'the pages of the list do not lead to its end');
      if (next !== undefined) bounds.next(next);
      token = next;
    } while (token !== undefined);
    return images;
  }

  /** The list serves many repositories, and an error must name the one that it was read for. */
  async #for(repository: string, images: Promise<Images>): Promise<Images> {
    try {
      return await images;
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const { code, message, hint, transient } = error;
      throw new ToolError(code, `Cannot read the tags of ${this.#client.label(repository)}: ${lowered(message)}`, {
        hint,
        transient,
        cause: error,
      });
    }
  }
}

function lowered(sentence: string): string {
  return sentence.startsWith('Cannot ') ? `c${sentence.slice(1)}` : sentence;
}
