import type { RepositoryInventory } from '../../../src/domain/inventory.ts';
import type { Forecast } from '../../../src/forecast/forecast.ts';
import { forecast } from '../../../src/forecast/make-forecast.ts';
import type { PlanContext } from '../../../src/plan/planner.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { NOTHING_IN_USE } from '../plan/fixture.ts';

/** The forecast of so many days from `now` on, as a whole. */
export function forecastOf(
  repositories: readonly RepositoryInventory[],
  policies: readonly Policy[],
  now: number,
  days: number,
  more: Partial<PlanContext> = {},
): Forecast {
  const context = { policies, inUse: NOTHING_IN_USE, now, createdAt: now, version: '1.0.0', ...more };
  const run = forecast(
    repositories.map((inventory) => ({ inventory, wasRead: true })),
    context,
    days,
  );
  for (let next = run.next(); ; next = run.next()) if (next.done) return next.value;
}
