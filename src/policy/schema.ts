import { RE2JS } from 're2js';
import semver from 'semver';
import { z } from 'zod';
import { isDigest } from '../domain/digest.ts';
import { parseDuration } from '../domain/duration.ts';
import { SEVERITIES } from '../domain/inventory.ts';
import { isGlob } from './glob.ts';
import { captureNames } from './regex.ts';
import { parseSize } from './size.ts';

const TIME_ORDERS = ['pushed', 'created', 'tagged', 'pulled', 'active'] as const;

/** The orders of a rule; the first five read a time, the others read the tag. */
export const ORDERS = [...TIME_ORDERS, 'semver', 'numeric', 'alphabetical'] as const;
export type Order = (typeof ORDERS)[number];

/** True of an order that reads a time. */
export function isTimeOrder(order: Order): boolean {
  return (TIME_ORDERS as readonly Order[]).includes(order);
}

// Texts in describe() and meta() go into policies/policy.schema.json, where editors show them; so do patterns that say what a refinement checks.
const count = z.int().min(0);
const days = z.number().min(0);
const globs = z
  .array(z.string().refine((glob) => isGlob(glob.replace(/^!/, '')), { error: 'not a valid glob' }))
  .refine((list) => list.some((glob) => !glob.startsWith('!')), {
    error: 'needs at least one glob without "!": on their own, "!" globs select nothing',
  })
  .meta({ minItems: 1 });
const plainGlobs = z
  .array(
    z.string().refine((glob) => !glob.startsWith('!') && isGlob(glob), {
      error: 'not a valid glob, or one with "!", which cannot stand in this list',
    }),
  )
  .min(1);
const globMap = z
  .record(
    z.string(),
    z.string().refine((glob) => !glob.startsWith('!') && isGlob(glob), {
      error: 'not a valid glob, or one with "!", which cannot stand here',
    }),
  )
  .refine((map) => Object.keys(map).length > 0, { error: 'needs at least one name and value' })
  .meta({ minProperties: 1 });
const isTrue = z.literal(true, { error: 'can only be true: leave it out otherwise' });
const regex = z.string().superRefine((pattern, context) => {
  const problem = regexProblem(pattern);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `not a valid RE2 expression: ${problem}` });
});
const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, {
    error: 'not a duration: write a whole number and s, m, h, d or w, such as 12h or 30d',
  })
  .meta({ pattern: '^[0-9]+[smhdw]$', examples: ['1h', '2d'] });
const size = z
  .union([z.int().min(0), z.string().meta({ pattern: '^[0-9]+(\\.[0-9]+)?\\s*([KMGT]i?B|B)$' })])
  .refine((value) => typeof value === 'number' || parseSize(value) !== undefined, {
    error: 'not a size: write bytes, or a number and KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 500MB',
  })
  .meta({ examples: ['500MB', '2TiB'] });

function regexProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const TagSelector = z
  .union([
    globs.describe('Globs over whole tags, such as ["v*", "!v0.*"]: some plain one must match, no "!" one may.'),
    z
      .strictObject({
        include: plainGlobs.optional().describe('Globs of which one must match; default every tag.'),
        exclude: plainGlobs.optional().describe('Globs of which none may match.'),
        regex: regex.optional().describe('An RE2 expression for the whole tag; captures such as (?<branch>.+) can be named by "per".'),
        semver: z
          .string()
          .refine((range) => semver.validRange(range) !== null, { error: 'not a semver range, such as ">=1.0.0 <2.0.0"' })
          .optional()
          .describe('A semver range, such as ">=1.0.0 <2.0.0". Tags that are no whole version are not selected.'),
      })
      .refine((tags) => Object.keys(tags).length > 0, { error: 'needs at least one of include, exclude, regex and semver' })
      .meta({ minProperties: 1 }),
  ])
  .describe('Which tags: a list of globs, or a map of include, exclude, regex and semver that must all hold.');

const Keep = z
  .union([
    z.enum(['all', 'none']).describe('all: nothing expires. none: everything expires.'),
    z
      .strictObject({
        last: count.optional().describe('The newest N of each group.'),
        days: days.optional().describe('Those no older than D days of 24 hours, by the time that "order" names.'),
        pulledDays: days
          .optional()
          .describe('Those pulled within the last D days, and those no older than D days. Needs a registry that records pulls.'),
        max: count.optional().describe('Of what days, pulledDays and label keep, no more than the newest N; on its own, the newest N.'),
        label: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Those no older than the duration in this label of the image itself, such as quay.expires-after. Needs a registry that tells labels.',
          ),
        older: count.optional().describe('Of those that are older than "days", the newest N stay too.'),
        groups: count.optional().describe('"last" and "max" count in the newest N groups only; needs "per" with a capture.'),
      })
      .refine((keep) => Object.keys(keep).length > 0, {
        error: 'needs at least one of last, days, pulledDays, max, label, older and groups',
      })
      .meta({ minProperties: 1 }),
  ])
  .describe('What stays of what the rule selects; the rest expires. What any of last, days and pulledDays keeps is kept.');

