import { isObject } from '../domain/json.ts';
import type { Source } from '../diagnostics/source.ts';
import { compileGlobs } from '../policy/glob.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';
import { type Commented, type ImportedPolicy, keepsAll } from './imported-policy.ts';
import { originalZot } from './original/zot.ts';
import { parseSettings, settingsError } from './parse-settings.ts';
import { tagsFoundBy } from './whole-tag.ts';
import { type ZotBounds, ZotConfig, type ZotPolicy, type ZotStorage } from './settings/zot-retention.ts';

const COUNTS_TAGS = 'zot counts tags; here the images are counted that have them, which keeps no fewer.';
const OTHERS_STAY =
  'zot also deletes manifests without a tag in repositories that no policy of it names; here these repositories are left alone.';
/** What versions of zot waited before they took what has no tag, where nothing says how long. */
const FORMER_DELAY = '24h';

export function isZotRetention(data: unknown): boolean {
  if (!isObject(data) || !isObject(data['storage'])) return false;
  const { storage: main } = data;
  const all = [main, ...(isObject(main['subPaths']) ? Object.values(main['subPaths']) : [])];
  return all.some((one) => isObject(one) && 'retention' in one);
}

/** The retention of zot, from its configuration. */
export function importZotRetention(source: Source): ImportedPolicy[] {
  const read = parseSettings(source, ZotConfig);
  const { subPaths, ...main } = read.data.storage;
  const folders = Object.entries(subPaths).map(([path, one]) => ({ folder: path.replace(/^\/+/, ''), ...one }));
  const taken = folders.map(({ folder }) => `!${globOf(folder)}/**`);
  const imported = [
    // What is below the path of a storage is that storage's alone.
    ...folders.flatMap((one) => policiesOf(one, (pattern) => within(pattern, one.folder))),
    ...policiesOf(main as ZotStorage, (pattern) => escaped(pattern), taken),
  ];
  if (imported.length === 0)
    throw settingsError([read.problemAt(['storage'], 'has no retention policy with repositories: zot keeps every tag')]);
  const [first, ...others] = imported as [ImportedPolicy, ...ImportedPolicy[]];
  return [{ ...first, comments: [...first.comments, OTHERS_STAY] }, ...others];
}

/** The policies of one storage. `globOfPattern` tells the glob for a pattern, undefined where it matches nothing in that storage. */
function policiesOf(
  { gc, gcDelay, retention }: ZotStorage,
  globOfPattern: (pattern: string) => string | undefined,
  taken: readonly string[] = [],
): ImportedPolicy[] {
  if (!retention) return [];
  const { dryRun, delay, policies } = retention;
  const wait = [gcDelay, delay ?? FORMER_DELAY].toSorted((a, b) => (daysIn(b) ?? 0) - (daysIn(a) ?? 0))[0] as string;
  const off = !gc ? 'gc is off' : dryRun ? 'it is a dry run (dryRun)' : undefined;
  return policies.flatMap((policy) => {
    const globs = policy.repositories.map(globOfPattern).filter((glob) => glob !== undefined);
    if (globs.length === 0) return [];
    const names = policy.repositories.join(', ');
    return [
      {
        name: `retention of ${names}`,
        comments: [
          `From the retention of zot for the repositories ${names}.`,
          COUNTS_TAGS,
          ...(off === undefined ? [] : [`ATTENTION: there ${off}, and nothing is deleted.`]),
        ],
        repositories: [...globs, ...taken],
        rules: rulesOf(policy, wait),
        original: originalZot(policy, wait),
      },
    ];
  });
}

