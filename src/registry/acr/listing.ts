import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import type { DanglingTag } from '../../domain/inventory.ts';
import { isManifestUnknown, refused } from '../../distribution/answer-errors.ts';
import { danglingProblem } from '../../distribution/dangling-problem.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import type { Problems } from '../../distribution/problems.ts';
import {
  entriesOf,
  type ManifestAttributes,
  manifestAttributes,
  openAnswer,
  repositoryAttributes,
  type RepositoryAttributes,
  type TagAttributes,
} from './attributes.ts';
import { findTag, type Reading, readTags } from './tag-list.ts';

/** What the lists of a repository say. */
export interface Listing {
  readonly repository: RepositoryAttributes;
  readonly manifests: Map<Digest, ManifestAttributes>;
  readonly tags: Map<string, TagAttributes>;
  /** Tags that are listed although what they point to is not there. */
  readonly dangling: readonly DanglingTag[];
}

/** So many tags may be moved while the lists are read; each takes one more request. */
const MOST_MOVED = 200;

/**
 * Reads manifests and tags side by side, with one request for each 1000. Where the two lists disagree, a tag was moved between them, and
 * the registry is asked where it is now. It is a problem if the lists hold less than the registry counts, because what is hidden from them
 * (`listEnabled` false) may hold what is not hidden, or if a tag points to nothing.
 */
export async function readListing(reading: Reading, problems: Problems, onRead: (count: number) => void): Promise<Listing> {
  const before = await readRepository(reading);
  const [manifests, tags] = await both(readManifests(reading, onRead), readTags(reading));
  const listed = { manifests: manifests.size, tags: tags.size };
  const dangling = await settleTags(reading, manifests, tags, problems);
  if (listed.manifests < before.manifestCount || listed.tags < before.tagCount) await checkCounts(reading, before, listed, problems);
  return { repository: before, manifests, tags, dangling };
}

export async function readRepository({ client, repository, signal }: Reading): Promise<RepositoryAttributes> {
  const doing = `read the repository ${client.label(repository)}`;
  const response = await client.getRepository(repository, signal);
  if (response.status !== 200) throw refused(doing, response);
  return repositoryAttributes(openAnswer(response, repository, doing), doing);
}

/** A manifest as it is now; undefined where the registry says that it is not there. */
export async function findManifest({ client, repository, signal }: Reading, digest: Digest): Promise<ManifestAttributes | undefined> {
  const doing = `read the attributes of ${client.label(repository, digest)}`;
  const response = await client.getManifest(repository, digest, signal);
  if (isManifestUnknown(response)) return undefined;
  if (response.status !== 200) throw refused(doing, response);
  return manifestAttributes(openAnswer(response, repository, doing)['manifest'], doing);
}

/** All manifests with their attributes, those without a tag too; `onRead` is told of those of each page. */
export async function readManifests(
  { client, repository, signal }: Reading,
  onRead: (count: number) => void,
): Promise<Map<Digest, ManifestAttributes>> {
  const doing = `list the manifests of ${client.label(repository)}`;
  const manifests = new Map<Digest, ManifestAttributes>();
  const bounds = new ListBounds(doing);
  for await (const page of client.manifestPages(repository, doing, { signal })) {
    const known = manifests.size;
    for (const entry of entriesOf(openAnswer(page, repository, doing), 'manifests', doing)) {
      const manifest = manifestAttributes(entry, doing);
      manifests.set(manifest.digest, manifest);
    }
    onRead(manifests.size - known);
    bounds.check(manifests.size);
  }
  return manifests;
}

async function settleTags(
  reading: Reading,
  manifests: Map<Digest, ManifestAttributes>,
  tags: Map<string, TagAttributes>,
  problems: Problems,
): Promise<readonly DanglingTag[]> {
  const { client, repository } = reading;
  const dangling: DanglingTag[] = [];
  const moved = new Set<string>();
  for (const { name, digest } of tags.values()) if (!manifests.has(digest)) moved.add(name);
  for (const manifest of manifests.values())
    for (const name of manifest.tags) if (tags.get(name)?.digest !== manifest.digest) moved.add(name);
  if (moved.size > MOST_MOVED) {
    problems.add(
      `In ${client.label(repository)}, ${moved.size} tags were moved while they were read. Run again when there is less going on.`,
    );
    return dangling;
  }
  for (const name of moved) {
    const tag = await findTag(reading, name);
    if (!tag) {
      tags.delete(name);
      continue;
    }
    tags.set(name, tag);
    if (manifests.has(tag.digest)) continue;
    const manifest = await findManifest(reading, tag.digest);
    if (manifest) manifests.set(manifest.digest, manifest);
    else dangling.push({ tag: name, digest: tag.digest });
  }
  for (const one of dangling) {
    const remedy = `or push it again, or take it off: ${takeOff(client.url, repository, one.tag)}`;
    problems.add(danglingProblem(client.label(repository, one.tag), one, remedy));
  }
  return dangling;
}

/** The command of Azure's own program, which names a registry by the first part of its host. */
function takeOff(url: string, repository: string, tag: string): string {
  const [registry] = new URL(url).hostname.split('.');
  return `az acr repository untag --name ${registry} --image ${repository}:${tag}`;
}

/** Less is listed than was counted before. Unless that was deleted meanwhile, it is hidden, or the list was cut short. */
async function checkCounts(
  reading: Reading,
  before: RepositoryAttributes,
  listed: { readonly manifests: number; readonly tags: number },
  problems: Problems,
): Promise<void> {
  const now = await readRepository(reading);
  const manifests = Math.min(before.manifestCount, now.manifestCount);
  const tags = Math.min(before.tagCount, now.tagCount);
  if (listed.manifests >= manifests && listed.tags >= tags) return;
  problems.add(
    `In ${reading.client.label(reading.repository)} the registry counts ${manifests} manifests and ${tags} tags, and lists ` +
      `${listed.manifests} and ${listed.tags}. ` +
      'What is hidden from lists (listEnabled is false) may hold what is not: show it again, or run again where the list was cut short.',
  );
}

/** Waits for both, also where one fails, so that nothing goes on by itself. Throws the first error, an `AUTH` before others. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<readonly [A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  const reasons = [a, b].flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  throw reasons.find((reason) => reason instanceof ToolError && reason.code === 'AUTH') ?? reasons[0];
}
