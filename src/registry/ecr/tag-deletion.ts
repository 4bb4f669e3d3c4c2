import { takeBack } from '../../diagnostics/change-guard.ts';
import { type Digest, digestOf } from '../../domain/digest.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { Batches } from '../../distribution/batches.ts';
import type { DeleteOutcome } from '../registry.ts';
import { type EcrClient, MOST_IMAGES } from './client.ts';
import { type Answered, deleteImages } from './delete-images.ts';
import { settle, type Settled, unexpectedOf } from './deletion.ts';
import type { ImageDetail } from './image-detail.ts';
import type { Images } from './images.ts';

interface TagOn {
  readonly tag: string;
  readonly digest: Digest;
}

/** Sets a tag on an image that is there. Answers false if it is not, and throws where that cannot be told or done. */
export type SetTag = (repository: string, tag: string, digest: Digest) => Promise<boolean>;

/**
 * Takes single tags off. The request names the tag alone: with a digest beside it, ECR may delete the image. ECR also deletes an image with
 * its last tag. So before each call the tags of the images are read and one tag of each image always stays, and calls for the same
 * repository never overlap.
 *
 * One risk is left: a tag that somebody moves in between is taken off the image to which it was moved. The answer tells, and the tag is set
 * there again. If it was the only tag of that image, the image is gone, and the error says so.
 */
export class TagDeletion {
  readonly #client: EcrClient;
  readonly #images: Images;
  readonly #setTag: SetTag;
  readonly #batches: Batches<string, Settled>;
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(client: EcrClient, images: Images, setTag: SetTag) {
    this.#client = client;
    this.#images = images;
    this.#setTag = setTag;
    this.#batches = new Batches(MOST_IMAGES, (repository, keys) =>
      this.#inTurn(repository, () => this.#delete(repository, keys.map(parse))),
    );
  }

  async delete(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    return unexpectedOf(outcomeOf(await this.#batches.load(repository, `${digest} ${tag}`)), [tag]);
  }

  /** After whatever is under way in that repository. */
  async #inTurn<T>(repository: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(repository);
    const turn = (async () => {
      await before?.catch(() => {});
      return work();
    })();
    this.#last.set(repository, turn);
    return turn;
  }

  async #delete(repository: string, wanted: readonly TagOn[]): Promise<Map<string, Settled>> {
    const results = new Map<string, Settled>();
    const details = await this.#details(repository, wanted);
    const stays = new Map([...details].map(([digest, detail]) => [digest, new Set(detail?.tags)]));
    const going: TagOn[] = [];
    for (const one of wanted) {
      const left = stays.get(one.digest);
      if (!left?.has(one.tag)) results.set(keyOf(one), await this.#elsewhere(repository, one));
      else if (details.get(one.digest)?.archived === true)
        results.set(keyOf(one), {
          outcome: 'locked',
          message: `Cannot ${this.#doing(repository, one)}: ${one.digest} is in the archive, where nothing is changed of it.`,
        });
      else if (left.size === 1)
        results.set(keyOf(one), {
          outcome: 'locked',
          message: `Cannot ${this.#doing(repository, one)}: it is the last tag of ${one.digest}, which would be deleted with it.`,
        });
      else {
        left.delete(one.tag);
        going.push(one);
      }
    }
    if (going.length === 0) return results;
    const what =
      going.length === 1
        ? `the tag ${this.#client.label(repository, going[0]?.tag)}`
        : `${going.length} tags of ${this.#client.label(repository)}`;
    const answers = await deleteImages(
      this.#client,
      repository,
      going.map(({ tag }) => ({ imageTag: tag })),
      `take off ${what}`,
    );
    for (const [position, one] of going.entries()) results.set(keyOf(one), await this.#settle(repository, one, answers[position]));
    return results;
  }

  /** What is known of each image now; undefined of one that is not there. */
  async #details(repository: string, wanted: readonly TagOn[]): Promise<Map<Digest, ImageDetail | undefined>> {
    const digests = [...new Set(wanted.map(({ digest }) => digest))];
    return new Map(await Promise.all(digests.map(async (digest) => [digest, await this.#images.find(repository, digest)] as const)));
  }

  async #settle(repository: string, one: TagOn, answered: Answered | undefined): Promise<Settled> {
    if (answered?.deleted && answered.digest !== undefined && answered.digest !== one.digest)
      return this.#setAgain(repository, one, answered.digest);
    const settled = await settle(this.#client, {
      doing: this.#doing(repository, one),
      answered,
      isThere: async () => (await this.#images.find(repository, one.tag))?.digest === one.digest,
    });
    return 'outcome' in settled && settled.outcome === 'gone' ? this.#elsewhere(repository, one) : settled;
  }

  /** Puts right that a tag was taken off an image onto which it had just been moved. */
  async #setAgain(repository: string, one: TagOn, digest: Digest): Promise<Settled> {
    const message = `Cannot ${this.#doing(repository, one)}: while that was done, it was moved to ${digest}`;
    const back = await takeBack(() => this.#setTag(repository, one.tag, digest)).catch((error: unknown) => {
      if (error instanceof ToolError) return error;
      throw error;
    });
    if (back === true) return { outcome: 'drifted', message: `${message}, and taken off there; it was set there again.` };
    const why =
      back === false ? 'and since that image had no other tag, ECR deleted it' : `and could not be set there again: ${back.message}`;
    return {
      error: new ToolError('REGISTRY_ERROR', `${message}, ${why}`.replace(/[.\s]*$/, '.'), {
        hint: `Push ${this.#client.label(repository, one.tag)} again.`,
      }),
    };
  }

  /** What became of a tag that is not on the image. */
  async #elsewhere(repository: string, one: TagOn): Promise<Settled> {
    const now = (await this.#images.find(repository, one.tag))?.digest;
    if (now === undefined) return { outcome: 'gone' };
    if (now !== one.digest) return { outcome: 'drifted', message: `Cannot ${this.#doing(repository, one)}: it was moved to ${now}.` };
    return {
      error: new ToolError('REGISTRY_ERROR', `Cannot ${this.#doing(repository, one)}: it is moved to and fro while it is looked at.`, {
        hint: 'Run again.',
      }),
    };
  }

  #doing(repository: string, { tag }: TagOn): string {
    return `take off the tag ${this.#client.label(repository, tag)}`;
  }
}

/** The outcome of one; throws its error. */
export function outcomeOf(settled: Settled | undefined): DeleteOutcome {
  if (!settled) throw new TypeError('a batch that ends says what became of all that was in it');
  if ('error' in settled) throw settled.error;
  return settled;
}

function keyOf({ tag, digest }: TagOn): string {
  return `${digest} ${tag}`;
}

function parse(key: string): TagOn {
  const [digest = '', tag = ''] = key.split(' ');
  return { digest: digestOf(digest), tag };
}
