import { ComparedTags } from './compared-tags.ts';
import type { TagGuard } from './tag-guard.ts';
import { ToldTags } from './told-tags.ts';
import { WatchedTags, type WatchedTagsParts } from './watched-tags.ts';

/** The guard for what a registry can tell. */
export function openGuard(parts: WatchedTagsParts): TagGuard {
  const { comparesTags, tagsOf } = parts.state.registry;
  if (comparesTags) return new ComparedTags(parts);
  return tagsOf ? new ToldTags(parts) : new WatchedTags(parts);
}
