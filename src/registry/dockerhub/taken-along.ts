import type { Digest } from '../../domain/digest.ts';
import type { Companion, Unreadable } from '../registry.ts';
import type { Listings } from './listing.ts';

/** Its bytes are not read for the journal: each would be a pull, of which an account has few. */
export const NOT_READ: Unreadable = { why: 'reading it would count as a pull on Docker Hub, so no copy is kept', deletable: true };

/**
 * What no tag leads to any more once an index has lost its tags: the images that it holds and that have none of their own. Docker Hub then
 * lists them nowhere.
 */
export async function takenAlong(listings: Listings, repository: string, digest: Digest): Promise<Companion[]> {
  const listing = await listings.about(repository, digest);
  const [tag] = listing.on(digest);
  if (tag?.isIndex !== true) return [];
  const children = new Set(tag.images.map((image) => image.digest));
  return [...children].flatMap((child) => {
    if (child === digest || listing.on(child).length > 0) return [];
    const heldBy = listing.holders(child).filter((index) => index !== digest);
    return [{ digest: child, tags: [], heldBy, unreadable: NOT_READ }];
  });
}
