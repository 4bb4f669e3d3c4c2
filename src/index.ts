/** What other programs may use: the decision, as pure functions over documents. */
export { makePlan } from './plan/make-plan.ts';
export type { PlanContext } from './plan/planner.ts';
export type { Action, Block, Diagnostic, Plan, PlannedImage, PlanPolicy, RepositoryPlan, Step, Summary } from './plan/plan.ts';
export type { Reason, ReasonCode } from './plan/reason.ts';
export { compilePolicy, type Policy } from './policy/policy.ts';
export { PolicyFile, type PolicySpec } from './policy/schema.ts';
export type { InUse, InUseImage } from './domain/in-use.ts';
export type { Blob, Capabilities, FindingGroup, Inventory, Manifest, RepositoryInventory } from './domain/inventory.ts';
export { parseReference, type Reference } from './domain/reference.ts';
