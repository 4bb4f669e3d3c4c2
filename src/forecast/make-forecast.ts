import type { Digest } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { DAY_MS } from '../domain/time.ts';
import { buildGraph } from '../graph/graph.ts';
import { byRepository } from '../plan/by-repository.ts';
import type { Plan, Summary, Unread } from '../plan/plan.ts';
import { type PlanContext, Planner } from '../plan/planner.ts';
import { governingPolicy } from '../policy/governing.ts';
import { Arrivals } from './arrivals.ts';
import { digestNumber } from './digest-number.ts';
import type { Forecast, ForecastDay, RepositoryForecast, Stock } from './forecast.ts';
import { assumptionsOf, notesOf } from './forecast-notes.ts';
import type { Forecasted } from './forecasted.ts';
import { growthOf } from './growth.ts';
import { pushHistory } from './push-history.ts';
import { RepositoryLife } from './repository-life.ts';
import { Storage } from './storage.ts';
import { unbounded } from './unbounded.ts';

/** A repository as it is when the forecast begins. `wasRead` is false for one of which the name alone is known. */
export interface ForecastRepository {
  readonly inventory: RepositoryInventory;
  readonly wasRead: boolean;
}

/** Milliseconds after which no rule keeps anything for its age. */
const FAR = 100 * 365 * DAY_MS;

/**
 * Simulates so many days from `context.now` on: what was pushed in as many days before is pushed again, and once a day a plan is made and,
 * where no limit blocks it, carried out. Tells each day when it is over, and answers the whole.
 */
export function* forecast(
  repositories: readonly ForecastRepository[],
  context: PlanContext,
  days: number,
  unread: readonly Unread[] = [],
): Generator<ForecastDay, Forecast> {
  const { now, policies } = context;
  const span = days * DAY_MS;
  const storages = new Map<string, Storage>();
  let digests = 0;
  const newDigest = (): Digest => digestNumber((digests += 1));
  const sorted = repositories.toSorted((a, b) => byRepository(a.inventory, b.inventory));
  const all = sorted.map(({ inventory, wasRead }) => {
    const policy = governingPolicy(policies, inventory.registry, inventory.repository);
    if (!policy || !wasRead) return { inventory, wasRead };
    const graph = buildGraph(inventory.manifests);
    const history = pushHistory(inventory, graph, policy, span, context);
    const arrivals = new Arrivals(graph, history, now, inventory.capabilities.tagTimes, newDigest).until(now + span);
    const storage = storages.get(inventory.registry) ?? new Storage();
    storages.set(inventory.registry, storage);
    const life = new RepositoryLife(inventory, arrivals, storage, now);
    return { inventory, wasRead, one: { inventory, policy, history, life, pushed: 0, deleted: 0 } as Forecasted };
  });
  const lives = all.flatMap(({ one }) => one ?? []);
  const stored = (): number => [...storages.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const planAt = (by: PlanContext): Plan => {
    const planner = new Planner(by);
    for (const { inventory, wasRead, one } of all) planner.add(one ? one.life.inventory() : inventory, wasRead);
    return planner.plan();
  };
  const far = { ...unbounded(context), now: now + FAR };
  const before = planAt(far);
  const images = new Map(before.repositories.map((plan) => [keyOf(plan), imagesIn(plan.summary)]));
  const start: Stock = { images: governed(before).reduce((sum, { summary }) => sum + imagesIn(summary), 0), bytes: stored() };
  const daily: ForecastDay[] = [];
  let end = images;
  for (let day = 1; day <= days; day += 1) {
    const at = now + day * DAY_MS;
    const pushed = lives.map((one) => one.life.goOn(at));
    lives.forEach((one, index) => (one.pushed += pushed[index] as number));
    const plan = planAt({ ...context, now: at, createdAt: at });
    const held = stored();
    const byKey = new Map(plan.repositories.map((one) => [keyOf(one), one]));
    if (plan.applyable)
      for (const one of lives) {
        const planned = byKey.get(keyOf(one.inventory));
        if (!planned) continue;
        one.life.carryOut(planned);
        one.deleted += planned.summary.images.delete;
      }
    end = new Map(plan.repositories.map((one) => [keyOf(one), imagesIn(one.summary) - (plan.applyable ? one.summary.images.delete : 0)]));
    const told = dayOf(plan, at, sum(pushed), sum(lives.map((one) => end.get(keyOf(one.inventory)) ?? 0)), { held, bytes: stored() });
    daily.push(told);
    yield told;
  }
  const after = planAt({ ...far, now: far.now + span });
  const growth = growthOf(before, after, days, sum(daily.map((day) => day.pushed)));
  const last = daily.at(-1) ?? start;
  return {
    kind: 'Forecast',
    formatVersion: '1.0',
    tool: before.tool,
    createdAt: before.createdAt,
    now: new Date(now).toISOString(),
    days,
    policies: before.policies,
    ...(unread.length > 0 && { unread }),
    start,
    daily,
    summary: {
      pushed: sum(daily.map((day) => day.pushed)),
      deleted: sum(daily.map((day) => day.deleted)),
      tagsRemoved: sum(daily.map((day) => day.tagsRemoved)),
      bytesFreed: sum(daily.map((day) => day.bytesFreed)),
      end: { images: last.images, bytes: last.bytes },
      exact: lives.every(({ inventory }) => inventory.manifests.every(({ blobs }) => blobs !== undefined)),
    },
    repositories: lives.map(({ inventory, policy, pushed, deleted }): RepositoryForecast => {
      const key = keyOf(inventory);
      return {
        registry: inventory.registry,
        repository: inventory.repository,
        policy: policy.name,
        complete: inventory.complete,
        pushed,
        deleted,
        images: { start: images.get(key) ?? 0, end: end.get(key) ?? 0 },
      };
    }),
    growth,
    assumptions: assumptionsOf(lives, days),
    notes: notesOf(lives, repositories.length - lives.length, daily, growth),
  };
}

/** What a run does, and what is there after it. `held` are the bytes before it. */
function dayOf(plan: Plan, at: number, pushed: number, images: number, { held, bytes }: { held: number; bytes: number }): ForecastDay {
  const { summary, applyable, blockedBy } = plan;
  const left = governed(plan).flatMap((one) =>
    one.images.filter(({ part, reasons }) => !part && reasons.some(({ code }) => code === 'next_run')),
  );
  return {
    at: new Date(at).toISOString(),
    pushed,
    deleted: applyable ? summary.images.delete : 0,
    ...(applyable && left.length > 0 && { leftForNextRun: left.length }),
    tagsRemoved: applyable ? sum(governed(plan).flatMap((one) => one.images.map(({ untag }) => untag.length))) : 0,
    bytesFreed: held - bytes,
    images,
    bytes,
    ...(!applyable && { blockedBy: blockedBy.map(({ message }) => message) }),
  };
}

function governed({ repositories }: Plan): Plan['repositories'] {
  return repositories.filter(({ policy }) => policy !== undefined);
}

function imagesIn({ images }: Summary): number {
  return images.keep + images.untag + (images.archive ?? 0) + images.delete;
}

function keyOf({ registry, repository }: Pick<RepositoryInventory, 'registry' | 'repository'>): string {
  return `${registry} ${repository}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
