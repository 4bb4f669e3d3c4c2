import { byCodeUnit } from '../domain/compare.ts';
import type { InUse } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { governingPolicy } from '../policy/governing.ts';
import { isFor } from '../policy/is-for.ts';
import type { Policy } from '../policy/policy.ts';
import { Blobs } from './blobs.ts';
import { byRepository } from './by-repository.ts';
import { diagnose } from './diagnose.ts';
import { trippedLimits, unreadLists, unreadScans, unreadSources } from './limits.ts';
import { compileLists, type LiveNames } from './live-names.ts';
import { Matched } from './matched.ts';
import { asBefore, type Leftovers, withLeftovers } from './leftovers.ts';
import { type Pack, packed, packedInventory } from './pack.ts';
import { leaveForNextRun } from './per-run.ts';
import type { Diagnostic, Plan, Summary } from './plan.ts';
import { type Doomed, type PlannedRepository, planRepository, type TargetOf, writtenTarget } from './plan-repository.ts';
import { RegistryReads } from './registry-reads.ts';
import { addSummaries } from './summary.ts';
import { NOTHING_AROUND, type Surroundings } from './surroundings.ts';

/** What a plan is made of besides its repositories. Times in milliseconds since the epoch. */
export interface PlanContext {
  readonly policies: readonly Policy[];
  readonly inUse: InUse;
  /** Lists of names that could not be read or name nothing, a sentence each. Not empty: the plan must not be applied. */
  readonly unreadLists?: readonly string[];
  /** Reports of scanners that could not be read, a sentence each. Not empty: the plan must not be applied. */
  readonly unreadScans?: readonly string[];
  /** The names of the in-use sources that were read. */
  readonly inUseSources?: readonly string[];
  /** As of when it decides. */
  readonly now: number;
  /** When it is made. */
  readonly createdAt: number;
  /** This program's version. */
  readonly version: string;
  /** `--max-deletions`, over the whole run: more than this blocks the plan. */
  readonly maxDeletions?: number;
  /** `--at-most`, over the whole run: what is more than this is left for the next. */
  readonly atMost?: number;
  /** The lists of names that exist which rules look up, by the name of the list. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  /** Where a rule copies to, from its words for that. Missing: as far as those tell by themselves. */
  readonly targetOf?: TargetOf;
  /** Whether the names of all the repositories of a registry are known, once all are added. Missing: they are. */
  readonly knowsAll?: (registry: string) => boolean;
  /** Keeps what is decided of a repository until all are. Missing: it stays as it is. */
  readonly pack?: Pack;
}

/**
 * Plans repositories as they come. Most are decided at once, so that their inventories need not be kept; those that depend on others wait
 * until all have been read. The same repositories give the same plan, whatever the order in which they come.
 */
export class Planner {
  readonly #context: PlanContext;
  readonly #lists: ReadonlyMap<string, LiveNames>;
  readonly #matched: ReadonlyMap<Policy, Matched>;
  readonly #registries = new Map<string, { readonly reads: RegistryReads; readonly blobs: Blobs }>();
  readonly #waiting: Waiting[] = [];
  readonly #planned: PlannedRepository[] = [];
  readonly #diagnostics: Diagnostic[] = [];

  constructor(context: PlanContext) {
    this.#context = context;
    this.#lists = compileLists(context.lists ?? {});
    this.#matched = new Map(context.policies.map((policy) => [policy, new Matched()]));
  }

