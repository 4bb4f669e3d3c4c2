import type { Digest } from '../../domain/digest.ts';
import type { Standing } from '../registry.ts';
import type { Listings } from './listing.ts';
import { NOT_READ } from './taken-along.ts';

/** What stands for or against deleting an image now, by the API, whose requests do not count as pulls. */
export async function readStanding(listings: Listings, repository: string, digest: Digest): Promise<Standing | undefined> {
  const listing = await listings.about(repository, digest);
  if (!listing.has(digest)) return undefined;
  const tags = listing.on(digest);
  const children = tags[0]?.isIndex === true ? tags[0].images.map((image) => image.digest) : [];
  const pulls = tags.flatMap(({ pulledAt }) => pulledAt ?? []).toSorted();
  const pulledAt = pulls.at(-1);
  return {
    labels: [],
    lockedTags: tags.map(({ name }) => name).filter(listing.isImmutable),
    children,
    ...(pulledAt !== undefined && { pulledAt }),
    alone: children.length === 0,
    unreadable: NOT_READ,
  };
}