const RuleSpec = z
  .strictObject({
    name: z.string().min(1).describe('Shown in plans as the reason; unique within the policy.'),
    tags: TagSelector.optional(),
    untagged: z
      .literal([true, 'too'], { error: 'can only be true or too: leave it out otherwise' })
      .optional()
      .describe(
        'true, instead of tags: selects images without a tag that nothing refers to. "too", beside tags: these are counted together with the tagged ones.',
      ),
    orphaned: z
      .union([
        z.literal(true),
        z.strictObject({
          subjectsIn: globs.describe('Globs over the names of the repositories that the attachments of this one may belong to.'),
        }),
      ])
      .optional()
      .describe(
        'Selects signatures and other attachments whose image is gone, instead of tags. In a repository that holds attachments alone, say where their images are: {subjectsIn: ["team/**"]}.',
      ),
    labels: globMap.optional().describe('Labels that the image must have, with values that match these globs; "*" asks for any value.'),
    annotations: globMap
      .optional()
      .describe('Annotations that the manifest must have, with values that match these globs; "*" asks for any value.'),
    mediaTypes: plainGlobs.optional().describe('Globs over the media type of the manifest.'),
    artifactTypes: plainGlobs.optional().describe('Globs over the artifact type of the manifest.'),
    platforms: plainGlobs.optional().describe('Globs over os/architecture[/variant]; of an index, one of its children must match.'),
    largerThan: size.optional().describe('Images larger than this.'),
    signed: z.boolean().optional().describe('Images that have a signature (true) or have none (false).'),
    vulnerabilities: z
      .strictObject({ atLeast: z.enum(SEVERITIES).describe('The mildest severity that selects.') })
      .optional()
      .describe('Images whose last scan found something of at least this severity. An image that was not scanned is not selected.'),
    order: z
      .enum(ORDERS)
      .optional()
      .describe('What "newest" means; default pushed. semver, numeric and alphabetical read the tag, the others a time.'),
    per: z
      .string()
      .min(1)
      .optional()
      .describe(
        'One group for each: repository (default), major or minor version, or a capture of tags.regex. "keep" counts in each group by itself.',
      ),
    live: z
      .record(z.string().min(1), z.string().min(1))
      .refine((live) => Object.keys(live).length === 1, { error: 'needs one capture and the list that it is looked up in' })
      .optional()
      .describe(
        'A capture of tags.regex and a list from "lists" in the config, such as {branch: branches}: a tag whose capture names something in that list is kept, the others go on to "keep".',
      )
      .meta({ minProperties: 1, maxProperties: 1 }),
    keep: Keep,
    action: z
      .enum(['delete', 'archive'])
      .optional()
      .describe(
        'What happens to an image that expires; default delete. archive: it stays, in the archive of the registry, from where it must be restored before it can be pulled.',
      ),
  })
  .superRefine(checkRule, { when: ({ value }) => isMap(value) })
  .describe('What it selects, and what of that it keeps.');

// Runs beside other problems, so that all are told at once: nothing about the rule is certain but that it is a map.
function checkRule(rule: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const issue = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  const kinds = (['tags', 'untagged', 'orphaned'] as const).filter((kind) => rule[kind] !== undefined && rule[kind] !== 'too');
  for (const kind of kinds.slice(1))
    issue(kind, `cannot stand beside "${kinds[0]}": a rule selects tags, untagged images or orphaned attachments`);
  const { name: _name, keep: _keep, action, order, per, live: _live, ...selectors } = rule;
  if (Object.keys(selectors).length === 0) {
    context.addIssue({ code: 'custom', path: [], message: 'selects nothing: a rule needs a selector, such as tags: ["**"] for every tag' });
  }
  const tagged = (rule['untagged'] === undefined || rule['untagged'] === 'too') && rule['orphaned'] === undefined;
  if (rule['orphaned'] !== undefined && action === 'archive')
    issue('action', 'cannot be archive here: attachments of images that are gone are deleted or stay');
  const known = ORDERS.find((name) => name === order);
  if (!tagged && known !== undefined && !isTimeOrder(known)) {
    issue('order', `"${known}" reads tags, and what this rule selects has none: use pushed or created`);
  }
  if (typeof per !== 'string' || per === '') return;
  if (!tagged && per !== 'repository') issue('per', 'groups by tags, and what this rule selects has none');
  else if (!['repository', 'major', 'minor'].includes(per)) checkCapture(rule['tags'], per, issue);
}

