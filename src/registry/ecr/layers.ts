import { badAnswer } from '../../distribution/answer-errors.ts';
import { Batches } from '../../distribution/batches.ts';
import type { Digest } from '../../domain/digest.ts';
import { asList, asObject } from '../../domain/json.ts';
import type { EcrClient } from './client.ts';

/** Most layers in one call (API reference, `BatchedOperationLayerDigestList`). */
const MOST_LAYERS = 100;

/** The layers and configs that a repository has, by BatchCheckLayerAvailability, which does not count as a pull. */
export class Layers {
  readonly #client: EcrClient;
  readonly #batches: Batches<Digest, boolean>;

  constructor(client: EcrClient) {
    this.#client = client;
    this.#batches = new Batches(MOST_LAYERS, (repository, digests) => this.#check(repository, digests));
  }

  /** Whether a layer or config is there. Throws where ECR does not say. */
  async has(repository: string, digest: Digest): Promise<boolean> {
    return (await this.#batches.load(repository, digest)) === true;
  }

  async #check(repository: string, layerDigests: readonly Digest[]): Promise<Map<Digest, boolean>> {
    const what = layerDigests.length === 1 ? 'a layer' : `${layerDigests.length} layers`;
    const doing = `look for ${what} in ${this.#client.label(repository)}`;
    const answer = await this.#client.call({ operation: 'BatchCheckLayerAvailability', doing, repository, input: { layerDigests } });
    const layers = (asList(answer['layers']) ?? []).map((layer) => asObject(layer) ?? {});
    const found = new Map<Digest, boolean>();
    for (const digest of layerDigests) {
      const availability = layers.find(({ layerDigest }) => layerDigest === digest)?.['layerAvailability'];
      if (availability === undefined) throw badAnswer(doing, `the answer says nothing of ${digest}`);
      found.set(digest, availability !== 'UNAVAILABLE');
    }
    return found;
  }
}
