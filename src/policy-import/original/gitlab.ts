import { daysIn } from '../days-in.ts';
import type { ExpirationPolicy } from '../settings/gitlab-expiration.ts';
import { finds, newestFirst, type Original, tagsOf, withoutTags } from './original.ts';

/** It counts first, then looks at the age; "latest" is never counted. */
export function originalGitlab(policy: ExpirationPolicy): Original {
  const {
    enabled,
    keep_n: keepN,
    older_than: olderThan,
    name_regex: regex,
    name_regex_delete: regexDelete,
    name_regex_keep: regexKeep,
  } = policy;
  const whole = regexDelete || regex;
  return (_repository, samples) => {
    if (!enabled || !whole) return { images: [], tags: [] };
    const selected = tagsOf(newestFirst(samples)).filter(
      ({ tag }) => tag !== 'latest' && finds(`^${whole}$`)(tag) && !(regexKeep && finds(`^${regexKeep}$`)(tag)),
    );
    const off = selected.slice(keepN ?? 0).filter(({ sample }) => sample.age > (daysIn(olderThan || '0s') ?? 0));
    return withoutTags(samples, new Set(off.map(({ tag }) => tag)));
  };
}