function checkCapture(tags: unknown, per: string, issue: (key: string, message: string) => void): void {
  const pattern = isMap(tags) ? tags['regex'] : undefined;
  if (pattern !== undefined && (typeof pattern !== 'string' || regexProblem(pattern) !== undefined)) return;
  const names = pattern === undefined ? [] : captureNames(pattern);
  if (names.includes(per)) return;
  const has = names.length > 0 ? `, which has ${names.join(', ')}` : ', such as (?<branch>.+)';
  issue('per', `"${per}" is neither repository, major nor minor nor a capture of the rule's tags.regex${has}`);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ProtectSpec = z
  .strictObject({
    tags: globs
      .optional()
      .describe('These tags, as globs: each stays, and its image with it; other tags of that image are not held by it.'),
    wholeImage: isTrue.optional().describe('Beside tags: an image that has one of them is protected with all its tags.'),
    digests: z
      .array(
        z
          .string()
          .refine(isDigest, { error: 'not a whole digest, such as sha256: and 64 lower-case hexadecimal digits' })
          .meta({ pattern: '^sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$' }),
      )
      .min(1)
      .optional()
      .describe('These manifests.'),
    labels: globMap
      .optional()
      .describe('Images that have all of these labels, with values that match these globs; "*" asks for any value.'),
    signed: isTrue.optional().describe('Images that have a signature.'),
  })
  .refine(({ wholeImage: _wholeImage, ...entry }) => Object.keys(entry).length === 1, {
    error: 'needs exactly one of tags, digests, labels and signed; write one list entry for each',
  })
  .refine(({ wholeImage, tags }) => wholeImage === undefined || tags !== undefined, {
    path: ['wholeImage'],
    error: 'belongs beside "tags": what else stands here protects whole images in any case',
  })
  .meta({ minProperties: 1, maxProperties: 2 });

const LimitsSpec = z.strictObject({
  maxDeletions: count.optional().describe('Images.'),
  maxDeletePercent: z.number().min(0).max(100).optional().describe('Percent of all images of the governed repositories.'),
  maxDeleteBytes: size.optional().describe('Bytes, by the size of what is deleted.'),
});

const PolicySpec = z.strictObject({
  name: z.string().min(1).describe('Shown in plans; unique among all policies of a run.'),
  registries: z.array(z.string().min(1)).min(1).optional().describe('Names of registries from the config; default every registry given.'),
  repositories: globs
    .optional()
    .describe('Globs over repository names, "!" takes out; default ["**"]. The first policy that matches a repository governs it.'),
  keepAtLeast: count
    .optional()
    .describe(
      'A floor: so many tagged images of each repository stay, whichever they are; where the rules leave fewer, the newest of the others stay too. Default 1; 0 lets a repository become empty.',
    ),
  keepNewest: count.optional().describe('The newest N tagged images of each repository stay, whatever the rules say of them; default 0.'),
  grace: duration
    .optional()
    .describe('Nothing younger than this is touched, by the newest of the times when it was pushed, tagged or first seen; default 1h.'),
  signaturesIn: globs
    .optional()
    .describe('Globs over the names of the repositories that hold the signatures of these, where they stand apart (COSIGN_REPOSITORY).'),
  danglingTags: z
    .enum(['block', 'ignore'])
    .optional()
    .describe(
      'A tag that the registry lists and whose manifest is not there: block (default) deletes nothing in that repository, ignore goes on without the tag.',
    ),
  sharedTags: z
    .enum(['untag', 'keep'])
    .optional()
    .describe('What happens to an expired tag whose image stays by another tag; default untag.'),
  protect: z.array(ProtectSpec).optional().describe('What no rule can delete. Each entry names one kind of thing.'),
  limits: LimitsSpec.optional().describe('A plan that deletes more than any of these is not carried out at all.'),
  perRun: z
    .strictObject({ deletions: count.describe('So many in one run, the oldest first; the others are left for the next run.') })
    .optional()
    .describe('How much one run does at most. Unlike limits, it never stops a plan.'),
  rules: z.array(RuleSpec).min(1).describe('In order: the first rule that selects a tag decides it; a tag that no rule selects stays.'),
});

/** A policy file as written: design section 3. Also the source of `policies/policy.schema.json`. */
export const PolicyFile = z
  .strictObject({
    version: z.literal(1).describe('The version of this format.'),
    policies: z.array(PolicySpec).min(1).describe('The first one that matches a repository governs it.'),
  })
  .superRefine(checkNames, { when: ({ value }) => isMap(value) });

function checkNames(file: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const unique = (list: unknown, path: readonly (string | number)[]): void => {
    const taken = new Set<string>();
    mapsIn(list).forEach(({ name }, index) => {
      if (typeof name !== 'string') return;
      if (taken.has(name))
        context.addIssue({ code: 'custom', path: [...path, index, 'name'], message: `the name "${name}" is taken by an earlier one` });
      taken.add(name);
    });
  };
  unique(file['policies'], ['policies']);
  mapsIn(file['policies']).forEach((policy, index) => unique(policy['rules'], ['policies', index, 'rules']));
}

function mapsIn(list: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.map((entry: unknown) => (isMap(entry) ? entry : {})) : [];
}

export type PolicyFile = z.infer<typeof PolicyFile>;
export type PolicySpec = z.infer<typeof PolicySpec>;
export type RuleSpec = z.infer<typeof RuleSpec>;
export type ProtectSpec = z.infer<typeof ProtectSpec>;
