import { badAnswer } from '../../distribution/answer-errors.ts';
import { readManifest } from '../../distribution/manifest-content.ts';
import type { Digest } from '../../domain/digest.ts';
import { readManifestLinks } from '../../domain/manifest-links.ts';
import type { HubClient } from './client.ts';

/** What was read by each client: a digest always holds the same, and each reading is a pull. */
const READ = new WeakMap<HubClient, Map<Digest, Promise<readonly Digest[]>>>();

/** The children of an index where the list of tags does not tell them. Reading them counts as a pull, so it is done once. */
export function indexChildren(client: HubClient, repository: string, digest: Digest): Promise<readonly Digest[]> {
  const known = READ.get(client) ?? new Map<Digest, Promise<readonly Digest[]>>();
  READ.set(client, known);
  let children = known.get(digest);
  if (!children) {
    children = read(client, repository, digest);
    known.set(digest, children);
    children.catch(() => known.delete(digest));
  }
  return children;
}

async function read(client: HubClient, repository: string, digest: Digest): Promise<readonly Digest[]> {
  const { namespace, name } = client.place(repository);
  const manifest = await readManifest(client.oci, `${namespace}/${name}`, digest);
  const links = manifest && readManifestLinks(manifest.bytes);
  if (!links) throw badAnswer(`read the index ${client.label(repository, digest)}`, 'it is listed, and its manifest is not to be had');
  return links.children;
}