function rulesOf({ keepTags, keepUntagged, deleteUntagged, deleteReferrers }: ZotPolicy, wait: string): Commented<RuleSpec>[] {
  const rules = keepTags.map((entry, index): Commented<RuleSpec> => {
    const { patterns } = entry;
    const name = patterns.length > 0 ? patterns.join(', ') : `keepTags ${index + 1}`;
    const comment = `keepTags ${index + 1}: ${boundWords(entry) || 'all that the patterns find'}`;
    const tags = patterns.length === 0 ? ['**'] : tagsFoundBy(patterns.join('|'));
    if (tags === undefined) return keepsAll({ name, tags: ['**'] }, comment, 'NOT IMPORTED: RE2 does not know an expression of these.');
    if (entry.mostRecentlyPulledCount > 0) return unsaid({ name, tags }, entry, comment);
    const keep = keepOf(entry, 0);
    return keep === 'none' ? keepsAll({ name, tags }, comment) : { part: { name, tags, keep }, comments: [comment] };
  });
  if (keepTags.length === 0) rules.push(keepsAll({ name: 'tags', tags: ['**'] }, 'Without keepTags, zot keeps every tag.'));
  else if (!rules.some(({ part }) => Array.isArray(part.tags) && part.tags.includes('**')))
    rules.push({
      part: { name: 'all others', tags: ['**'], keep: 'none' },
      comments: ['zot deletes the tags that no entry of keepTags matches.'],
    });
  if (deleteUntagged) rules.push(untaggedRule(keepUntagged, wait));
  if (deleteReferrers)
    rules.push({
      part: { name: 'referrers', orphaned: true, keep: keepOf({}, daysIn(wait) as number) },
      comments: [`deleteReferrers, ${wait} after they were pushed.`],
    });
  return rules;
}

function untaggedRule(keepUntagged: ZotBounds | undefined, wait: string): Commented<RuleSpec> {
  const words = keepUntagged ? boundWords(keepUntagged) : '';
  const comment = `deleteUntagged, ${wait} after they were pushed${words === '' ? '' : `; keepUntagged: ${words}`}`;
  const rule = { name: 'untagged', untagged: true as const };
  if (keepUntagged && keepUntagged.mostRecentlyPulledCount > 0) return unsaid(rule, keepUntagged, comment);
  return { part: { ...rule, keep: keepOf(keepUntagged ?? {}, daysIn(wait) as number) }, comments: [comment] };
}

/** What any of the bounds keeps, and what is younger than `atLeast` days. Pushed is also pulled, for pulledWithin. */
function keepOf(
  { pulledWithin, pushedWithin, mostRecentlyPushedCount: last = 0 }: Partial<Omit<ZotBounds, 'mostRecentlyPulledCount'>>,
  atLeast: number,
): RuleSpec['keep'] {
  const pulled = pulledWithin === undefined ? 0 : (daysIn(pulledWithin) as number);
  const days = Math.max(atLeast, pulled, pushedWithin === undefined ? 0 : (daysIn(pushedWithin) as number));
  const keep = { ...(last > 0 && { last }), ...(days > 0 && { days }), ...(pulled > 0 && { pulledDays: pulled }) };
  return Object.keys(keep).length > 0 ? keep : 'none';
}

function unsaid(rule: Omit<RuleSpec, 'keep'>, entry: ZotBounds, comment: string): Commented<RuleSpec> {
  const keep = keepOf(entry, 0);
  return keepsAll(
    rule,
    comment,
    `NOT IMPORTED: the ${entry.mostRecentlyPulledCount} last pulled cannot be counted beside other words, and zot takes what was never ` +
      'pulled for the oldest. ' +
      (keep === 'none'
        ? 'If those pulled within a time are meant, write keep: {pulledDays: D} in the place of keep: all.'
        : `If the others are enough, write keep: ${JSON.stringify(keep).replaceAll('"', '').replaceAll(/[:,]/g, '$& ')} ` +
          `in the place of keep: all.`),
  );
}

function boundWords(entry: Partial<ZotBounds>): string {
  return (['mostRecentlyPushedCount', 'mostRecentlyPulledCount', 'pushedWithin', 'pulledWithin'] as const)
    .filter((word) => entry[word] !== undefined && entry[word] !== 0)
    .map((word) => `${word} ${entry[word]}`)
    .join(', ');
}

function escaped(pattern: string): string {
  return pattern.replace(/^!/, '\\!');
}

/** The glob for what a pattern matches below a folder; undefined where that is surely nothing. */
function within(pattern: string, folder: string): string | undefined {
  const [part = '', ...rest] = escaped(pattern).split('/');
  const below = (globs: readonly string[]): string => `${globOf(folder)}/${globs.join('/') === '**' ? '?**' : globs.join('/')}`;
  if (part === '**') return below(['**', ...rest]);
  return rest.length > 0 && compileGlobs([part])(folder) ? below(rest) : undefined;
}
