import { compileGlobs } from '../../policy/glob.ts';
import type { RetentionRule } from '../settings/harbor-retention.ts';
import type { HarborSelector } from '../harbor-selector.ts';
import { newestFirst, type Original, type Sample } from './original.ts';

/** What any rule keeps stays; the rest goes, of every repository that a rule is for. */
export function originalHarbor(rules: readonly RetentionRule[]): Original {
  return (repository, samples) => {
    const name = repository.split('/').slice(1).join('/');
    const own = rules.filter(({ scope_selectors: { repository: scope } }) => matches(scope[0], name));
    if (own.length === 0) return { images: [], tags: [] };
    const kept = new Set(own.flatMap((rule) => keptBy(rule, samples)));
    const images = samples.filter((image) => !kept.has(image));
    return { images, tags: images.flatMap(({ tags }) => tags) };
  };
}

function keptBy({ template, params, tag_selectors: [selector] }: RetentionRule, samples: readonly Sample[]): readonly Sample[] {
  const number = params[template] ?? 0;
  const says = /"untagged":\s*(true|false)/.exec(selector.extras ?? '')?.[1];
  const untagged = says === undefined || (says === 'true') === (selector.decoration === 'matches');
  const selected = newestFirst(samples.filter(({ tags }) => (tags.length === 0 ? untagged : tags.some((tag) => matches(selector, tag)))));
  switch (template) {
    case 'latestPushedK':
      return selected.slice(0, number);
    case 'latestPulledN':
      return selected.toSorted((a, b) => (a.pulled ?? Infinity) - (b.pulled ?? Infinity)).slice(0, number);
    case 'nDaysSinceLastPush':
      return selected.filter(({ age }) => age <= number);
    case 'nDaysSinceLastPull':
      return selected.filter(({ pulled = Infinity }) => pulled <= number);
    case 'always':
      return selected;
  }
}

function matches({ decoration, pattern }: HarborSelector, name: string): boolean {
  return compileGlobs([pattern === '' ? '**' : pattern.replace(/^!/, String.raw`\!`)])(name) !== /excludes$/i.test(decoration);
}
