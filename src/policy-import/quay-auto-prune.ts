import { isObject } from '../domain/json.ts';
import type { Source } from '../diagnostics/source.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';
import { type Commented, FOR_ALL, type ImportedPolicy, type ImportGround, keepsAll } from './imported-policy.ts';
import { originalQuay } from './original/quay.ts';
import { parseSettings } from './parse-settings.ts';
import { globsFoundBy, tagsFoundBy } from './whole-tag.ts';
import { AutoPrunePolicy, Policies } from './settings/quay-auto-prune.ts';

export function isQuayAutoPrune(data: unknown): boolean {
  if (!isObject(data)) return false;
  const list = Array.isArray(data['policies']) ? data['policies'] : [data];
  return list.some((one) => isObject(one) && (one['method'] === 'number_of_tags' || one['method'] === 'creation_date'));
}

/** The auto-prune policies of an organization or a repository of Quay, or one of them. */
export function importQuayAutoPrune(source: Source, data: unknown, { of }: ImportGround): ImportedPolicy[] {
  const list =
    isObject(data) && 'policies' in data ? parseSettings(source, Policies).data.policies : [parseSettings(source, AutoPrunePolicy).data];
  const kinds = new Map<string, AutoPrunePolicy[]>();
  for (const policy of list) {
    const key = JSON.stringify([policy.tagPattern ?? '', policy.tagPatternMatches ?? true]);
    kinds.set(key, [...(kinds.get(key) ?? []), policy]);
  }
  return [
    {
      name: of === undefined ? 'auto-prune' : `auto-prune of ${of}`,
      comments: [
        `From the auto-prune policies of ${of ?? 'an organization or a repository'} of Quay.`,
        'Quay counts tags; here the images are counted that have them, which keeps no fewer.',
        ...(kinds.size > 1
          ? ['Quay deletes a tag by any of its policies; here the first rule that selects it decides, and keeps no fewer.']
          : []),
        'Quay also runs the policies of the organization on its repositories; here the first policy for a repository decides alone.',
        ...(of === undefined ? [FOR_ALL] : []),
      ],
      ...(of !== undefined && { repositories: [of.includes('/') ? globOf(of) : `${globOf(of)}/**`] }),
      rules: [...kinds.values()].flatMap(rulesFor),
      original: originalQuay(list),
    },
  ];
}

/** The rules for policies with one pattern: what all of them keep stays. */
function rulesFor(policies: readonly AutoPrunePolicy[], index: number): Commented<RuleSpec>[] {
  const [{ tagPattern, tagPatternMatches }] = policies as [AutoPrunePolicy];
  const comments = policies.map(wordsOf);
  const name = `auto-prune ${index + 1}`;
  const days = policies.flatMap(({ method, value }) => (method === 'creation_date' ? [daysIn(String(value)) as number] : []));
  const counts = policies.flatMap(({ method, value }) => (method === 'number_of_tags' ? [value as number] : []));
  const keep =
    days.length === 0 ? { last: Math.min(...counts) } : { days: Math.min(...days), ...(counts.length > 0 && { max: Math.min(...counts) }) };
  const rule = (tags: NonNullable<RuleSpec['tags']>): Commented<RuleSpec> => ({ part: { name, tags, order: 'tagged', keep }, comments });
  if (!tagPattern) return [rule(['**'])];
  const tags = tagsFoundBy(tagPattern);
  if (tags === undefined)
    return [keepsAll({ name, tags: ['**'] }, ...comments, 'NOT IMPORTED: RE2 does not know this pattern, so nothing goes by it.')];
  if (tagPatternMatches ?? true) return [rule(tags)];
  const globs = globsFoundBy(tagPattern);
  if (globs && !globs.includes('**')) return [rule({ exclude: globs })];
  return [keepsAll({ name: `not ${name}`, tags }, 'Tags that the pattern of the rule below leaves out.'), rule(['**'])];
}

function wordsOf({ method, value, tagPattern, tagPatternMatches }: AutoPrunePolicy): string {
  const which = tagPattern ? `, tags that ${tagPatternMatches === false ? 'do not match' : 'match'} ${tagPattern}` : '';
  return `Quay: ${method} ${value}${which}`;
}
