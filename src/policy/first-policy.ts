import { byCodeUnit } from '../domain/compare.ts';
import { compileRegex } from './regex.ts';

/** A way of naming tags that is recognised, and the rule that is written for it. */
interface Pattern {
  readonly name: string;
  /** A whole tag, in RE2. */
  readonly regex: string;
  /** The lines of its rule behind `tags`, and what they mean. */
  readonly lines: readonly string[];
}

/** So few tags do not make a pattern. */
const FEWEST = 3;
/** Tags that are named as examples. */
const EXAMPLES = 3;
/** Tags that are moved from image to image: the image behind one is wanted. */
const MOVING = /^(?:latest|stable|edge|current|main|master|develop|dev|test|staging|prod|production|canary|nightly|release)$/i;

/** In this order: the first that a tag fits is its pattern. */
const PATTERNS: readonly Pattern[] = [
  {
    name: 'releases',
    regex: 'v?[0-9]+\\.[0-9]+\\.[0-9]+',
    lines: ['order: semver # the highest version is the newest, whenever it was pushed', 'per: minor', 'keep: { last: 10 }'],
  },
  {
    name: 'release candidates',
    regex: 'v?[0-9]+\\.[0-9]+\\.[0-9]+-[0-9A-Za-z.-]+',
    lines: ['order: semver', 'per: minor', 'keep: { last: 3, days: 90 }'],
  },
  { name: 'dated builds', regex: '.*20[0-9]{2}[-.]?[01][0-9][-.]?[0-3][0-9].*', lines: ['keep: { last: 7, days: 30 }'] },
  {
    name: 'branch builds',
    regex: '(?<branch>.+)-[0-9a-f]{7,40}',
    lines: ['per: branch # each branch by itself', 'keep: { last: 3, days: 30 }'],
  },
  { name: 'commits', regex: '[0-9a-f]{7,40}', lines: ['keep: { last: 20, days: 30 }'] },
  { name: 'numbered builds', regex: '(?:.*[^0-9.])?[0-9]+', lines: ['order: numeric', 'keep: { last: 10, days: 30 }'] },
];

/** What a first policy is written from. */
export interface PolicyGround {
  readonly tags: readonly string[];
  /** Images without a tag that the registry lists. */
  readonly untagged: number;
  /** Names and globs of the repositories that it is for; default: every one. */
  readonly repositories?: readonly string[];
  /** Percent that its limit lets a plan delete; default 50. */
  readonly mostPercent?: number;
}

/**
 * A first policy as YAML, with a rule for each way of naming tags that at least three tags follow. A tag that follows none is selected by
 * no rule, so it stays.
 */
export function firstPolicy({ tags, untagged, repositories = ['**'], mostPercent = 50 }: PolicyGround): string {
  const moving = [...new Set(tags.filter((tag) => MOVING.test(tag)))].toSorted(byCodeUnit);
  const compiled = PATTERNS.map((pattern) => ({ pattern, matches: compileRegex(pattern.regex) }));
  const found = new Map<Pattern, string[]>();
  let others = 0;
  for (const tag of tags) {
    if (MOVING.test(tag)) continue;
    const fits = compiled.find(({ matches }) => matches(tag) !== undefined);
    if (!fits) others += 1;
    else if (found.has(fits.pattern)) found.get(fits.pattern)?.push(tag);
    else found.set(fits.pattern, [tag]);
  }
  const rules = PATTERNS.flatMap((pattern) => {
    const those = found.get(pattern) ?? [];
    if (those.length < FEWEST) {
      others += those.length;
      return [];
    }
    const examples = those.slice(0, EXAMPLES).join(', ');
    return [
      `      # ${those.length} tags, such as ${examples}`,
      `      - name: ${pattern.name}`,
      `        tags: { regex: '${pattern.regex}' }`,
      ...pattern.lines.map((line) => `        ${line}`),
    ];
  });
  const bare =
    untagged > 0 ? [`      # ${untagged} images without a tag`, '      - { name: untagged, untagged: true, keep: { days: 7 } }'] : [];
  // A policy needs a rule; this one keeps all.
  const all = rules.length + bare.length > 0 ? [...rules, ...bare] : ["      - { name: everything, tags: ['**'], keep: all }"];
  return [
    '# yaml-language-server: $schema=./policy.schema.json',
    '#',
    '# A first policy, written from the tags that were there. Look at what it would do, and change it; "policy check" finds every mistake,',
    '# and "policy schema > policy.schema.json" gives editors the schema.',
    'version: 1',
    'policies:',
    '  - name: first',
    `    repositories: [${repositories.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ')}]`,
    '    grace: 1d # nothing that was pushed or tagged within the last day is touched',
    '    # A plan that deletes more than this of what its rules could delete is not carried out.' +
      (mostPercent > 50 ? ' The first plan needs so much, later ones less.' : ''),
    `    limits: { maxDeletePercent: ${mostPercent} }`,
    ...(moving.length > 0 ? ['    protect:', `      - tags: [${moving.join(', ')}]`] : []),
    ...(others > 0 ? [`    # ${others} other tags fit no rule, so they stay.`] : []),
    '    rules:',
    ...all,
    '',
  ].join('\n');
}
