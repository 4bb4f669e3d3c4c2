import * as z from 'zod';
import { isDigest } from '../domain/digest.ts';
import { isObject } from '../domain/json.ts';
import { globMap, repositoryGlobs, tagGlobs } from './glob-schemas.ts';
import { RuleSpec } from './rule-schema.ts';
import { count, duration, isTrue, size } from './scalar-schemas.ts';
import { unreachablePolicies, unreachableRules } from './unreachable.ts';

const ProtectSpec = z
  .strictObject({
    tags: tagGlobs
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
  maxDeletions: count
    .optional()
    .describe('Everything that rules delete: images, untagged manifests, orphaned attachments. What only goes along is not counted.'),
  maxDeletePercent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('Percent of everything that rules could delete in the governed repositories.'),
  maxDeleteBytes: size.optional().describe('Bytes, by the size of what is deleted.'),
});

const PolicySpec = z
  .strictObject({
    name: z.string().min(1).describe('Shown in plans; unique among all policies of a run.'),
    registries: z.array(z.string().min(1)).min(1).optional().describe('Names of registries from the config; default every registry given.'),
    repositories: repositoryGlobs
      .optional()
      .describe('Globs over repository names, "!" takes out; default ["**"]. The first policy that matches a repository governs it.'),
    keepAtLeast: count
      .optional()
      .describe(
        'A floor: so many tagged images of each repository stay, whichever they are; where the rules leave fewer, the newest of the ' +
          'others stay too. Default 1; 0 lets a repository become empty.',
      ),
    keepNewest: count.optional().describe('The newest N tagged images of each repository stay, whatever the rules say of them; default 0.'),
    grace: duration
      .optional()
      .describe('Nothing younger than this is touched, by the newest of the times when it was pushed, tagged or first seen; default 1h.'),
    signaturesIn: repositoryGlobs
      .optional()
      .describe('Globs over the names of the repositories that hold the signatures of these, where they stand apart (COSIGN_REPOSITORY).'),
    danglingTags: z
      .enum(['block', 'ignore'])
      .optional()
      .describe(
        'A tag that the registry lists and whose manifest is not there: block (default) deletes nothing in that repository, ignore goes ' +
          'on without the tag.',
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
  })
  .superRefine(checkRules, { when: ({ value }) => isObject(value) });

/** What says which repositories a policy governs. */
const Governing = z.object({
  name: PolicySpec.shape.name,
  registries: PolicySpec.shape.registries,
  repositories: PolicySpec.shape.repositories,
});

/** A policy file as written: design section 3. Also the source of `policies/policy.schema.json`. */
export const PolicyFile = z
  .strictObject({
    version: z.literal(1).describe('The version of this format.'),
    policies: z.array(PolicySpec).min(1).describe('The first one that matches a repository governs it.'),
  })
  .superRefine(checkPolicies, { when: ({ value }) => isObject(value) });

// The checks run beside other problems, so that all are told at once: nothing about the value is certain but that it is a map.

function checkRules(policy: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const rules = mapsIn(policy['rules']);
  checkNames(rules, 'rules', context);
  const valid = rules.map((rule) => RuleSpec.safeParse(rule).data);
  for (const { index, by } of unreachableRules(valid)) {
    const message = `nothing is left for this rule: "${by}" above it takes all that it selects`;
    context.addIssue({ code: 'custom', path: ['rules', index, 'name'], message });
  }
  // Images without a tag are asked for together with tags, before any rule for them alone.
  const firstToo = (from: number): RuleSpec | undefined => valid.slice(from).find((rule) => rule?.untagged === 'too');
  valid.forEach((rule, index) => {
    const below = rule?.untagged === true ? firstToo(index) : undefined;
    if (below === undefined) return;
    const message = `"${below.name}" below counts untagged images beside tags, and so it is asked before this rule: put it above`;
    context.addIssue({ code: 'custom', path: ['rules', index, 'untagged'], message });
  });
}

function checkPolicies(file: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const policies = mapsIn(file['policies']);
  checkNames(policies, 'policies', context);
  const valid = policies.map((policy) => Governing.safeParse(policy).data);
  for (const { index, by } of unreachablePolicies(valid)) {
    context.addIssue({ code: 'custom', path: ['policies', index, 'name'], message: unreachablePolicy(`"${by}" above it`) });
  }
}

/** What is said of a policy that another one, by its name or place, leaves nothing to. */
export function unreachablePolicy(by: string): string {
  return `nothing is left for this policy: ${by} governs every repository that it could`;
}

function checkNames(list: readonly Readonly<Record<string, unknown>>[], key: string, context: z.core.$RefinementCtx): void {
  const taken = new Set<string>();
  list.forEach(({ name }, index) => {
    if (typeof name !== 'string') return;
    if (taken.has(name))
      context.addIssue({ code: 'custom', path: [key, index, 'name'], message: `the name "${name}" is taken by an earlier one` });
    taken.add(name);
  });
}

function mapsIn(list: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.map((entry: unknown) => (isObject(entry) ? entry : {})) : [];
}

export type PolicyFile = z.infer<typeof PolicyFile>;
export type PolicySpec = z.infer<typeof PolicySpec>;
export type RuleSpec = z.infer<typeof RuleSpec>;
export type ProtectSpec = z.infer<typeof ProtectSpec>;
