import type { Purge } from '../settings/acr-purge.ts';
import { finds, newestFirst, type Original, tagsOf } from './original.ts';

/** They run every night: what one leaves without a tag, the one before it finds the next time. */
export function originalAcr(purges: readonly Purge[]): Original {
  return (repository, samples) => {
    const off = new Set<string>();
    const images = new Set<(typeof samples)[number]>();
    for (const { filters, days, keep, untagged } of [...purges, ...purges]) {
      const own = filters.filter(({ repositories }) => finds(`^(?:${repositories})$`)(repository));
      if (own.length === 0) continue;
      const eligible = tagsOf(newestFirst(samples)).filter(
        ({ tag, sample }) => !off.has(tag) && sample.age > days && own.some(({ tags }) => finds(tags)(tag)),
      );
      if (untagged !== 'only') for (const { tag } of eligible.slice(keep)) off.add(tag);
      if (untagged === 'no') continue;
      const bare = newestFirst(samples).filter((one) => !images.has(one) && one.age > days && one.tags.every((tag) => off.has(tag)));
      for (const one of bare.slice(keep)) images.add(one);
    }
    return { images: [...images], tags: [...off] };
  };
}
