import { daysIn } from '../days-in.ts';
import type { AutoPrunePolicy } from '../settings/quay-auto-prune.ts';
import { finds, newestFirst, type Original, tagsOf, withoutTags } from './original.ts';

/** Each policy takes tags off by itself. What has no tag is collected in any case. */
export function originalQuay(policies: readonly AutoPrunePolicy[]): Original {
  return (_repository, samples) => {
    const off = policies.flatMap(({ method, value, tagPattern, tagPatternMatches }) => {
      const selected = tagsOf(newestFirst(samples)).filter(
        ({ tag }) => !tagPattern || finds(tagPattern)(tag) === (tagPatternMatches ?? true),
      );
      const days = daysIn(String(value)) ?? Infinity;
      return method === 'number_of_tags' ? selected.slice(Number(value)) : selected.filter(({ sample }) => sample.age > days);
    });
    const gone = withoutTags(samples, new Set(off.map(({ tag }) => tag)));
    return { ...gone, images: [...gone.images, ...samples.filter(({ tags }) => tags.length === 0)] };
  };
}
