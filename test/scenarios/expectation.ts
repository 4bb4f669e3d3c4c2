import * as z from 'zod';
import { isDigest } from '../../src/domain/digest.ts';
import type { Block, Diagnostic, Plan, PlannedImage, RepositoryPlan, Step, Summary } from '../../src/plan/plan.ts';
import type { Reason } from '../../src/plan/reason.ts';

const count = z.int().min(0);
const ExpectedSummary = z.strictObject({
  images: z.strictObject({ keep: count, untag: count, delete: count, archive: count.optional() }),
  copied: count.optional(),
  tags: z.strictObject({ keep: count, delete: count }),
  bytes: z.strictObject({ deleted: count, freed: count, exact: z.boolean() }).optional(),
});
const repositoryKeys = {
  policy: z.string().optional(),
  clock: z.enum(['pushed', 'created', 'none']).optional(),
  /** By tag, or by the first hexadecimal digits of the digest: the action, then every reason in order. Never without a reason. */
  images: z.record(z.string(), z.tuple([z.string(), z.string()], z.string())),
  steps: z.array(z.string()),
  summary: ExpectedSummary,
};
const ExpectedRepository = z.strictObject(repositoryKeys);

/** What stands in an `expected.json`: test/scenarios/README.md. */
export const Expectation = z.strictObject({
  given: z.strictObject({
    now: z.iso.datetime(),
    hosts: z.record(z.string(), z.array(z.string())).optional(),
    unreadInUse: z.array(z.string()).optional(),
    maxDeletions: count.optional(),
    atMost: count.optional(),
    /** The names in each list that rules look up. */
    lists: z.record(z.string(), z.array(z.string())).optional(),
  }),
  /** What the registries cannot answer: nothing is planned then. */
  refused: z.array(z.string()).optional(),
  ...z.strictObject(repositoryKeys).partial().shape,
  repositories: z.record(z.string(), ExpectedRepository).optional(),
  summary: ExpectedSummary.optional(),
  blockedBy: z
    .array(z.strictObject({ code: z.string(), policy: z.string().optional(), limit: z.number().optional(), actual: z.number().optional() }))
    .optional(),
  diagnostics: z.array(z.string()).optional(),
});
export type Expectation = z.infer<typeof Expectation>;
type ExpectedRepository = z.infer<typeof ExpectedRepository>;

/** The expectation written out: what it leaves out is expected to be the ordinary case. */
export function expectedPlan(
  { images, steps, summary, policy, clock, repositories, blockedBy, diagnostics }: Expectation,
  plan: Plan,
): unknown {
  const [only] = plan.repositories;
  const one = images && steps && summary && only ? { [nameOf(only)]: { policy, clock, images, steps, summary } } : {};
  const all = repositories ?? one;
  return {
    repositories: Object.fromEntries(
      Object.entries(all).map(([name, repository]) => [name, { ...repository, policy: repository.policy, clock: repository.clock }]),
    ),
    ...(repositories && summary && { summary }),
    blockedBy: blockedBy ?? [],
    applyable: (blockedBy ?? []).length === 0,
    diagnostics: diagnostics ?? [],
  };
}

/** A plan in the words of its expectation: the same names for images, and of what is measured only what the expectation tells. */
export function actualPlan(plan: Plan, expectation: Expectation): unknown {
  const { repositories, images, summary } = expectation;
  // Most scenarios are about some rules of a policy, and the others have nothing to select.
  const tellsUnused = expectation.diagnostics?.some((text) => text.startsWith('nothing_selected')) ?? false;
  const expectedOf = (made: RepositoryPlan): Partial<ExpectedRepository> | undefined =>
    repositories ? repositories[nameOf(made)] : images && (expectation as ExpectedRepository);
  return {
    repositories: Object.fromEntries(plan.repositories.map((made) => [nameOf(made), repositoryText(made, expectedOf(made) ?? {})])),
    ...(repositories && summary && { summary: summaryText(plan.summary, summary.bytes !== undefined) }),
    blockedBy: plan.blockedBy.map(blockText),
    applyable: plan.applyable,
    diagnostics: plan.diagnostics.map(diagnosticText).filter((text) => tellsUnused || !text.startsWith('nothing_selected')),
  };
}

