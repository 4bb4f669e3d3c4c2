import type { Digest } from '../../domain/digest.ts';
import type { Companion } from '../registry.ts';
import type { Artifact } from './artifact.ts';
import { labelNames } from './build-manifests.ts';
import { findArtifact, indexesByChild, listArtifacts, type Reading } from './artifacts.ts';
import type { PullPolicy } from './pull-policy.ts';

/** Repositories whose indexes are remembered; a few are worked on at a time. */
const REMEMBERED = 8;
const WITH_PARTS = 'with_tag=true&with_accessory=true&with_label=true';

/** Finds what Harbor deletes along with an artifact (src/controller/artifact/controller.go, `deleteDeeply`). */
export class TakenAlong {
  readonly #policy: PullPolicy;
  readonly #indexes = new Map<string, Promise<ReadonlyMap<Digest, readonly Digest[]>>>();

  constructor(policy: PullPolicy) {
    this.#policy = policy;
  }

  /**
   * What Harbor deletes along with an artifact, to any depth, as it is now: everything that is attached, with its tags, and the untagged
   * children of an index, each with the other indexes that hold it, with which Harbor keeps it. Empty if the artifact is not there.
   */
  async of(reading: Reading, digest: Digest): Promise<Companion[]> {
    const found = new Map<Digest, Companion>();
    const root = await findArtifact(reading, digest, WITH_PARTS);
    if (root) await this.#walk(reading, root, [digest], [], found);
    return [...found.values()];
  }

  async #walk(
    reading: Reading,
    holder: Artifact,
    path: readonly Digest[],
    spared: readonly Digest[],
    found: Map<Digest, Companion>,
  ): Promise<void> {
    const attached = new Set(holder.accessories.map(({ digest }) => digest));
    for (const digest of new Set([...attached, ...holder.children.map((child) => child.digest)])) {
      if (path.includes(digest) || found.has(digest)) continue;
      const artifact = await findArtifact(reading, digest, WITH_PARTS);
      if (!artifact || (artifact.tags.length > 0 && !attached.has(digest))) continue;
      const heldBy = [...spared, ...(await this.#otherIndexes(reading, digest, path))];
      const labels = labelNames(artifact);
      const unreadable = await this.#policy.unreadable(reading.repository, digest);
      found.set(digest, {
        digest,
        tags: artifact.tags.map(({ name }) => name),
        heldBy,
        ...(labels.length > 0 && { labels }),
        ...(unreadable && { unreadable }),
      });
      await this.#walk(reading, artifact, [...path, digest], heldBy, found);
    }
  }

  /** The indexes that hold a digest, besides those that are on their way out, and that are still there. */
  async #otherIndexes(reading: Reading, digest: Digest, path: readonly Digest[]): Promise<Digest[]> {
    const others = ((await this.#indexesIn(reading)).get(digest) ?? []).filter((index) => !path.includes(index));
    const there: Digest[] = [];
    for (const index of others) if (await findArtifact(reading, index, 'with_tag=false&with_accessory=false')) there.push(index);
    return there;
  }

  /** Read once for each repository; an index that is pushed later spares more than is known, and what is known is looked at again. */
  #indexesIn(reading: Reading): Promise<ReadonlyMap<Digest, readonly Digest[]>> {
    const { repository } = reading;
    const known = this.#indexes.get(repository) ?? listArtifacts(reading, 'with_tag=false&with_accessory=false').then(indexesByChild);
    this.#indexes.set(repository, known);
    known.catch(() => this.#indexes.delete(repository));
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > REMEMBERED && oldest !== undefined) this.#indexes.delete(oldest);
    return known;
  }
}
