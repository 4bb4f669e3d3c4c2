import type { Inventory } from '../domain/inventory.ts';
import type { Plan } from './plan.ts';
import { type PlanContext, Planner } from './planner.ts';

/** Plans a whole inventory. Pure: the same input gives the same plan, whatever the order of the input. */
export function makePlan(inventory: Inventory, context: PlanContext): Plan {
  const planner = new Planner(context);
  for (const repository of inventory.repositories) planner.add(repository);
  return planner.plan();
}
