import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { Batches } from '../../distribution/batches.ts';
import type { Digest } from '../../domain/digest.ts';
import { readArtifact } from './artifact.ts';
import { checkReadable } from './artifacts.ts';
import { artifactPath, type HarborClient, repositoryPath } from './client.ts';
import { objectsIn, readList } from './pages.ts';

/** Digests in one list: with more, the address of the request would be longer than the 4 kB that proxies before Harbor may allow. */
const MOST_DIGESTS = 40;

/**
 * Reads which tags are on digests. What is asked for at about the same time, as by deletions that are carried out side by side, goes into
 * one list of artifacts. That list is believed only in the tags that it shows. An artifact that it shows without tags, or does not show, is
 * asked for its own list of tags: one whose tags Harbor could not read looks as if it had none (src/controller/artifact/controller.go,
 * `populateTags`), and accessories are in no list, nor are untagged children of an index (src/pkg/artifact/dao/dao.go, `querySetter`).
 */
export class DigestTags {
  readonly #client: HarborClient;
  readonly #lists: Batches<Digest, string[]>;

  constructor(client: HarborClient) {
    this.#client = client;
    this.#lists = new Batches(MOST_DIGESTS, (repository, digests) => this.#list(repository, digests));
  }

  /** All tags on a digest now; an empty list where it is not there. Throws `AUTH`, `NOT_FOUND`, `BAD_RESPONSE` or `REGISTRY_ERROR`. */
  async of(repository: string, digest: Digest): Promise<string[]> {
    return (await this.#lists.load(repository, digest)) ?? this.#ownList(repository, digest);
  }

  /**
   * The tags of those artifacts that one list shows with tags. Where the list cannot be had or read, it tells nothing, and the artifacts'
   * own lists say why. `k={v1 v2}` is a list of alternatives (src/lib/q/builder.go), `digest` is a column that may be filtered by
   * (src/pkg/artifact/dao/model.go, src/lib/orm/query.go), and of each artifact all tags are read, without a limit
   * (src/controller/artifact/controller.go, `populateTags`; src/controller/tag/controller.go, `List`).
   */
  async #list(repository: string, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, string[]>> {
    if (digests.length === 1) return new Map();
    const doing = `list the tags of ${digests.length} artifacts of ${this.#client.label(repository)}`;
    const query = `q=${encodeURIComponent(`digest={${digests.join(' ')}}`)}&with_tag=true&with_accessory=false&page_size=${MOST_DIGESTS}`;
    const path = `${repositoryPath(repository)}/artifacts?${query}`;
    try {
      const { body } = await this.#client.get({ doing, needs: 'artifact:list', path, repository });
      const artifacts = (objectsIn(body) ?? []).map((json) => readArtifact(json, doing));
      // A Harbor that lists anything else did not understand what it was asked.
      if (!artifacts.every(({ digest }) => digests.includes(digest))) return new Map();
      return new Map(artifacts.filter(({ tags }) => tags.length > 0).map(({ digest, tags }) => [digest, tags.map(({ name }) => name)]));
    } catch (error) {
      if (error instanceof ToolError) return new Map();
      throw error;
    }
  }

  async #ownList(repository: string, digest: Digest): Promise<string[]> {
    const client = this.#client;
    const doing = `list the tags of ${client.label(repository, digest)}`;
    let list;
    try {
      list = await readList(
        client,
        { doing, needs: 'tag:list', path: `${artifactPath(repository, digest)}/tags`, repository },
        { key: 'name' },
      );
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== 'NOT_FOUND') throw error;
      await checkReadable({ client, repository });
      return [];
    }
    return list.map(({ name }) => {
      if (typeof name !== 'string') throw badAnswer(doing, 'it lists a tag without a name');
      return name;
    });
  }
}
