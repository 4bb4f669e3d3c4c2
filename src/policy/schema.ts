import { RE2JS } from 're2js';
import semver from 'semver';
import { z } from 'zod';
import { isDigest } from '../domain/digest.ts';
import { SEVERITIES } from '../domain/inventory.ts';
import { isGlob } from './glob.ts';
import { captureNames } from './regex.ts';
import { parseDuration, parseSize } from './units.ts';

/** The orders of a rule; the first three read a time, the others read the tag. */
export const ORDERS = ['pushed', 'created', 'tagged', 'semver', 'numeric', 'alphabetical'] as const;
export type Order = (typeof ORDERS)[number];

/** True of an order that reads a time. */
export function isTimeOrder(order: Order): boolean {
  return order === 'pushed' || order === 'created' || order === 'tagged';
}

const count = z.int().min(0);
const days = z.number().min(0);
const globs = z
  .array(z.string().refine((glob) => isGlob(glob.replace(/^!/, '')), { error: 'not a valid glob' }))
  .refine((list) => list.some((glob) => !glob.startsWith('!')), { error: 'needs at least one glob without "!": on their own, "!" globs select nothing' });
const plainGlobs = z.array(z.string().refine((glob) => !glob.startsWith('!') && isGlob(glob), { error: 'not a valid glob ("!" belongs in "exclude")' })).min(1);
const exactMap = z.record(z.string(), z.string()).refine((map) => Object.keys(map).length > 0, { error: 'needs at least one name and value' });
const regex = z.string().superRefine((pattern, context) => {
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `not a valid RE2 expression: ${error instanceof Error ? error.message : String(error)}` });
  }
});
const duration = z.string().refine((text) => parseDuration(text) !== undefined, { error: 'not a duration: write a whole number and s, m, h, d or w, such as 12h or 30d' });
const size = z.union([z.int().min(0), z.string()]).refine((value) => typeof value === 'number' || parseSize(value) !== undefined, {
  error: 'not a size: write bytes, or a number and KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 500MB',
});

const TagSelector = z.union([
  globs,
  z
    .strictObject({
      include: plainGlobs.optional(),
      exclude: plainGlobs.optional(),
      regex: regex.optional(),
      semver: z.string().refine((range) => semver.validRange(range) !== null, { error: 'not a semver range' }).optional(),
    })
    .refine((tags) => Object.keys(tags).length > 0, { error: 'needs at least one of include, exclude, regex and semver' }),
]);

const Keep = z.union([
  z.enum(['all', 'none']),
  z
    .strictObject({ last: count.optional(), days: days.optional(), pulledDays: days.optional(), max: count.optional() })
    .refine((keep) => Object.keys(keep).length > 0, { error: 'needs at least one of last, days, pulledDays and max' }),
]);

const RuleSpec = z
  .strictObject({
    name: z.string().min(1),
    tags: TagSelector.optional(),
    untagged: z.literal(true).optional(),
    orphaned: z.literal(true).optional(),
    labels: exactMap.optional(),
    annotations: exactMap.optional(),
    mediaTypes: plainGlobs.optional(),
    artifactTypes: plainGlobs.optional(),
    platforms: plainGlobs.optional(),
    largerThan: size.optional(),
    signed: z.boolean().optional(),
    vulnerabilities: z.strictObject({ atLeast: z.enum(SEVERITIES) }).optional(),
    order: z.enum(ORDERS).optional(),
    per: z.string().min(1).optional(),
    keep: Keep,
  })
  .superRefine((rule, context) => {
    const issue = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    const kinds = (['tags', 'untagged', 'orphaned'] as const).filter((kind) => rule[kind] !== undefined);
    for (const kind of kinds.slice(1)) issue(kind, `cannot stand beside "${kinds[0]}": a rule selects tags, untagged images or orphaned attachments`);
    const { name: _name, keep: _keep, order, per, ...selectors } = rule;
    if (Object.keys(selectors).length === 0) context.addIssue({ code: 'custom', path: [], message: 'selects nothing: a rule needs a selector, such as tags: ["**"] for every tag' });
    const tagged = rule.untagged === undefined && rule.orphaned === undefined;
    if (!tagged && order !== undefined && (!isTimeOrder(order) || order === 'tagged')) issue('order', `"${order}" reads tags, and what this rule selects has none: use pushed or created`);
    if (!tagged && per !== undefined && per !== 'repository') issue('per', 'groups by tags, and what this rule selects has none');
    if (per !== undefined && !['repository', 'major', 'minor'].includes(per)) {
      const pattern = rule.tags !== undefined && !Array.isArray(rule.tags) ? rule.tags.regex : undefined;
      const names = pattern === undefined ? [] : captureNames(pattern);
      if (!names.includes(per)) {
        issue('per', `"${per}" is neither repository, major nor minor nor a capture of the rule's tags.regex${names.length > 0 ? ` (it has ${names.join(', ')})` : ', such as (?<branch>.+)'}`);
      }
    }
  });

const ProtectSpec = z
  .strictObject({
    tags: globs.optional(),
    digests: z.array(z.string().refine(isDigest, { error: 'not a whole digest, such as sha256: and 64 hexadecimal digits' })).min(1).optional(),
    labels: exactMap.optional(),
    signed: z.literal(true).optional(),
  })
  .refine((entry) => Object.keys(entry).length === 1, { error: 'needs exactly one of tags, digests, labels and signed; write one list entry for each' });

const LimitsSpec = z.strictObject({
  maxDeletions: count.optional(),
  maxDeletePercent: z.number().min(0).max(100).optional(),
  maxDeleteBytes: size.optional(),
});

const PolicySpec = z.strictObject({
  name: z.string().min(1),
  registries: z.array(z.string().min(1)).min(1).optional(),
  repositories: globs.optional(),
  keepAtLeast: count.optional(),
  grace: duration.optional(),
  sharedTags: z.enum(['untag', 'keep']).optional(),
  protect: z.array(ProtectSpec).optional(),
  limits: LimitsSpec.optional(),
  rules: z.array(RuleSpec).min(1),
});

/** A policy file as written: design section 3. Also the source of `policies/policy.schema.json`. */
export const PolicyFile = z
  .strictObject({ version: z.literal(1), policies: z.array(PolicySpec).min(1) })
  .superRefine((file, context) => {
    const unique = (names: readonly string[], path: (index: number) => (string | number)[]): void =>
      names.forEach((name, index) => {
        if (names.indexOf(name) < index) context.addIssue({ code: 'custom', path: path(index), message: `the name "${name}" is taken by an earlier one` });
      });
    unique(file.policies.map((policy) => policy.name), (index) => ['policies', index, 'name']);
    file.policies.forEach((policy, at) => unique(policy.rules.map((rule) => rule.name), (index) => ['policies', at, 'rules', index, 'name']));
  });
export type PolicyFile = z.infer<typeof PolicyFile>;
export type PolicySpec = z.infer<typeof PolicySpec>;
export type RuleSpec = z.infer<typeof RuleSpec>;
export type ProtectSpec = z.infer<typeof ProtectSpec>;