  /**
   * `wasRead` is false for a repository of which the name alone is known, or that could not be read. `leftovers`: what an earlier run left
   * half-way in it, which goes too if it would go today.
   */
  add(inventory: RepositoryInventory, wasRead = true, leftovers?: Leftovers): void {
    const policy = governingPolicy(this.#context.policies, inventory.registry, inventory.repository);
    const { reads } = this.#registry(inventory.registry);
    reads.add(inventory, policy, wasRead);
    if (policy) (this.#matched.get(policy) as Matched).repositories += 1;
    for (const [one, matched] of this.#matched) if (isFor(one, inventory.registry)) matched.meet(one, inventory.repository);
    if (policy && reads.hasToWait(inventory, policy)) this.#waiting.push(waiting(inventory, policy, leftovers, this.#context.pack));
    else this.#decide(inventory, policy, NOTHING_AROUND, leftovers);
  }

  /** The plan of all that was added; once. */
  plan(): Plan {
    const { policies, inUse, inUseSources = [], now, createdAt, version, maxDeletions, atMost } = this.#context;
    this.#decideWaiting();
    const sorted = this.#planned.toSorted((a, b) => byRepository(a.plan, b.plan));
    const planned = leaveForNextRun(sorted, policies, atMost);
    const repositories = planned.map(({ plan }) => plan);
    const blockedBy = [
      ...trippedLimits(repositories, policies, maxDeletions),
      ...unreadSources(inUse),
      ...unreadLists(this.#context.unreadLists ?? []),
      ...unreadScans(this.#context.unreadScans ?? []),
    ];
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
      summary: this.#total(planned),
      diagnostics: [...this.#nothingSelected(), ...[...this.#diagnostics, ...planned.flatMap(leftoversNote)].toSorted(byRepository)],
    };
  }

  #registry(name: string): { readonly reads: RegistryReads; readonly blobs: Blobs } {
    const known = this.#registries.get(name);
    if (known) return known;
    const { policies, knowsAll } = this.#context;
    const governing = policies.filter((policy) => isFor(policy, name));
    const added = { reads: new RegistryReads(governing, () => knowsAll?.(name) ?? true), blobs: new Blobs() };
    this.#registries.set(name, added);
    return added;
  }

  /** First those whose images decide what becomes of the signatures of others; within these, by name. */
  #decideWaiting(): void {
    const isStore = ({ registry, repository }: Waiting): number => Number(this.#registry(registry).reads.isStore(repository));
    this.#waiting.sort((a, b) => isStore(a) - isStore(b) || byRepository(a, b));
    for (const { read, policy, leftovers } of this.#waiting) {
      const inventory = read();
      this.#decide(inventory, policy, this.#registry(inventory.registry).reads.around(inventory, policy), leftovers);
    }
  }

  #decide(inventory: RepositoryInventory, policy: Policy | undefined, surroundings: Surroundings, leftovers?: Leftovers): void {
    const { atMost, pack } = this.#context;
    const { reads } = this.#registry(inventory.registry);
    const planned = this.#plan(inventory, policy, surroundings, leftovers);
    const mayLeave = atMost !== undefined || policy?.perRun.deletions !== undefined;
    // Any of these images may yet be left for the next run, and then its signatures stay with it.
    if (!mayLeave) reads.decided(planned.plan);
    for (const diagnostic of diagnose(inventory, planned, policy, surroundings)) this.#diagnostics.push(diagnostic);
    this.#planned.push(mayLeave ? this.#putAside(planned, inventory, policy, surroundings, leftovers) : settled(planned, pack));
  }

  #plan(inventory: RepositoryInventory, policy: Policy | undefined, surroundings: Surroundings, leftovers?: Leftovers): PlannedRepository {
    const { policies, inUse, now, targetOf = writtenTarget } = this.#context;
    const { blobs } = this.#registry(inventory.registry);
    const matched = (policy && this.#matched.get(policy)) ?? new Matched();
    const own = planRepository(inventory, policies, inUse, now, { lists: this.#lists, matched, blobs, surroundings, targetOf });
    return leftovers && policy ? this.#finish(own, inventory, policy, surroundings, leftovers) : own;
  }

  /**
   * Keeps a repository until all are decided, since some of its deletions may be left for the next run. Where there is no room to keep how
   * it was decided, it is decided again then. One that waited for others stays as it is, since more is known of those by then.
   */
  #putAside(
    planned: PlannedRepository,
    inventory: RepositoryInventory,
    policy: Policy | undefined,
    surroundings: Surroundings,
    leftovers?: Leftovers,
  ): PlannedRepository {
    const { pack } = this.#context;
    if (!pack || surroundings !== NOTHING_AROUND) return planned;
    // No function below may name `planned` or `inventory`, which would then stay in memory.
    const read = packedInventory(inventory, pack);
    const kept = pack.thing(planned, () => this.#plan(read(), policy, surroundings, leftovers));
    const doomed = planned.doomed();
    return {
      ...planned,
      plan: packed(planned.plan, pack),
      doomed: () => doomed,
      leave: (left, most) => settled(kept().leave(left, most), pack),
    };
  }

  /** Adds what an earlier run left, decided as if what it had deleted were still there. */
  #finish(
    own: PlannedRepository,
    inventory: RepositoryInventory,
    policy: Policy,
    surroundings: Surroundings,
    leftovers: Leftovers,
  ): PlannedRepository {
    // What the labels of an image that is gone were is not known.
    if (leftovers.left.length === 0 || policy.protect.labels.length > 0) return own;
    const { policies, inUse, now, targetOf = writtenTarget } = this.#context;
    const shared = { lists: this.#lists, matched: new Matched(), blobs: new Blobs(), surroundings, targetOf };
    const { plan } = planRepository(asBefore(inventory, leftovers), policies, inUse, now, shared);
    const finish = (planned: PlannedRepository, most: number): PlannedRepository => {
      const { plan: finished, groups } = withLeftovers(planned.plan, plan, leftovers, most);
      const going = finished.steps.length - planned.plan.steps.length;
      return groups.length === 0 ? planned : { ...planned, plan: finished, leftovers: { going, groups } };
    };
    return { ...finish(own, Infinity), leave: (left, most) => finish(own.leave(left, most), most) };
  }

  #nothingSelected(): Diagnostic[] {
    return [...this.#matched].flatMap(([policy, matched]) =>
      matched.nothingSelected(policy).map((message): Diagnostic => ({ code: 'nothing_selected', policy: policy.name, message })),
    );
  }

  /**
   * The repositories of one registry share their storage: a blob that another one of them keeps is not freed. One that no policy governs
   * may not have been read, and what it keeps is not known then.
   */
  #total(planned: readonly PlannedRepository[]): Summary {
    const summary = addSummaries(planned.map(({ plan }) => plan.summary));
    let { exact } = summary.bytes;
    let freed = 0;
    for (const [registry, { blobs }] of this.#registries) {
      const own = planned.filter(({ plan }) => plan.registry === registry);
      const bytes = blobs.freed(own.map((one) => one.blobs));
      freed += bytes;
      if (bytes > 0 && own.some(({ plan }) => plan.policy === undefined && plan.images.length === 0)) exact = false;
    }
    return { ...summary, bytes: { ...summary.bytes, freed, exact } };
  }
}

/** A repository that is decided when all have been read. */
interface Waiting {
  readonly registry: string;
  readonly repository: string;
  readonly read: () => RepositoryInventory;
  readonly policy: Policy;
  readonly leftovers: Leftovers | undefined;
}

function waiting(inventory: RepositoryInventory, policy: Policy, leftovers: Leftovers | undefined, pack: Pack | undefined): Waiting {
  const { registry, repository } = inventory;
  return { registry, repository, read: pack ? packedInventory(inventory, pack) : () => inventory, policy, leftovers };
}

/** A repository of which nothing is left for the next run, without the inventory that it was planned from. */
function settled({ plan, blobs, tied, leftovers }: PlannedRepository, pack: Pack | undefined): PlannedRepository {
  const packedPlan = pack ? packed(plan, pack) : plan;
  const one: PlannedRepository = {
    plan: packedPlan,
    blobs,
    tied,
    doomed: () => NOTHING_DOOMED,
    ...(leftovers && { leftovers }),
    leave: () => one,
  };
  return one;
}

const NOTHING_DOOMED: Doomed = { times: new Float64Array(), together: new Map() };

function leftoversNote({ plan: { registry, repository }, leftovers }: PlannedRepository): Diagnostic[] {
  if (!leftovers) return [];
  const { going, groups } = leftovers;
  const waiting = groups.reduce((sum, group) => sum + group, -going);
  const message = [
    ...(going > 0 ? [`${going} of its manifests were left by an earlier run that was stopped, and go with this one`] : []),
    ...(waiting > 0 ? [`${waiting} manifests that an earlier run left half-way are left for the next run`] : []),
  ].join('; ');
  return [{ code: 'note', registry, repository, message }];
}
