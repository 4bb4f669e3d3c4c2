import { isObject } from '../domain/json.ts';
import type { Source } from '../diagnostics/source.ts';
import type { RuleSpec } from '../policy/schema.ts';
import {
  type HarborSelector,
  isSelectorWithin,
  mayOverlap,
  repositoryGlobsOf,
  selectionWords,
  selectsUntagged,
  tagGlobsOf,
} from './harbor-selector.ts';
import { type Commented, type ImportedPolicy, type ImportGround, keepsAll } from './imported-policy.ts';
import { narrowFirst } from './narrow-first.ts';
import { originalHarbor } from './original/harbor.ts';
import { parseSettings, settingsError } from './parse-settings.ts';
import { RetentionRule, Retention, ImmutableRules } from './settings/harbor-retention.ts';

const OTHER_TAGS =
  'ATTENTION: Harbor goes by the newest time of all tags of an image, a rule here by that of the tags that it selects: an image that was ' +
  'given another tag later, as a promoted one is, may go sooner here. Protect such tags ("protect: [{tags: […], wholeImage: true}]").';
const ANY_PROJECT =
  'ATTENTION: Harbor names the project by a number only, so this is for every project. Write its name in the place of the first "*", or ' +
  'import with --of PROJECT.';

export function isHarborRetention(data: unknown): boolean {
  const rules = isObject(data) ? data['rules'] : data;
  return Array.isArray(rules) && rules.some((rule) => isObject(rule) && ('tag_selectors' in rule || 'scope_selectors' in rule));
}

/** The tag retention of a Harbor project, or its rules for immutable tags. */
export function importHarborRetention(source: Source, data: unknown, ground: ImportGround): ImportedPolicy[] {
  return Array.isArray(data) ? importImmutable(source, ground) : importRetention(source, ground);
}

function importRetention(source: Source, { of }: ImportGround): ImportedPolicy[] {
  const read = parseSettings(source, Retention);
  const rules = read.data.rules.filter(({ disabled }) => disabled !== true);
  if (rules.length === 0) throw settingsError([read.problemAt(['rules'], 'every rule is disabled: there is nothing to import')]);
  // The first policy that matches a repository governs it, so those that are for fewer repositories come first.
  const scopes = narrowFirst(distinct(rules.map(scopeOf)), isSelectorWithin);
  return scopes.map((scope, index) => ({
    name: scopes.length === 1 ? 'retention' : `retention, ${selectionWords(scope, 'repositories')}`,
    comments: [
      `From the tag retention of a Harbor project, for ${selectionWords(scope, 'repositories')}.`,
      'Harbor keeps what any of its rules keeps. Here the first rule that selects a tag decides it, so each also keeps what those for a ' +
        'part of the same tags keep.',
      ...(rules.every((rule) => isEverything(tagsOf(rule))) ? [] : [OTHER_TAGS]),
      ...(of === undefined ? [ANY_PROJECT] : []),
    ],
    repositories: repositoryGlobsOf(scope, of),
    // Harbor never takes a tag off an image that stays.
    sharedTags: 'keep',
    original: originalHarbor(rules),
    rules: rulesOf(
      rules.filter((rule) => mayOverlap(scopeOf(rule), scope) && !scopes.slice(0, index).some((other) => sameAs(other, scopeOf(rule)))),
    ),
  }));
}

function importImmutable(source: Source, { of }: ImportGround): ImportedPolicy[] {
  const rules = parseSettings(source, ImmutableRules).data.filter(({ disabled }) => disabled !== true);
  const scopes = narrowFirst(distinct(rules.map(scopeOf)), isSelectorWithin);
  return scopes.map((scope) => ({
    name: scopes.length === 1 ? 'immutable tags' : `immutable tags, ${selectionWords(scope, 'repositories')}`,
    comments: [
      `From the rules for immutable tags of a Harbor project, for ${selectionWords(scope, 'repositories')}.`,
      ...(of === undefined ? [ANY_PROJECT] : []),
    ],
    repositories: repositoryGlobsOf(scope, of),
    protect: rules
      .filter((rule) => mayOverlap(scopeOf(rule), scope))
      .map(({ tag_selectors: [tags] }) => ({
        part: { tags: tagGlobsOf(tags), wholeImage: true as const },
        comments: [`immutable: ${selectionWords(tags, 'tags')}. Harbor refuses to delete them in any case.`],
      })),
    rules: [keepsAll({ name: 'everything', tags: ['**'] }, 'A policy needs a rule; this one deletes nothing.')],
    original: () => ({ images: [], tags: [] }),
    onlyProtects: true,
  }));
}

