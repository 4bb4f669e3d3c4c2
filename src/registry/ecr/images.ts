import { type Digest, isDigest } from '../../domain/digest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList } from '../../domain/json.ts';
import { Batches } from '../../distribution/batches.ts';
import { type EcrClient, imageId, MOST_IMAGES } from './client.ts';
import { type ImageDetail, readImageDetail } from './image-detail.ts';
import { pages } from './pages.ts';

export interface ListOptions {
  /** Only images with a tag are wanted, where the service can tell them apart. */
  readonly tagged?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The images of a registry, as DescribeImages tells them. ECR does not count that as a pull. */
export class Images {
  readonly #client: EcrClient;
  readonly #batches: Batches<string, ImageDetail>;

  constructor(client: EcrClient) {
    this.#client = client;
    this.#batches = new Batches(MOST_IMAGES, (repository, references) => this.describe(repository, references));
  }

  /** All images, a page at a time. Throws `NOT_FOUND` for a repository that is not there. */
  async *list(repository: string, { tagged, signal }: ListOptions = {}): AsyncGenerator<readonly ImageDetail[]> {
    const doing = `read the images of ${this.#client.label(repository)}`;
    const input = this.#filter(tagged === true ? { tagStatus: 'TAGGED' } : {});
    for await (const page of pages(
      this.#client,
      { operation: 'DescribeImages', doing, repository, input, signal },
      { field: 'imageDetails', key: 'imageDigest' },
    )) {
      yield page.map((detail) => readImageDetail(detail, doing));
    }
  }

  /** The image that a tag or digest means now; undefined if there is none, in a repository that is there and may be read. */
  find(repository: string, reference: string): Promise<ImageDetail | undefined> {
    imageId(reference);
    return this.#batches.load(repository, reference);
  }

  /**
   * The same for up to 100 images, by tag or digest. If one of several is not there, ECR answers none of them; then each half is asked for
   * by itself.
   */
  async describe(repository: string, references: readonly string[]): Promise<Map<string, ImageDetail>> {
    const [only] = references;
    const what =
      references.length === 1 ? this.#client.label(repository, only) : `${references.length} images of ${this.#client.label(repository)}`;
    const doing = `read what is known of ${what}`;
    const input = { imageIds: references.map(imageId), ...this.#filter({}) };
    const answer = await this.#client.callUnless({ operation: 'DescribeImages', doing, repository, input }, 'ImageNotFoundException');
    if (!answer) return references.length > 1 ? this.#halves(repository, references) : new Map();
    const details = 'imageDetails' in answer ? asList(answer['imageDetails']) : undefined;
    if (!details) throw badAnswer(doing, 'the answer is not a list of images');
    const found = new Map<string, ImageDetail>();
    const wanted = new Set(references);
    for (const detail of details.map((one) => readImageDetail(one, doing))) {
      for (const reference of [detail.digest, ...detail.tags]) if (wanted.has(reference)) found.set(reference, detail);
    }
    const unanswered = references.find((reference) => !found.has(reference));
    if (unanswered !== undefined) throw badAnswer(doing, `the answer says nothing of ${unanswered}`);
    return found;
  }

  async #halves(repository: string, references: readonly string[]): Promise<Map<string, ImageDetail>> {
    const middle = Math.ceil(references.length / 2);
    const [first, second] = await Promise.all([
      this.describe(repository, references.slice(0, middle)),
      this.describe(repository, references.slice(middle)),
    ]);
    return new Map([...first, ...second]);
  }

  /**
   * Without `imageStatus`, ECR leaves out what is archived, which still costs money and still holds its tags and children. ECR Public has
   * no filters.
   */
  #filter(filter: { readonly tagStatus?: string }): object {
    return this.#client.service.prefix === 'ecr' ? { filter: { ...filter, imageStatus: 'ANY' } } : {};
  }
}

/** All tags. Throws `NOT_FOUND` for a repository that is not there. */
export async function listTags(images: Images, repository: string): Promise<string[]> {
  return [...(await resolveTags(images, repository)).keys()];
}

/** The digest that a tag points to now; undefined if there is no such tag. */
export async function resolveTag(images: Images, repository: string, tag: string): Promise<Digest | undefined> {
  return isDigest(tag) ? undefined : (await images.find(repository, tag))?.digest;
}

/** The digests that all tags point to now: the list of images tells them. */
export async function resolveTags(images: Images, repository: string): Promise<Map<string, Digest>> {
  const tags = new Map<string, Digest>();
  for await (const page of images.list(repository, { tagged: true }))
    for (const { digest, tags: own } of page) for (const tag of own) tags.set(tag, digest);
  return tags;
}

/** All images, those without a tag too. */
export async function listManifests(images: Images, repository: string): Promise<Set<Digest>> {
  const digests = new Set<Digest>();
  for await (const page of images.list(repository)) for (const { digest } of page) digests.add(digest);
  return digests;
}

/** All tags on a digest now. */
export async function tagsOf(images: Images, repository: string, digest: Digest): Promise<string[]> {
  return [...((await images.find(repository, digest))?.tags ?? [])];
}
