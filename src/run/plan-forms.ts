/** The forms in which a plan, and what came of it, can be written. */
export const PLAN_FORMS = ['table', 'json', 'yaml', 'markdown', 'html', 'github', 'gitlab', 'junit', 'name'] as const;
export type PlanForm = (typeof PLAN_FORMS)[number];
