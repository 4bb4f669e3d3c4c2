import { byCodeUnit } from '../domain/compare.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Policy } from '../policy/policy.ts';
import { trippedLimits, unreadSources } from './limits.ts';
import type { Diagnostic, Plan, Summary } from './plan.ts';
import { type PlannedRepository, planRepository } from './plan-repository.ts';
import { addSummaries, freedBytes } from './summary.ts';

/** What a plan is put together from besides its repositories. Times in milliseconds since the epoch. */
export interface PlanContext {
  readonly policies: readonly Policy[];
  readonly inUse: InUse;
  /** As of when it decides. */
  readonly now: number;
  /** When it is made. */
  readonly createdAt: number;
  /** This program's version. */
  readonly version: string;
  /** The names of the in-use sources that were read. */
  readonly inUseSources?: readonly string[];
  /** `--max-deletions`, over the whole run. */
  readonly maxDeletions?: number;
}

/** Plans a whole inventory. Pure: the same input gives the same plan, whatever the order of the input. */
export function makePlan(inventory: Inventory, context: PlanContext): Plan {
  return assemblePlan(
    inventory.repositories.map((repository) => planRepository(repository, context.policies, context.inUse, context.now)),
    context,
  );
}

/** Puts repositories that were planned one by one together, with totals and limits. */
export function assemblePlan(planned: readonly PlannedRepository[], context: PlanContext): Plan {
  const { policies, inUse, inUseSources = [], now, createdAt, version, maxDeletions } = context;
  const sorted = planned.toSorted(
    (a, b) => byCodeUnit(a.plan.registry, b.plan.registry) || byCodeUnit(a.plan.repository, b.plan.repository),
  );
  const repositories = sorted.map(({ plan }) => plan);
  const blockedBy = [...trippedLimits(repositories, policies, maxDeletions), ...unreadSources(inUse)];
  return {
    kind: 'Plan',
    formatVersion: '1.0',
    tool: { name: 'regprune', version },
    createdAt: new Date(createdAt).toISOString(),
    now: new Date(now).toISOString(),
    policies: policies.map(({ name, source, digest }) => ({ name, source, digest })),
    ...(inUseSources.length > 0 && { inUse: inUseSources.toSorted(byCodeUnit) }),
    applyable: blockedBy.length === 0,
    blockedBy,
    repositories,
    summary: total(sorted),
    diagnostics: sorted.flatMap(diagnose),
  };
}

/**
 * The repositories of one registry share their storage: a blob that another one of them keeps is not freed. One that no policy governs may not have been read, and
 * what it keeps is not known then.
 */
function total(planned: readonly PlannedRepository[]): Summary {
  const summary = addSummaries(planned.map(({ plan }) => plan.summary));
  let { exact } = summary.bytes;
  let freed = 0;
  for (const registry of new Set(planned.map(({ plan }) => plan.registry))) {
    const own = planned.filter(({ plan }) => plan.registry === registry);
    const bytes = freedBytes(own.map(({ blobs }) => blobs));
    freed += bytes;
    if (bytes > 0 && own.some(({ plan }) => plan.policy === undefined && plan.images.length === 0)) exact = false;
  }
  return { ...summary, bytes: { ...summary.bytes, freed, exact } };
}

function diagnose({
  plan: { registry, repository, complete, policy, clock, archiveMinimumDays, summary },
  problems,
  notes,
}: PlannedRepository): Diagnostic[] {
  const found: Diagnostic[] = [];
  const note = (code: Diagnostic['code'], message: string): void => void found.push({ code, registry, repository, message });
  if (!complete) note('incomplete', ['could not be read whole, so nothing in it is deleted', ...problems].join('; '));
  if (policy === undefined) note('ungoverned', 'no policy governs it, so it is left alone');
  else if (clock === 'created')
    note('clock_fallback', 'the registry does not tell when an image was pushed: "pushed" is read as "created"');
  for (const message of notes) note('note', message);
  if (summary.images.archive !== undefined && archiveMinimumDays !== undefined)
    note(
      'note',
      `what goes into the archive of ${registry} is charged for at least ${archiveMinimumDays} days, however soon it is deleted`,
    );
  return found;
}