/** The rules of one policy: the narrowest selection first, and last what no rule keeps. */
function rulesOf(rules: readonly RetentionRule[]): Commented<RuleSpec>[] {
  const selections = narrowFirst(distinct(rules.map(tagsOf)), isSelectorWithin);
  const counting = rules.filter((rule) => selectsUntagged(tagsOf(rule)));
  const imported = selections.map((selection, index) => {
    const own = rules.filter((rule) => sameAs(tagsOf(rule), selection));
    const wider = selections.slice(index + 1).filter((other) => mayOverlap(other, selection));
    const besides = rules.filter((rule) => wider.some((other) => sameAs(tagsOf(rule), other)));
    const partly = besides.filter((rule) => rule.template === 'latestPushedK' && !isSelectorWithin(selection, tagsOf(rule)));
    return ruleOf({ name: nameOf(selection), tags: tagGlobsOf(selection) }, own, besides, partly);
  });
  const rest: Commented<RuleSpec> = {
    part: { name: 'all others', tags: ['**'], keep: 'none' },
    comments: ['Harbor deletes what none of its rules keeps.'],
  };
  // They have no time of a tag, so that they are ranked by themselves, by their push; that keeps no fewer of either.
  const bare =
    counting.length > 0
      ? ruleOf({ name: 'untagged', untagged: true }, counting, [], [])
      : { part: { name: 'untagged', untagged: true as const, keep: 'none' as const }, comments: rest.comments };
  return [...imported, ...(selections.some(isEverything) ? [] : [rest]), bare];
}

/** One rule for all that Harbor has for a selection; `partly` are those of `besides` whose newest cannot be counted here. */
function ruleOf(
  rule: Omit<RuleSpec, 'keep'>,
  own: readonly RetentionRule[],
  besides: readonly RetentionRule[],
  partly: readonly RetentionRule[],
): Commented<RuleSpec> {
  const all = [...own, ...besides];
  const comments = [...own.map(wordsOf), ...besides.map((one) => `kept besides, for a part of these: ${wordsOf(one)}`)];
  if (all.some(({ template }) => template === 'always')) return keepsAll(rule, ...comments);
  if (all.some(({ template }) => template === 'latestPulledN'))
    return keepsAll(
      rule,
      ...comments,
      'NOT IMPORTED: by pulls, Harbor takes what was never pulled for the oldest, and "order: pulled" goes by its push then: they keep ' +
        'different images. If that is meant, write order: pulled and keep: {last: N} in the place of keep: all.',
    );
  if (partly.length > 0)
    return keepsAll(rule, ...comments, 'NOT IMPORTED: the newest of selections that overlap in part cannot be counted together here.');
  const most = (template: RetentionRule['template']): number | undefined => {
    const numbers = all.flatMap((one) => (one.template === template ? [one.params[template] as number] : []));
    return numbers.length === 0 ? undefined : Math.max(...numbers);
  };
  const [last, days, pulledDays] = [most('latestPushedK'), most('nDaysSinceLastPush'), most('nDaysSinceLastPull')];
  if (pulledDays !== undefined && days === undefined)
    comments.push('Harbor deletes what was never pulled, however new; pulledDays also keeps what was pushed within that time.');
  const keep = {
    ...(last !== undefined && { last }),
    ...(days !== undefined && { days }),
    ...(pulledDays !== undefined && { pulledDays }),
  };
  return { comments, part: { ...rule, ...(rule.tags && { order: 'tagged' }), keep } };
}

function wordsOf({ id, template, params, tag_selectors: [selector] }: RetentionRule): string {
  const value = template === 'always' ? '' : ` ${params[template]}`;
  return `Harbor rule${id === undefined ? '' : ` ${id}`}: ${template}${value}, ${selectionWords(selector, 'tags')}`;
}

function nameOf({ decoration, pattern }: HarborSelector): string {
  return decoration === 'excludes' ? `all but ${pattern}` : pattern || '**';
}

function tagsOf({ tag_selectors: [selector] }: RetentionRule): HarborSelector {
  return selector;
}

function isEverything(selector: HarborSelector): boolean {
  return tagGlobsOf(selector).join() === '**';
}

function scopeOf({ scope_selectors }: Pick<RetentionRule, 'scope_selectors'>): HarborSelector {
  return scope_selectors.repository[0];
}

function distinct(selectors: readonly HarborSelector[]): HarborSelector[] {
  return selectors.filter((one, index) => selectors.findIndex((other) => sameAs(one, other)) === index);
}

function sameAs(one: HarborSelector, other: HarborSelector): boolean {
  return one.decoration === other.decoration && one.pattern === other.pattern;
}
