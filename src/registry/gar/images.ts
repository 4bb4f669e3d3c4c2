import { badAnswer } from '../../distribution/answer-errors.ts';
import type { Digest } from '../../domain/digest.ts';
import type { GarClient } from './client.ts';
import { type DockerImage, readDockerImage } from './docker-image.ts';
import { repositoryResource, type WholeImageName } from './image-name.ts';
import { pages } from './pages.ts';

/** The images of each package of a repository. */
type Listing = Map<string, readonly DockerImage[]>;

export interface ImagesOptions {
  readonly signal?: AbortSignal | undefined;
  /** So many images of the repository are listed. */
  readonly onPage?: (listed: number) => void;
}

/**
 * The images of repositories. Only `dockerImages.list` tells what an index lists, and it lists a whole repository, so it is read once and
 * handed out package by package. If a package is asked for again, or was not in the list, the list is read anew, so that nobody is handed
 * the same old state twice.
 */
export class Images {
  readonly #client: GarClient;
  readonly #open = new Map<string, Promise<Listing>>();

  constructor(client: GarClient) {
    this.#client = client;
  }

  /** The images of a package; none where it is not in the list. */
  async of(name: WholeImageName, options: ImagesOptions = {}): Promise<readonly DockerImage[]> {
    const path = repositoryResource(name, this.#client.place);
    const open = this.#open.get(path);
    const found = open && take(await open, name);
    if (found) return found;
    // Another call may have begun a new one meanwhile.
    const current = this.#open.get(path);
    const listing = current && current !== open ? current : this.#begin(path, name, options);
    return take(await listing, name) ?? [];
  }

  #begin(path: string, name: WholeImageName, options: ImagesOptions): Promise<Listing> {
    const listing = this.#list(path, name, options).catch((error: unknown) => {
      if (this.#open.get(path) === listing) this.#open.delete(path);
      throw error;
    });
    this.#open.set(path, listing);
    return listing;
  }

  async #list(path: string, { project, repository }: WholeImageName, { signal, onPage }: ImagesOptions): Promise<Listing> {
    const doing = `list the images of ${this.#client.label(`${project.replace(':', '/')}/${repository}`)}`;
    const call = { doing, permission: 'artifactregistry.dockerimages.list', path: `${path}/dockerImages`, signal };
    const packages = new Map<string, Map<Digest, DockerImage>>();
    let listed = 0;
    for await (const page of pages(this.#client, call, 'dockerImages')) {
      for (const json of page) {
        const image = readDockerImage(json, doing);
        const images = packages.get(image.package) ?? new Map<Digest, DockerImage>();
        packages.set(image.package, images);
        const before = images.get(image.digest);
        // On two pages, because something changed meanwhile: a tag too many keeps something.
        images.set(image.digest, before ? { ...image, tags: [...new Set([...before.tags, ...image.tags])] } : image);
      }
      listed += page.length;
      onPage?.(listed);
    }
    if (packages.has('')) throw badAnswer(doing, 'it lists an image without a name');
    return new Map([...packages].map(([image, images]) => [image, [...images.values()]]));
  }
}

/** Hands a package's images out, once. */
function take(listing: Listing, { package: image }: WholeImageName): readonly DockerImage[] | undefined {
  const images = listing.get(image);
  listing.delete(image);
  return images;
}