function repositoryText(made: RepositoryPlan, expected: Partial<ExpectedRepository>): unknown {
  const names = namesOf(made.images, Object.keys(expected.images ?? {}));
  const name = (digest: string): string => names.get(digest) ?? digest.slice('sha256:'.length, 'sha256:'.length + 2);
  return {
    policy: expected.policy === undefined ? undefined : made.policy,
    clock: expected.clock === undefined ? undefined : made.clock,
    images: Object.fromEntries(
      made.images.map((image) => {
        const told = expected.images?.[name(image.digest)]?.slice(1) ?? [];
        return [
          name(image.digest),
          [actionText(image), ...image.reasons.map((reason, index) => reasonText(reason, name, told[index] ?? ''))],
        ];
      }),
    ),
    steps: made.steps.map((step) => stepText(step, name)),
    summary: summaryText(made.summary, expected.summary?.bytes !== undefined),
  };
}

/** The name of each digest: the tag or the first digits by which the expectation speaks of it. Throws for one that fits none or several. */
function namesOf(images: readonly PlannedImage[], keys: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const key of keys) {
    const found = images.filter(({ tags, digest }) => tags.includes(key) || digest.startsWith(`sha256:${key}`));
    const [image] = found;
    if (!image || found.length > 1) throw new Error(`"${key}" in expected.json names ${found.length} manifests`);
    names.set(image.digest, key);
  }
  return names;
}

function actionText({ action, untag }: PlannedImage): string {
  return action === 'untag' ? `untag ${untag.join(', ')}` : action;
}

/** `code tag (rule / group #rank, ageDays d) by what`; the age only where the expectation tells it. */
function reasonText({ code, tag, rule, group, rank, ageDays, by }: Reason, name: (digest: string) => string, expected: string): string {
  const age = /\d+d\)/.test(expected) && ageDays !== undefined ? `, ${ageDays}d` : '';
  const place =
    rule === undefined ? [] : [`(${rule}${group === undefined ? '' : ` / ${group}`}${rank === undefined ? '' : ` #${rank}`}${age})`];
  const holder = by === undefined ? [] : [`by ${isDigest(by) ? name(by) : by}`];
  return [code, ...(tag === undefined ? [] : [tag]), ...place, ...holder].join(' ');
}

function stepText(step: Step, name: (digest: string) => string): string {
  if (step.op === 'delete-tag') return `delete-tag ${step.tag} of ${name(step.digest)}`;
  if (step.op === 'archive-manifest')
    return `archive-manifest ${name(step.digest)} of ${step.of.map(name).join(', ')} expecting ${Object.keys(step.expect).join(', ')}`;
  if (step.op === 'copy-image') {
    const parts = step.parts.length === 0 ? '' : ` with ${step.parts.map(name).join(', ')}`;
    const tags = Object.keys(step.expect).join(', ');
    return `copy-image ${name(step.digest)}${parts} to ${step.to.registry}/${step.to.repository}${tags === '' ? '' : ` as ${tags}`}`;
  }
  return `delete-manifest ${name(step.digest)}${step.after.length === 0 ? '' : ` after ${step.after.map(name).join(', ')}`}`;
}

function summaryText({ images, copied, tags, bytes }: Summary, withBytes: boolean): unknown {
  return { images, ...(copied !== undefined && { copied }), tags, ...(withBytes && { bytes }) };
}

function blockText({ message: _message, ...block }: Block): unknown {
  return block;
}

function diagnosticText({ code, registry, repository, policy }: Diagnostic): string {
  return [code, ...(policy === undefined ? [] : [policy]), ...(registry === undefined ? [] : [registry, repository])].join(' ');
}

function nameOf({ registry, repository }: RepositoryPlan): string {
  return `${registry} ${repository}`;
}
